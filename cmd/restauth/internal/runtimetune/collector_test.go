package runtimetune

import "testing"

// TestGCPercent: Go's default, but less for what is large.
func TestGCPercent(t *testing.T) {
	for used, want := range map[uint64]int{
		0:         defaultGC,
		5 << 20:   defaultGC,
		24 << 20:  defaultGC, // 52 MiB live with the room, and 52 of garbage make 76 without
		48 << 20:  42,        // 32 of 76
		68 << 20:  28,        // two fifths: 27 of 96
		128 << 20: 32,        // 51 of 156
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
