package runtimetune

import (
	"context"
	"runtime"
	"testing"

	"github.com/restauth/restauth/cmd/restauth/internal/commandtest"
)

// TestGCPercent: Go's default, but less for what is large.
func TestGCPercent(t *testing.T) {
	for used, want := range map[uint64]int{
		0:         defaultGC,
		5 << 20:   defaultGC,
		32 << 20:  defaultGC, // 48 MiB live with the room, and 48 of garbage make 80 without
		48 << 20:  50,        // 32 of 64
		68 << 20:  32,        // two fifths: 27 of 84
		128 << 20: 35,        // 51 of 144
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

// heap is what lives, and what the heap may grow to before it is collected again.
func heap() (lives, goal uint64) {
	var now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&now)
	return now.HeapAlloc, now.NextGC
}

// TestRoomIsHeld, so that a small heap is collected seldom, and given back at the
// end.
func TestRoomIsHeld(t *testing.T) {
	if _, goal := heap(); goal >= heapRoom {
		t.Errorf("without tuning, the heap is collected at %d bytes, want less than the room", goal)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		TuneCollector(ctx)
	}()
	commandtest.Eventually(t, "the room is there", func() bool {
		lives, goal := heap()
		return lives >= heapRoom && goal >= 2*heapRoom
	})
	cancel()
	<-ended
	if lives, goal := heap(); lives >= heapRoom || goal >= heapRoom {
		t.Errorf("when tuning has ended %d bytes live and the heap is collected at %d, the room among them", lives, goal)
	}
}
