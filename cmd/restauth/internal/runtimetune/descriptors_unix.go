//go:build unix

package runtimetune

import (
	"math"

	"golang.org/x/sys/unix"
)

// Descriptors is how many file descriptors this process may have open; 0 is not
// known. Go has raised what it may to what it may raise that to (since 1.19, where os
// is imported), so there is nothing to change here.
func Descriptors() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int(min(uint64(limit.Cur), math.MaxInt32)) //nolint:unconvert // fits; signed on some systems, where all bits are for no limit
}
