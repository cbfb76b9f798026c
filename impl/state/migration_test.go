package state_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// newer are migrations as a later version may have them.
var newer = []string{
	"CREATE TABLE IF NOT EXISTS restauth_later (id INTEGER PRIMARY KEY)",
	"CREATE TABLE IF NOT EXISTS restauth_latest (id INTEGER PRIMARY KEY)",
}

// TestMigrationsAreAlike: each step is there for every engine.
func TestMigrationsAreAlike(t *testing.T) {
	t.Parallel()
	lite, err := state.MigrationNames(database.KindSQLite)
	if err != nil {
		t.Fatal(err)
	}
	server, err := state.MigrationNames(database.KindMySQL)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(lite, server); diff != "" {
		t.Errorf("migrations of SQLite and of MySQL (-sqlite +mysql):\n%s", diff)
	}
}

func TestParseMigration(t *testing.T) {
	t.Parallel()
	version, name, statements, err := state.ParseMigration("0012_two_things.sql", "-- Why; really.\nCREATE TABLE a (\n\tid INT -- of\n);\n\n-- And\nCREATE INDEX b ON a (id);\n")
	want := []string{"CREATE TABLE a (\n\tid INT -- of\n)", "CREATE INDEX b ON a (id)"}
	if version != 12 || name != "two_things" || err != nil || !cmp.Equal(statements, want) {
		t.Errorf("parseMigration() = %d, %q, %q, %v", version, name, statements, err)
	}
	for _, file := range []string{"setting.sql", "x_setting.sql", "0001.sql"} {
		if _, _, _, err := state.ParseMigration(file, ""); err == nil {
			t.Errorf("parseMigration(%s) succeeds", file)
		}
	}
}

// urls are an empty database of each engine.
func urls(t *testing.T, test func(t *testing.T, url string)) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	})
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

// TestNewerSchema: a binary of before goes on beside one that has applied more.
func TestNewerSchema(t *testing.T) {
	urls(t, func(t *testing.T, url string) {
		cfg := database.Config{URL: url, Setting: "state", Timeout: patience}
		older := openState(t, url)
		if _, _, err := older.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		later, err := state.OpenNewer(t.Context(), cfg, newer...)
		if err != nil {
			t.Fatal(err)
		}
		defer later.Close()
		if err := later.Check(t.Context()); !strings.HasPrefix(url, "sqlite:") && (!errors.Is(err, state.ErrOutdated) || !strings.Contains(err.Error(), "restauth migrate")) {
			t.Errorf("Check() of a newer version = %v, want ErrOutdated and what to do", err)
		}
		if _, after, err := later.Migrate(t.Context()); err != nil || after < len(newer)+1 {
			t.Errorf("Migrate() of a newer version = %d, %v", after, err)
		}
		if err := later.Check(t.Context()); err != nil {
			t.Errorf("Check() afterwards = %v", err)
		}
		for when, s := range map[string]*state.State{"opened before": older, "opened after": openState(t, url)} {
			_, _, err := s.Migrate(t.Context())
			if err := errors.Join(err, s.Check(t.Context())); err != nil {
				t.Errorf("an older version, %s: %v", when, err)
			}
			if _, err := s.Secret(t.Context(), func() ([]byte, error) { return []byte("x"), nil }); err != nil {
				t.Errorf("an older version, %s: Secret() = %v", when, err)
			}
		}
	})
}

// TestMigrateTwoVersions has replicas of two versions start at once on an empty
// database, as in a roll-out.
func TestMigrateTwoVersions(t *testing.T) {
	urls(t, func(t *testing.T, url string) {
		cfg := database.Config{URL: url, Setting: "state", Timeout: patience}
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				more := newer[:i%3]
				s, err := state.OpenNewer(t.Context(), cfg, more...)
				if err != nil {
					t.Errorf("Open() = %v", err)
					return
				}
				defer s.Close()
				_, _, err = s.Migrate(t.Context())
				if err := errors.Join(err, s.Check(t.Context())); err != nil {
					t.Errorf("with %d migrations more: %v", len(more), err)
				}
			})
		}
		wg.Wait()
	})
}

// TestMigrateInterrupted: a statement that is interrupted, as Galera does where another
// node defines a table, is run again.
func TestMigrateInterrupted(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := fresh(t)
			if _, _, err := openState(t, url).Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			db := dbtest.Open(t, url)
			reading, err := db.BeginTx(t.Context(), nil) // keeps the table from being changed
			if err != nil {
				t.Fatal(err)
			}
			if _, err := reading.ExecContext(t.Context(), "SELECT * FROM restauth_setting"); err != nil {
				t.Fatal(err)
			}
			later, err := state.OpenNewer(t.Context(), database.Config{URL: url, Setting: "state", Timeout: patience}, "ALTER TABLE restauth_setting MODIFY name VARCHAR(250) CHARACTER SET ascii COLLATE ascii_bin NOT NULL")
			if err != nil {
				t.Fatal(err)
			}
			defer later.Close()
			migrated := make(chan error, 1)
			go func() {
				_, _, err := later.Migrate(t.Context())
				migrated <- err
			}()
			for range 2 {
				dbtest.Exec(t, url, fmt.Sprintf("KILL QUERY %d", waiting(t, db)))
			}
			waiting(t, db)
			if err := reading.Rollback(); err != nil {
				t.Fatal(err)
			}
			if err := <-migrated; err != nil {
				t.Errorf("Migrate(), interrupted twice: %v", err)
			}
		})
	}
}

// waiting is the connection that waits for the table, once one does.
func waiting(t *testing.T, db *sql.DB) (id int64) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		err := db.QueryRowContext(t.Context(), "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'ALTER TABLE restauth_setting%' AND state LIKE 'Waiting for table metadata lock%'").Scan(&id)
		if err == nil {
			return id
		}
		if !errors.Is(err, sql.ErrNoRows) {
			t.Fatal(err)
		}
	}
	t.Fatal("the migration does not come to the table")
	return 0
}

// TestMigrateNeedsGrants: whoever serves need not be able to make tables, and is told
// so where somebody has to.
func TestMigrateNeedsGrants(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			serves := openState(t, dbtest.User(t, admin, "SELECT, INSERT, UPDATE, DELETE ON *"))
			if _, _, err := serves.Migrate(t.Context()); !errors.Is(err, database.ErrNoGrant) || !strings.Contains(err.Error(), "CREATE") {
				t.Errorf("Migrate() without CREATE = %v, want ErrNoGrant and what to grant", err)
			}
			if _, _, err := openState(t, admin).Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, _, err := serves.Migrate(t.Context()) // nothing to do
			if err := errors.Join(err, serves.Check(t.Context())); err != nil {
				t.Errorf("without CREATE, after somebody has migrated: %v", err)
			}
			if _, err := serves.Secret(t.Context(), func() ([]byte, error) { return []byte("x"), nil }); err != nil {
				t.Errorf("Secret() without CREATE = %v", err)
			}
		})
	}
}

// madeBy copies a file that a released version made: user roy, 1, and a secret.
func madeBy(t *testing.T, version, file string) (content []byte) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "made-by-"+version+".db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return content
}

// TestOlderFiles: files of every released version open, are brought up, and keep
// users and secret. Looking alone changes nothing.
func TestOlderFiles(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"1.0.0", "1.1.0"} {
		file := filepath.Join(t.TempDir(), "restauth.db")
		before := madeBy(t, version, file)
		look := config("sqlite:" + file)
		look.LookOnly = true
		looked := open(t, look)
		if _, err := looked.FindByUsername(t.Context(), "roy"); err != nil {
			t.Errorf("%s: FindByUsername() of who looks only = %v", version, err)
		}
		if err := looked.Close(); err != nil {
			t.Error(err)
		}
		if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
			t.Errorf("%s: looking has changed the file: %v", version, err)
		}
		s := open(t, config("sqlite:"+file))
		var kept []byte
		if err := s.Raw().QueryRow("SELECT value FROM restauth_setting WHERE name = 'secret'").Scan(&kept); err != nil || len(kept) != 32 {
			t.Fatalf("%s: the secret has %d bytes, %v", version, len(kept), err)
		}
		wantOld(t, version, s, kept)
		if _, after, err := s.State().Migrate(t.Context()); err != nil || after < 1 {
			t.Errorf("%s: brought up to %d, %v", version, after, err)
		}
	}
}

// wantOld demands what a file of a released version holds.
func wantOld(t *testing.T, version string, s *state.Embedded, secret []byte) {
	t.Helper()
	got, err := s.Secret(t.Context(), func() ([]byte, error) { return nil, errors.New("asked for another secret") })
	if err != nil || !bytes.Equal(got, secret) {
		t.Errorf("%s: Secret() is another one, or %v", version, err)
	}
	all, err := s.List(t.Context())
	if err != nil || !cmp.Equal(all, []account.User{{ID: userid.Number(1), Username: "roy"}}) {
		t.Errorf("%s: List() = %v, %v", version, all, err)
	}
	if record, err := s.FindByUsername(t.Context(), "roy"); err != nil || record.PasswordHash == "" {
		t.Errorf("%s: FindByUsername(roy) = %v, %v", version, record.User, err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("%s: Check() = %v", version, err)
	}
}

// TestOlderFilesKilled kills processes that bring up files of released versions, at
// moments that are chance. The next one goes on, and nothing is lost.
func TestOlderFilesKilled(t *testing.T) {
	t.Parallel()
	const role, files = "RESTAUTH_STATE_KILLED", 200
	if folder := os.Getenv(role); folder != "" {
		for i := range files {
			file := filepath.Join(folder, fmt.Sprint(i, ".db"))
			s, err := state.OpenEmbeddedNewer(context.Background(), config("sqlite:"+file), newer...)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println(file, "brought up")
			_ = s.Close()
		}
		return
	}
	for round, version := range []string{"1.0.0", "1.1.0", "1.0.0", "1.1.0", "1.0.0", "1.1.0"} {
		folder := t.TempDir()
		for i := range files {
			madeBy(t, version, filepath.Join(folder, fmt.Sprint(i, ".db")))
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestOlderFilesKilled$")
		cmd.Env = append(os.Environ(), role+"="+folder)
		done := len(killWhileMaking(t, cmd))
		for i := range min(done+3, files) {
			file := filepath.Join(folder, fmt.Sprint(i, ".db"))
			s := open(t, state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + file}})
			secret, err := s.Secret(t.Context(), func() ([]byte, error) { return nil, errors.New("the secret is gone") })
			if err != nil || len(secret) != 32 {
				t.Errorf("round %d, %s: Secret() = %d bytes, %v", round, file, len(secret), err)
			}
			wantOld(t, version, s, secret)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
