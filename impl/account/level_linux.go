package account

import (
	"time"

	"golang.org/x/sys/unix"
)

// sleepUntil returns at that time, and not up to a millisecond later as
// time.Sleep may: what it is to hide is much shorter than that. It holds a
// thread meanwhile.
func sleepUntil(end time.Time) {
	for left := time.Until(end); left > 0; left = time.Until(end) {
		wait := unix.NsecToTimespec(left.Nanoseconds())
		// An error says that a signal ended it early.
		_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &wait, nil)
	}
}
