package users_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

const rows = "INSERT INTO `user` (username, password) VALUES ('roy', 'hash')"

// outageTimeout is of Stores that meet an outage: long enough for a busy machine to
// answer within it, and to tell one of them from two.
const outageTimeout = 3 * time.Second

// unavailable demands ErrUnavailable within one time-out from every call.
func unavailable(t *testing.T, s *users.Store, when string) {
	t.Helper()
	calls := map[string]func(context.Context) error{
		"FindByUsername": func(ctx context.Context) error { _, err := s.FindByUsername(ctx, "roy"); return err },
		"FindByID":       func(ctx context.Context) error { _, err := s.FindByID(ctx, userid.Number(1)); return err },
		"SampleHashes":   func(ctx context.Context) error { _, err := s.SampleHashes(ctx, 2); return err },
		"Ready":          s.Ready,
		"Check":          s.Check,
	}
	var calling sync.WaitGroup
	for name, call := range calls {
		calling.Go(func() {
			start := time.Now()
			err := call(t.Context())
			if took := time.Since(start); took >= 2*outageTimeout {
				t.Errorf("%s: %s took %v, want %v at most", when, name, took, outageTimeout)
			}
			if !errors.Is(err, account.ErrUnavailable) || errors.Is(err, account.ErrUserNotFound) {
				t.Errorf("%s: %s = %v, want ErrUnavailable", when, name, err)
			}
		})
	}
	calling.Wait()
}

func available(t *testing.T, s *users.Store, when string) {
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

// TestOutage stops, starts and freezes the server under an open Store.
func TestOutage(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.KindMariaDB, dbtest.KindMySQL} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := dbtest.Start(t, kind)
			databaseURL := server.Database(t)
			dbtest.Exec(t, databaseURL, tutorialTable, rows)
			s := open(t, users.Config{URL: databaseURL, Timeout: outageTimeout})
			late := open(t, users.Config{URL: databaseURL, Timeout: outageTimeout}) // meets the server only after the outage
			warm(t, s)
			available(t, s, "before")

			server.Stop(t)
			unavailable(t, s, "stopped")
			unavailable(t, late, "stopped, never connected")
			server.Start(t)
			available(t, s, "started again, first query")
			available(t, late, "started, never connected before")

			// The pool is full of connections that the restart below kills
			// without a query in between to notice.
			warm(t, s)
			server.Stop(t)
			server.Start(t)
			available(t, s, "restarted between two queries")

			server.Freeze(t)
			unavailable(t, s, "frozen")
			server.Thaw(t)
			available(t, s, "thawed")
		})
	}
}

// warm fills the pool.
func warm(t *testing.T, s *users.Store) {
	t.Helper()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { available(t, s, "warming up") })
	}
	wg.Wait()
}

// TestKilledConnection: a connection that died in the pool costs nobody a
// failed login.
func TestKilledConnection(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, tutorialTable, rows)
			s := open(t, users.Config{URL: dbtest.User(t, admin, "SELECT ON `user`")})
			db := raw(t, admin)
			for round := range 5 {
				warm(t, s)
				kill(t, db)
				available(t, s, fmt.Sprint("after KILL ", round))
			}
		})
	}
}

// kill ends all other connections to the database that db is on.
func kill(t *testing.T, db *sql.DB) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil || len(ids) == 0 {
		t.Fatalf("connections to kill: %v, %v", ids, err)
	}
	for _, id := range ids {
		_, _ = db.ExecContext(t.Context(), "KILL ?", id) // gone by itself is gone too
	}
}

// TestKilledInFlight: so does one that dies under its query.
func TestKilledInFlight(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			const nap = 2 * time.Second
			dbtest.Exec(t, admin, slowTable(fmt.Sprint(nap.Seconds()))...)
			s := open(t, users.Config{URL: dbtest.User(t, admin, "SELECT ON `user`")})
			db := raw(t, admin)
			found := make(chan error, 1)
			go func() {
				record, err := s.FindByUsername(t.Context(), "roy")
				if err == nil && record.ID != userid.Number(1) {
					err = fmt.Errorf("found %v", record)
				}
				found <- err
			}()
			for running := 0; running == 0 && len(found) == 0; time.Sleep(time.Millisecond) {
				err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND state = 'User sleep'").Scan(&running)
				if err != nil {
					t.Fatal(err)
				}
			}
			start := time.Now()
			kill(t, db)
			if err := <-found; err != nil {
				t.Errorf("FindByUsername() = %v, want id 1", err)
			}
			if took := time.Since(start); took < nap {
				t.Errorf("the query took %v after it was killed, less than a whole one", took)
			}
		})
	}
}

// slowTable makes a user table that takes that many seconds to read.
func slowTable(seconds string) []string {
	return []string{
		"CREATE TABLE base (id int, username varchar(45), password varchar(45))",
		"INSERT INTO base VALUES (1, 'roy', 'hash')",
		"CREATE FUNCTION nap(s varchar(45)) RETURNS varchar(45) NOT DETERMINISTIC READS SQL DATA BEGIN DO SLEEP(" + seconds + "); RETURN s; END",
		"CREATE VIEW `user` AS SELECT id, nap(username) AS username, password FROM base",
	}
}

// TestBlackHole: a host that accepts connections and never says a word.
func TestBlackHole(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	silent := "mysql://roy:s3cret@" + listener.Addr().String() + "/shop"
	s := open(t, users.Config{URL: silent, Timeout: outageTimeout})
	unavailable(t, s, "silent host")

	// More callers than connections wait side by side, not in a line.
	start := time.Now()
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			if _, err := s.FindByUsername(t.Context(), "roy"); !errors.Is(err, account.ErrUnavailable) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("FindByUsername() = %v, want ErrUnavailable", err)
			}
		})
	}
	wg.Wait()
	if took := time.Since(start); took >= 2*outageTimeout {
		t.Errorf("60 callers of a silent host took %v", took)
	}
	usual := open(t, users.Config{URL: silent, Timeout: -1}) // the default, so that it is known within a second
	if err := usual.Check(t.Context()); !strings.Contains(err.Error(), "no answer within 800ms") || !strings.Contains(err.Error(), "start the server") {
		t.Errorf("Check() = %v, want the reason and what to do", err)
	}
}

// TestSlowQuery: the server itself gives a query up, so that nothing piles up
// there.
func TestSlowQuery(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, slowTable("600")...)
			s := open(t, users.Config{URL: admin, Timeout: time.Second})
			if record, err := s.FindByUsername(t.Context(), "roy"); !errors.Is(err, account.ErrUnavailable) {
				t.Errorf("FindByUsername() = %v, %v, want ErrUnavailable", record, err)
			}
			db := raw(t, admin)
			deadline := time.Now().Add(patience)
			for {
				var running int
				err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE '%user%' AND id <> CONNECTION_ID()").Scan(&running)
				if err == nil && running == 0 {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("%v after the time-out %d queries still run, %v", patience, running, err)
				}
				time.Sleep(50 * time.Millisecond)
			}
		})
	}
}

// TestCallersDeadline: a caller's own, shorter deadline is an outage too, as
// far as anyone can tell.
func TestCallersDeadline(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	s := open(t, users.Config{URL: "mysql://roy:s3cret@" + listener.Addr().String() + "/shop"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.Ready(ctx); !errors.Is(err, account.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Ready() = %v, want ErrUnavailable and DeadlineExceeded", err)
	}
}

func TestTooManyConnections(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, tutorialTable, rows)
			reader := dbtest.User(t, admin, "SELECT ON `user`")
			who := mustParse(t, reader).User.Username()
			dbtest.Exec(t, admin, "ALTER USER '"+who+"'@'%' WITH MAX_USER_CONNECTIONS 1")
			first := open(t, users.Config{URL: reader})
			available(t, first, "the one connection")
			unavailable(t, open(t, users.Config{URL: reader}), "a second one")
			limited := edit(t, reader, func(u *url.URL) { u.RawQuery = "max-open=1" })
			_ = first.Close()
			s := open(t, users.Config{URL: limited})
			// The server takes its time to notice that the first one has gone.
			for deadline := time.Now().Add(patience); s.Ready(t.Context()) != nil && time.Now().Before(deadline); {
				time.Sleep(20 * time.Millisecond)
			}
			warm(t, s) // eight callers share it
		})
	}
}
