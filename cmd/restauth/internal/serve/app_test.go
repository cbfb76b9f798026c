package serve

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// TestReady: a table that can be read is not yet one that was found right.
func TestReady(t *testing.T) {
	users, err := OpenEmbedded(t.Context(), &settings.Users{URL: settings.InMemory, Timeout: time.Second}, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := &App{users: users, watch: newWatch(users, slog.New(slog.DiscardHandler), "", time.Now)}
	if err := a.ready(t.Context()); !errors.Is(err, errUnchecked) {
		t.Errorf("before the check: %v, want %v", err, errUnchecked)
	}
	a.checked.Store(true)
	if err := a.ready(t.Context()); err != nil {
		t.Errorf("after the check: %v", err)
	}
	a.draining.Store(true)
	if err := a.ready(t.Context()); !errors.Is(err, errShuttingDown) {
		t.Errorf("while draining: %v, want %v", err, errShuttingDown)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}
