package runtimetune

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// niceness is how far a command stands back, as in nice(1), where it may not stand back
// altogether.
const niceness = 19

// StandBack has every other process of the machine go first, at once when it wakes
// (SCHED_IDLE). It counts until the process ends, for the threads there are and those that
// they start. A thread that is only nice goes on for its slice, which is milliseconds.
func StandBack() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, thread := range threads {
		if id, err := strconv.Atoi(thread.Name()); err == nil {
			attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}
			if unix.SchedSetAttr(id, &attr, 0) != nil {
				_ = unix.Setpriority(unix.PRIO_PROCESS, id, niceness) // no more than a courtesy
			}
		}
	}
}
