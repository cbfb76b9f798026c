package account

import (
	"testing"
	"time"
)

// TestLevelOut: the look-up and the delay after it are whole milliseconds, and
// never less. `make timing` shows what that is good for.
func TestLevelOut(t *testing.T) {
	for lookUp, want := range map[time.Duration]time.Duration{
		0:                       time.Millisecond,
		300 * time.Microsecond:  700 * time.Microsecond,
		999 * time.Microsecond:  time.Microsecond,
		time.Millisecond:        time.Millisecond,
		2700 * time.Microsecond: 300 * time.Microsecond,
	} {
		least := time.Hour
		for range 100 {
			begun := time.Now()
			levelOut(lookUp)
			least = min(least, time.Since(begun))
		}
		// What else runs here may add to any of them, but hardly to all.
		if least < want || least > want+time.Millisecond {
			t.Errorf("after %v it takes %v at least, want %v", lookUp, least, want)
		}
	}
}
