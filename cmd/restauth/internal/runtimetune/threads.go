package runtimetune

import "runtime"

// MakeRoom lets Go's scheduler run the threads that hash beside its own, one for
// each core: without, a request would wait for a thread that hashes, and hashing
// stands back behind requests only where both are the operating system's to choose
// from. See docs/decisions/0007.
func MakeRoom(cores, hashing int) {
	if wanted := cores + hashing; runtime.GOMAXPROCS(0) != wanted {
		runtime.GOMAXPROCS(wanted)
	}
}
