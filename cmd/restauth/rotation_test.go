package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/internal/dbtest"
)

// TestRotatedPasswords: the passwords of both databases end while the server runs, and
// those that are written into their files count from the next connection on: people log
// in all the while, and nothing is started anew.
func TestRotatedPasswords(t *testing.T) {
	t.Parallel()
	for engine, fresh := range map[string]func(testing.TB) string{"MariaDB": dbtest.MariaDB, "MySQL": dbtest.MySQL} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			admin, own := legacyTables()[engine](t), fresh(t)
			reader := rotating(t, admin, dbtest.User(t, admin, "SELECT ON `user`"))
			keeper := rotating(t, own, dbtest.User(t, own, "ALL ON *"))
			s := startLegacy(t, reader.url, "--users-password-file", reader.file, "--state", keeper.url, "--state-password-file", keeper.file, "--migrate", "--identity-max-age", "0s")
			token := s.login("roy", "roy")
			for range 2 {
				reader.rotate(t)
				keeper.rotate(t)
				if status, answer := s.do("GET", "/rest-auth", "", "Bearer "+token); status != 200 {
					t.Errorf("a guarded request after the passwords were replaced = %d %s", status, answer)
				}
				s.login("roy", "roy")
				if status := s.attempt("roy", "wrong"); status != 401 {
					t.Errorf("a wrong password after the database's was replaced = %d", status)
				}
				eventually(t, "the state is connected to by the new password", func() bool { return keeper.connections(t) > 0 })
			}
		})
	}
}

// rotated is a database user whose password stands in a file.
type rotated struct {
	db              *sql.DB
	url, user, file string
	turns           int
}

func rotating(t *testing.T, admin, theirs string) *rotated {
	t.Helper()
	u, err := url.Parse(theirs)
	if err != nil {
		t.Fatal("the URL of the test database is malformed")
	}
	password, _ := u.User.Password()
	r := &rotated{user: u.User.Username(), file: filepath.Join(t.TempDir(), "password")}
	u.User = url.User(r.user)
	r.url = u.String()
	r.db = dbtest.Open(t, admin)
	r.write(t, password)
	return r
}

// write replaces the file in one step.
func (r *rotated) write(t *testing.T, password string) {
	t.Helper()
	if err := os.WriteFile(r.file+".new", []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(r.file+".new", r.file); err != nil {
		t.Fatal(err)
	}
}

// rotate replaces the password, and ends what was connected by the one before.
func (r *rotated) rotate(t *testing.T) {
	t.Helper()
	r.turns++
	next := fmt.Sprintf("t0ken-%s-%d", r.user, r.turns)
	if _, err := r.db.ExecContext(t.Context(), fmt.Sprintf("ALTER USER '%s'@'%%' IDENTIFIED BY '%s'", r.user, next)); err != nil {
		t.Fatal(err)
	}
	r.write(t, next)
	before := r.ids(t)
	if len(before) == 0 {
		t.Fatalf("nobody is connected as %s", r.user)
	}
	for _, id := range before {
		_, _ = r.db.ExecContext(t.Context(), fmt.Sprintf("KILL %d", id)) // it may have ended by itself
	}
	for deadline := time.Now().Add(patience); slices.ContainsFunc(r.ids(t), func(id int64) bool { return slices.Contains(before, id) }); {
		if time.Now().After(deadline) {
			t.Fatalf("the connections of %s do not end", r.user)
		}
	}
}

func (r *rotated) connections(t *testing.T) int { return len(r.ids(t)) }

// ids are the connections of the user. MySQL fails to list any while somebody asks
// something that is no UTF-8.
func (r *rotated) ids(t *testing.T) (ids []int64) {
	t.Helper()
	eventually(t, "the connections are listed", func() bool {
		found, err := r.db.QueryContext(t.Context(), "SELECT id FROM information_schema.processlist WHERE user = ?", r.user)
		if err != nil {
			return false
		}
		defer func() { _ = found.Close() }()
		ids = nil
		for found.Next() {
			var id int64
			if err := found.Scan(&id); err != nil {
				return false
			}
			ids = append(ids, id)
		}
		return found.Err() == nil
	})
	return ids
}
