package main

import "testing"

// TestGCPercent: Go's default, but less for what is large.
func TestGCPercent(t *testing.T) {
	for used, want := range map[uint64]int{
		0:         defaultGC,
		5 << 20:   defaultGC,
		24 << 20:  defaultGC, // 56 MiB live with the room, and 56 of garbage make 80 without
		48 << 20:  40,        // 32 of 80
		68 << 20:  27,        // two fifths: 27 of 100
		128 << 20: 31,        // 51 of 160
		1 << 40:   39,
	} {
		if got := gcPercent(used + heapRoom); got != want {
			t.Errorf("gcPercent(%d and the room) = %d, want %d", used, got, want)
		}
	}
	if got := gcPercent(0); got != defaultGC {
		t.Errorf("gcPercent(0) = %d, want %d", got, defaultGC)
	}
}
