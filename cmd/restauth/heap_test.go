package main

import "testing"

// TestGCPercent: Go's default, but less for what is large.
func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{
		0: defaultGC, 5 << 20: defaultGC, 80 << 20: defaultGC, 100 << 20: 80, 160 << 20: 50, 1 << 40: leastGC,
	} {
		if got := gcPercent(live); got != want {
			t.Errorf("gcPercent(%d) = %d, want %d", live, got, want)
		}
	}
}
