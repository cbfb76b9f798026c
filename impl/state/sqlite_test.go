package state_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
)

func TestSQLiteKeepsUsers(t *testing.T) {
	t.Parallel()
	// A name full of characters that mean something in a URI or to SQLite.
	file := filepath.Join(t.TempDir(), "a b?mode=memory&x#y%41'.db")
	cfg := config("sqlite:" + file)
	first := open(t, cfg)
	roy, err := first.Add(t.Context(), "roy", "hash")
	if err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(file + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("mode of users.db%s = %v, want 0600", suffix, info.Mode().Perm())
		}
	}
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000", "trusted_schema": "0", "secure_delete": "1"} {
		var got string
		if err := first.Raw().QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("PRAGMA %s = %q, %v, want %s", pragma, got, err, want)
		}
	}
	second := open(t, cfg) // while the first is still open
	if got, err := second.FindByUsername(t.Context(), "roy"); err != nil || got.User != roy {
		t.Errorf("FindByUsername() through a second Store = %v, %v, want %v", got, err, roy)
	}
	if err := errors.Join(first.Close(), second.Close()); err != nil {
		t.Fatal(err)
	}
	third := open(t, cfg)
	if err := third.Check(t.Context()); err != nil {
		t.Errorf("Check() = %v", err)
	}
	if users, err := third.List(t.Context()); err != nil || !cmp.Equal(users, []account.User{roy}) {
		t.Errorf("List() after reopening = %v, %v, want %v", users, err, roy)
	}
}

// TestSQLiteTakesTheModeBack: whatever mode a file of restauth's got, and an
// empty one that it makes its own, nobody else can open it afterwards, also by
// way of a link.
func TestSQLiteTakesTheModeBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, link := filepath.Join(dir, "users.db"), filepath.Join(dir, "link.db")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Chmod(file, 0o666), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	modes := func(when string) {
		t.Helper()
		for _, suffix := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(file + suffix)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: mode of users.db%s = %v, %v, want 0600", when, suffix, info, err)
			}
		}
	}
	first := open(t, config("sqlite:"+file))
	if _, err := first.Add(t.Context(), "roy", "hash"); err != nil {
		t.Fatal(err)
	}
	modes("an empty file that was there")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Chmod(file+suffix, 0o664); err != nil {
			t.Fatal(err)
		}
	}
	second := open(t, config("sqlite:"+link))
	available(t, second, "after a change of mode")
	modes("restauth's own file")

	other, db := foreignFile(t)
	if err := errors.Join(db.Close(), os.Chmod(other, 0o644)); err != nil {
		t.Fatal(err)
	}
	open(t, config("sqlite:"+other))
	if info, err := os.Stat(other); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode of someone else's file = %v, %v, want it left alone", info, err)
	}
}

// TestSQLiteMovedAway: a file that goes away under a running store is an outage,
// and nothing is put in its place.
func TestSQLiteMovedAway(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users.db")
	s := open(t, config("sqlite:"+file))
	if _, err := s.Add(t.Context(), "roy", "hash"); err != nil { // not yet a connection that reads
		t.Fatal(err)
	}
	if err := os.Rename(file, file+".old"); err != nil {
		t.Fatal(err)
	}
	if user, err := s.FindByID(t.Context(), userid.Number(1)); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("FindByID() = %v, %v, want ErrUnavailable", user, err)
	}
	if info, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a new file: %v, %v", info, err)
	}
	if err := os.Rename(file+".old", file); err != nil {
		t.Fatal(err)
	}
	available(t, s, "moved back")
}

// TestSQLiteLeavesOtherFilesAlone: not a byte of someone else's database changes.
func TestSQLiteLeavesOtherFilesAlone(t *testing.T) {
	t.Parallel()
	file, db := foreignFile(t)
	if _, err := db.Exec("INSERT INTO user VALUES (1, 'roy', 'hash')"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	before := digest(t, file)
	s := open(t, config("sqlite:"+file))
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check() = %v", err)
	}
	available(t, s, "foreign file")

	_, add := s.Add(t.Context(), "anna", "hash")
	_, list := s.List(t.Context())
	_, secret := s.Secret(t.Context(), func() ([]byte, error) { return []byte("x"), nil })
	for name, err := range map[string]error{
		"Add": add, "List": list, "Secret": secret,
		"SetPasswordHash": s.SetPasswordHash(t.Context(), userid.Number(1), "x"), "Delete": s.Delete(t.Context(), userid.Number(1)),
	} {
		if !errors.Is(err, state.ErrReadOnlyUsers) {
			t.Errorf("%s on someone else's table = %v, want ErrReadOnlyUsers", name, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if digest(t, file) != before {
		t.Error("the file has changed")
	}
	left, err := filepath.Glob(file + "*")
	if err != nil || len(left) != 1 {
		t.Errorf("files afterwards: %v, %v, want only the database", left, err)
	}
}

func digest(t *testing.T, file string) [32]byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(content)
}

func TestSQLiteRefusesFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("not a database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(garbage)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(dir, "damaged.db")
	s := open(t, config("sqlite:"+damaged))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(damaged, 5000); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ file, want string }{
		"garbage":   {garbage, "not a SQLite database; name another file"},
		"damaged":   {damaged, "damaged"},
		"folder":    {dir, "not a regular file"},
		"no folder": {filepath.Join(dir, "no", "such", "users.db"), "no such folder"},
		"device":    {"/dev/null", "not a regular file"},
	} {
		s, err := state.OpenEmbedded(t.Context(), config("sqlite:"+test.file))
		if err == nil {
			err = s.Check(t.Context())
			_ = s.Close()
		}
		if !errors.Is(err, database.ErrFile) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: Open() = %v, want ErrFile and %q", name, err, test.want)
		}
	}
	if after, err := os.ReadFile(garbage); err != nil || !bytes.Equal(after, content) {
		t.Errorf("the file that is no database was changed, %v", err)
	}
}

func TestSQLiteCheckExplains(t *testing.T) {
	t.Parallel()
	file, db := foreignFile(t)
	if _, err := db.Exec("CREATE TABLE odd (id REAL, username INTEGER, password DATETIME)"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		cfg  state.EmbeddedConfig
		kind error
		want string
	}{
		{state.EmbeddedConfig{}, nil, ""},
		{state.EmbeddedConfig{Config: users.Config{UsernameColumn: "USERNAME"}}, nil, ""},
		{state.EmbeddedConfig{Config: users.Config{Table: "users"}}, users.ErrTableMissing, "RESTAUTH_USERS_TABLE"},
		{state.EmbeddedConfig{Config: users.Config{PasswordColumn: "hash"}}, users.ErrColumnMissing, "it has id, username, password"},
		{state.EmbeddedConfig{Config: users.Config{PasswordColumn: `x" OR "1`}}, users.ErrColumnMissing, "RESTAUTH_USERS_PASSWORD_COLUMN"},
		{state.EmbeddedConfig{Config: users.Config{Table: "odd"}}, users.ErrColumnType, "whole numbers"},
	} {
		test.cfg.URL = "sqlite:" + file
		err := open(t, test.cfg).Check(t.Context())
		if !errors.Is(err, test.kind) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("Check(%+v) = %v, want %v, %q", test.cfg, err, test.kind, test.want)
		}
	}
}

// TestSecretIsOne: whoever asks, at whatever moment, gets the same secret. Each
// opens the file itself, as processes would, also while others are making it.
func TestSecretIsOne(t *testing.T) {
	t.Parallel()
	for range 16 { // which moments meet is chance
		cfg := state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "users.db"), Timeout: patience}}
		secrets := askForSecrets(t, cfg, 6)
		for _, secret := range secrets {
			if secret == "" || secret != secrets[0] {
				t.Fatalf("secrets differ: %q", secrets)
			}
		}
		s := open(t, cfg)
		again, err := s.Secret(t.Context(), func() ([]byte, error) { return nil, errors.New("asked although there is one") })
		if err != nil || string(again) != secrets[0] {
			t.Errorf("Secret() later = %q, %v, want %q", again, err, secrets[0])
		}
	}
}

// askForSecrets opens a store and asks it for its secret, many times at once.
func askForSecrets(t *testing.T, cfg state.EmbeddedConfig, askers int) []string {
	t.Helper()
	secrets := make([]string, askers)
	var wg sync.WaitGroup
	for i := range askers {
		wg.Go(func() {
			s, err := state.OpenEmbedded(t.Context(), cfg)
			if err != nil {
				t.Errorf("Open() = %v", err)
				return
			}
			defer s.Close()
			secret, err := s.Secret(t.Context(), func() ([]byte, error) { return fmt.Appendf(nil, "secret %d", i), nil })
			if err != nil {
				t.Errorf("Secret() = %v", err)
			}
			secrets[i] = string(secret)
		})
	}
	wg.Wait()
	return secrets
}

// TestSecretWaits: a start that has to wait for another process's change, or for a slow
// disk, gets its secret, though a look at a user may not take that long.
func TestSecretWaits(t *testing.T) {
	t.Parallel()
	cfg := config("sqlite:" + filepath.Join(t.TempDir(), "users.db"))
	cfg.Timeout = 100 * time.Millisecond
	s, other := open(t, cfg), open(t, cfg)
	held, release := make(chan struct{}), make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		err := other.State().Change(t.Context(), "hold", func(context.Context, *sqlx.Tx) error {
			close(held)
			<-release
			return nil
		})
		if err != nil {
			t.Errorf("the other's change = %v", err)
		}
	})
	<-held
	time.AfterFunc(5*cfg.Timeout, func() { close(release) })
	secret, err := s.Secret(t.Context(), func() ([]byte, error) { return []byte("fresh"), nil })
	writing.Wait()
	if err != nil || string(secret) != "fresh" {
		t.Errorf("Secret() = %q, %v", secret, err)
	}
}

func TestSecretFailure(t *testing.T) {
	t.Parallel()
	s := open(t, config("sqlite::memory:"))
	broken := errors.New("no randomness")
	if secret, err := s.Secret(t.Context(), func() ([]byte, error) { return nil, broken }); !errors.Is(err, broken) || secret != nil {
		t.Errorf("Secret() = %v, %v, want the generator's error", secret, err)
	}
	if secret, err := s.Secret(t.Context(), func() ([]byte, error) { return []byte("later"), nil }); err != nil || string(secret) != "later" {
		t.Errorf("Secret() after a failure = %q, %v", secret, err)
	}
}

// TestMemoryIsPrivate: two databases in memory have nothing in common.
func TestMemoryIsPrivate(t *testing.T) {
	t.Parallel()
	one, two := open(t, config("sqlite::memory:")), open(t, config("sqlite::memory:"))
	if _, err := one.Add(t.Context(), "roy", "hash"); err != nil {
		t.Fatal(err)
	}
	if record, err := two.FindByUsername(t.Context(), "roy"); !errors.Is(err, account.ErrUserNotFound) {
		t.Errorf("the other database: %v, %v, want ErrUserNotFound", record, err)
	}
}

// TestSQLiteLocked: another program that holds the file is an outage, reported
// in time, and readers of restauth's own file do not even notice a writer.
func TestSQLiteLocked(t *testing.T) {
	t.Parallel()
	file, db := foreignFile(t)
	if _, err := db.Exec("INSERT INTO user VALUES (1, 'roy', 'hash')"); err != nil {
		t.Fatal(err)
	}
	s := open(t, state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + file, Timeout: outageTimeout}})
	release := lock(t, db, "BEGIN EXCLUSIVE")
	start := time.Now()
	if err := s.Ready(t.Context()); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("Ready() on a locked file = %v, want ErrUnavailable", err)
	}
	if took := time.Since(start); took >= 2*outageTimeout {
		t.Errorf("Ready() on a locked file took %v", took)
	}
	release()
	available(t, s, "unlocked")

	own := open(t, state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "users.db")}})
	if _, err := own.Add(t.Context(), "roy", "hash"); err != nil {
		t.Fatal(err)
	}
	release = lock(t, own.Raw(), "SELECT 1") // holds the write lock: transactions are immediate
	available(t, own, "while another writes")
	release()
}

func lock(t *testing.T, db *sql.DB, statement string) (release func()) {
	t.Helper()
	if strings.HasPrefix(statement, "BEGIN") {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		return func() {
			_, _ = conn.ExecContext(t.Context(), "ROLLBACK")
			_ = conn.Close()
		}
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}
