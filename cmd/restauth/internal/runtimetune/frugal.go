package runtimetune

import "runtime/debug"

// frugalGC is the GOGC of a command that makes much garbage and keeps little.
const frugalGC = 20

// Frugal keeps the process small, at the cost of a little more work, until restore is
// called.
func Frugal() (restore func()) {
	before := debug.SetGCPercent(frugalGC)
	return func() { debug.SetGCPercent(before) }
}

// GiveBack returns to the machine what the heap does not use.
func GiveBack() { debug.FreeOSMemory() }
