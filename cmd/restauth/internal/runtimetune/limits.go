package runtimetune

import (
	"math"
	"runtime/debug"
)

// CoresUnder is how many of so many cores Go's scheduler is to use where a quota, in
// cores, holds for all threads together, and all without one (0). It is Go's own rule
// (runtime.GOMAXPROCS, since 1.25): rounded up, and two at least, so that one that
// waits for the kernel does not keep all others waiting.
func CoresUnder(quota float64, cores int) int {
	return min(cores, max(2, CoresOf(quota, cores)))
}

// CoresOf is how many of so many cores a quota could keep busy all the time, and all
// without one (0).
func CoresOf(quota float64, cores int) int {
	if quota <= 0 {
		return cores
	}
	return min(cores, int(math.Ceil(min(quota, math.MaxInt32))))
}

// memoryShare is the part of a container's memory that Go's heap, stacks and garbage
// may take before the collector works harder. The rest is for what Go does not count,
// and for the files that the kernel keeps for it.
const memoryShare = 0.9

// LimitMemory has the garbage collector keep within a container's memory, in bytes,
// and with 0 within none.
func LimitMemory(bytes int64) {
	limit := int64(math.MaxInt64)
	if bytes > 0 {
		limit = int64(float64(bytes) * memoryShare)
	}
	debug.SetMemoryLimit(limit)
}
