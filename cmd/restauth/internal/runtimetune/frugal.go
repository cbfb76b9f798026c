package runtimetune

import (
	"runtime"
	"runtime/debug"
)

// frugalMemory is how much memory, in bytes, the runtime of a command uses that makes much
// garbage and keeps little: beyond it it collects the garbage sooner than it would. A lower
// GOGC keeps as little, and has what is kept looked through for each megabyte of garbage.
const frugalMemory = 34 << 20

// Frugal keeps the process small, at the cost of more work where it keeps nearly as much,
// until restore is called.
func Frugal() (restore func()) {
	before := debug.SetMemoryLimit(frugalMemory)
	return func() { debug.SetMemoryLimit(before) }
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
