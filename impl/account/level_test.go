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
		if got := delayAfter(lookUp); got != want {
			t.Errorf("after %v comes a delay of %v, want %v", lookUp, got, want)
		}
		begun := time.Now()
		if (&Service{sleepUntil: sleepUntil}).levelOut(lookUp); time.Since(begun) < want {
			t.Errorf("after %v it returns before %v have passed", lookUp, want)
		}
	}
}
