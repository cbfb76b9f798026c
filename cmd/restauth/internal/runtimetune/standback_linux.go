package runtimetune

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	// niceness is how far a command stands back, as in nice(1): not so far that it gets
	// nowhere on a busy machine, and its questions run out of time.
	niceness = 15
	// shortSlice is how long, in nanoseconds, it goes on when another process wakes, for
	// Linux's default of about 3 ms. Not the shortest there is: the shorter, the sooner a
	// process is to have its slice, and at this niceness 0.1 ms would be as soon as others
	// have theirs of 3 (Documentation/scheduler/sched-eevdf.rst). Kernels before 6.12 ignore it.
	shortSlice = 400_000
)

// StandBack has every other process of the machine go first. It counts until the process
// ends, for the threads there are and those that they start.
func StandBack() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Nice: niceness, Runtime: shortSlice}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err == nil && unix.SchedSetAttr(id, &attr, 0) != nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, niceness) // no more than a courtesy
		}
	}
}
