package state_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/impl/users/userstest"
	"github.com/restauth/restauth/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// patience is how long a test waits for what takes milliseconds on an idle machine.
const patience = time.Minute

func config(url string) state.EmbeddedConfig {
	return state.EmbeddedConfig{Config: users.Config{URL: url}}
}

// open opens a file that gives up only when something hangs, unless cfg says when.
func open(t testing.TB, cfg state.EmbeddedConfig) *state.Embedded {
	t.Helper()
	if cfg.Timeout == 0 {
		cfg.Timeout = patience
	}
	s, err := state.OpenEmbedded(context.Background(), cfg)
	if err != nil {
		t.Fatalf("OpenEmbedded() = %v", err)
	}
	t.Cleanup(func() { _ = s.Close() }) // some tests closed it
	return s
}

func TestEmbeddedFile(t *testing.T) {
	t.Parallel()
	userstest.Run(t, func(t *testing.T) userstest.Fixture {
		s := open(t, config("sqlite:"+filepath.Join(t.TempDir(), "users.db")))
		return userstest.Fixture{Users: s, Close: s.Close, Directory: s, Raw: s.Raw()}
	})
}

func TestEmbeddedMemory(t *testing.T) {
	t.Parallel()
	userstest.Run(t, func(t *testing.T) userstest.Fixture {
		s := open(t, config("sqlite::memory:"))
		return userstest.Fixture{Users: s, Close: s.Close, Directory: s, Raw: s.Raw()}
	})
}

// foreignFile makes a SQLite file the way SQLAlchemy would.
func foreignFile(t testing.TB) (string, *sql.DB) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app.db")
	db, err := sql.Open("sqlite", "file://"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Exec("CREATE TABLE user (id INTEGER NOT NULL PRIMARY KEY, username VARCHAR(45), password VARCHAR(255))"); err != nil {
		t.Fatal(err)
	}
	return file, db
}

// outageTimeout is of databases that meet an outage: long enough for a busy machine to
// answer within it.
const outageTimeout = 3 * time.Second

// available demands roy, who is there.
func available(t *testing.T, s *state.Embedded, when string) {
	t.Helper()
	if record, err := s.FindByUsername(t.Context(), "roy"); err != nil || record.PasswordHash != "hash" {
		t.Errorf("%s: FindByUsername(roy) = %v, %v", when, record, err)
	}
	if user, err := s.FindByID(t.Context(), userid.Number(1)); err != nil || user.Username != "roy" {
		t.Errorf("%s: FindByID(1) = %v, %v", when, user, err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("%s: Ready() = %v", when, err)
	}
}
