package pool

import (
	"runtime"
	"testing"
	"time"
)

// TestPart: under a quota the forecast knows from the first login on how slow it is.
func TestPart(t *testing.T) {
	limited := float64(runtime.NumCPU()) / 2
	for _, test := range []struct {
		quota float64
		slots int
		want  float64
	}{
		{0, 2, 1},
		{limited, 1, min(1, Quota{Cores: limited}.turns(time.Time{}).spendable())},
		{limited, 8, Quota{Cores: limited}.turns(time.Time{}).spendable() / 8},
		{float64(runtime.NumCPU()), 64, 1}, // no limit to anybody
	} {
		q := quota{of: func() Quota { return Quota{Cores: test.quota} }}
		if got := q.part(test.slots); got != test.want {
			t.Errorf("with a quota of %v, part(%d) = %v, want %v", test.quota, test.slots, got, test.want)
		}
	}
	if got := new(quota).part(3); got != 1 {
		t.Errorf("without a quota, part(3) = %v, want 1", got)
	}
}

// TestUnheld: what a quota keeps from a child does not make it starve.
func TestUnheld(t *testing.T) {
	const had, took = 100 * time.Millisecond, 50 * time.Millisecond // of two threads
	for held, want := range map[time.Duration]time.Duration{0: had, took / 2: had / 2, took: 0} {
		if got := unheld(had, held, took); got != want {
			t.Errorf("unheld(%v, %v, %v) = %v, want %v", had, held, took, got, want)
		}
	}
	now := time.Now()
	q := quota{been: time.Second}
	if got := q.heldUntil(now); got != time.Second {
		t.Errorf("let go: heldUntil() = %v, want 1s", got)
	}
	q.held, q.at = true, now.Add(-time.Millisecond)
	if got := q.heldUntil(now); got != time.Second+time.Millisecond {
		t.Errorf("held: heldUntil() = %v, want 1.001s", got)
	}
}
