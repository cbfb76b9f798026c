package runtimetune

import (
	"runtime"
	"testing"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// TestServeMakesRoom for its hashing threads beside those of the scheduler.
func TestServeMakesRoom(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	MakeRoom(3, (&settings.Logins{}).Threads(3))
	if got := runtime.GOMAXPROCS(0); got != 6 {
		t.Errorf("with 3 cores: GOMAXPROCS = %d, want 6", got)
	}
	MakeRoom(3, (&settings.Logins{LoginThreads: 1}).Threads(3))
	if got := runtime.GOMAXPROCS(0); got != 4 {
		t.Errorf("with 3 cores and 1 thread: GOMAXPROCS = %d, want 4", got)
	}
}
