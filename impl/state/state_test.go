package state_test

import (
	"path/filepath"
	"testing"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/state/statetest"
	"github.com/restauth/restauth/internal/dbtest"
)

// servers are the engines behind mysql:// URLs.
var servers = map[string]func(testing.TB) string{"mariadb": dbtest.MariaDB, "mysql": dbtest.MySQL}

// openState opens a database of restauth's own.
func openState(t testing.TB, url string) *state.State {
	t.Helper()
	s, err := state.Open(t.Context(), database.Config{URL: url, Setting: "state", Timeout: patience})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { _ = s.Close() }) // some tests closed it
	return s
}

func TestStateServers(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statetest.Run(t, func(t *testing.T) statetest.Fixture {
				url := fresh(t)
				return statetest.Fixture{Open: func(t *testing.T) *state.State { return openState(t, url) }}
			})
		})
	}
}

func TestStateFile(t *testing.T) {
	t.Parallel()
	statetest.Run(t, func(t *testing.T) statetest.Fixture {
		url := "sqlite:" + filepath.Join(t.TempDir(), "state.db")
		return statetest.Fixture{Open: func(t *testing.T) *state.State { return openState(t, url) }}
	})
}

func TestStateMemory(t *testing.T) {
	t.Parallel()
	statetest.Run(t, func(*testing.T) statetest.Fixture {
		return statetest.Fixture{Single: true, Open: func(t *testing.T) *state.State { return openState(t, "sqlite::memory:") }}
	})
}
