package pool

import (
	"math"
	"testing"
	"testing/synctest"
	"time"
)

// TestPace: what is short of processor time takes longer.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		if got := p.of(); got != 1 {
			t.Errorf("at first = %v, want 1", got)
		}
		for i, want := range []float64{0.875, 0.77, 0.67, 0.59, 0.51} { // A quarter of a second.
			p.learn(0, 100*time.Millisecond)
			if got := p.of(); math.Abs(got-want) > 0.01 {
				t.Errorf("after %d looks = %.3f, want %v", i+1, got, want)
			}
		}
		for range 60 {
			p.learn(10*time.Millisecond, 100*time.Millisecond)
		}
		if got := p.of(); math.Abs(got-0.1) > 0.01 {
			t.Errorf("after three seconds = %v, want 0.1", got)
		}
		for range 60 {
			p.learn(0, 100*time.Millisecond)
		}
		if got := p.of(); got != leastPace {
			t.Errorf("starved = %v, want %v", got, leastPace)
		}
		p.at = p.at.Add(-paceLasts - time.Second)
		if got := p.of(); got != 1 {
			t.Errorf("later = %v, want 1", got)
		}
	})
}
