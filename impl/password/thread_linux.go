package password

import (
	"runtime"
	"syscall"
)

// standBack lowers the priority of the calling goroutine's thread, which
// becomes its own and ends with it: a thread cannot always be raised again.
func standBack(niceness int) {
	if niceness == 0 {
		return
	}
	runtime.LockOSThread()
	// On Linux a thread has a priority of its own, by its id. Lowering it is
	// allowed to everybody; where a sandbox forbids it, hashing goes on as is.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), niceness)
}
