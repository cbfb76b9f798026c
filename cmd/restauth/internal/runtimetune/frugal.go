package runtimetune

import (
	"runtime"
	"runtime/debug"
)

// frugalGC is the GOGC of a command that makes much garbage and keeps little.
const frugalGC = 20

// Frugal keeps the process small, at the cost of a little more work, until restore is
// called.
func Frugal() (restore func()) {
	before := debug.SetGCPercent(frugalGC)
	return func() { debug.SetGCPercent(before) }
}

// OneAtATime has goroutines run one at a time, until restore is called: a command that does
// one thing after the other, with waits between, is then not more threads than that, each of
// which is woken to look for work that is not there.
func OneAtATime() (restore func()) {
	before := runtime.GOMAXPROCS(1)
	return func() { runtime.GOMAXPROCS(before) }
}

// GiveBack returns to the machine what the heap does not use.
func GiveBack() { debug.FreeOSMemory() }
