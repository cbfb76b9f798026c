package runtimetune

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// niceness is how far a command stands back that nobody waits for, as in nice(1).
const niceness = 15

// StandBack has every other process of the machine go first. It counts until the process
// ends, for the threads there are and those that they start.
func StandBack() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, thread := range threads {
		if id, err := strconv.Atoi(thread.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, niceness) // no more than a courtesy
		}
	}
}
