package runtimetune

import (
	"math"
	"runtime/debug"
	"testing"
)

// TestCoresUnder is Go's rule: rounded up, two at least. Hashing has no such least.
func TestCoresUnder(t *testing.T) {
	for _, test := range []struct {
		quota     float64
		cores     int
		under, of int
	}{
		{0, 8, 8, 8},
		{-1, 8, 8, 8},
		{0.1, 8, 2, 1},
		{1, 8, 2, 1},
		{1.01, 8, 2, 2},
		{2.5, 8, 3, 3},
		{8, 8, 8, 8},
		{64, 8, 8, 8},
		{math.Inf(1), 8, 8, 8},
		{0.5, 1, 1, 1},
	} {
		if under, of := CoresUnder(test.quota, test.cores), CoresOf(test.quota, test.cores); under != test.under || of != test.of {
			t.Errorf("a quota of %v on %d cores: CoresUnder() = %d, CoresOf() = %d, want %d, %d", test.quota, test.cores, under, of, test.under, test.of)
		}
	}
}

// TestLimitMemory leaves a tenth to what Go does not count.
func TestLimitMemory(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() { debug.SetMemoryLimit(before) })
	for bytes, want := range map[int64]int64{1000 << 20: 900 << 20, 0: math.MaxInt64} {
		LimitMemory(bytes)
		if got := debug.SetMemoryLimit(-1); got != want {
			t.Errorf("LimitMemory(%d) sets %d, want %d", bytes, got, want)
		}
	}
}
