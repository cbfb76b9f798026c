package gate

import (
	"testing"
	"time"
)

// TestTally: what took as long as a bound is within it, and each bound has what is below.
func TestTally(t *testing.T) {
	g := in(t, newHall(1), Config{})
	for _, took := range []time.Duration{0, time.Millisecond, time.Millisecond + 1, 300 * time.Millisecond, time.Minute} {
		g.tally.add(took)
	}
	stats := g.Stats()
	if stats.Hashed != 5 || stats.Work != time.Minute+302*time.Millisecond+1 {
		t.Errorf("Stats() = %+v", stats)
	}
	for bound, want := range map[time.Duration]uint64{
		time.Millisecond: 2, 2 * time.Millisecond: 3, 200 * time.Millisecond: 3, 500 * time.Millisecond: 4, 5 * time.Second: 4,
	} {
		if got := stats.Within[bound]; got != want {
			t.Errorf("within %v: %d, want %d", bound, got, want)
		}
	}
}
