package pool

import (
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
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
	_ = lower(syscall.Gettid(), niceness)
}

// standAllBack lowers the priority of every thread of this process, and so of
// those that they will start.
func standAllBack(niceness int) {
	done := make(map[int]bool)
	for again := true; again; {
		again = false
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil { // No /proc: at least what this one starts.
			_ = lower(syscall.Gettid(), niceness)
			return
		}
		for _, thread := range threads {
			id, err := strconv.Atoi(thread.Name())
			if err == nil && !done[id] {
				done[id], again = true, true
				_ = lower(id, niceness)
			}
		}
	}
}

const (
	lastNiceness = 19
	// shortSlice is how long, in nanoseconds, a thread that stands farthest back
	// may go on when another wakes. Linux's default is ten times as much, and a
	// request waits for it; at SCHED_IDLE it is none, and every request costs two
	// changes of threads more (docs/decisions/0007).
	shortSlice = 300_000
)

// lower gives a thread a niceness, or places it farthestBack.
func lower(thread, niceness int) error {
	if niceness == farthestBack {
		// A slice of its own for a thread of SCHED_NORMAL is new in Linux 6.12;
		// kernels before ignore it.
		attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Nice: lastNiceness, Runtime: shortSlice}
		if unix.SchedSetAttr(thread, &attr, 0) == nil {
			return nil
		}
		niceness = lastNiceness
	}
	return syscall.Setpriority(syscall.PRIO_PROCESS, thread, niceness)
}
