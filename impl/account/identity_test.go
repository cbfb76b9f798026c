package account_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/token"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// patience is how long a test waits for what takes milliseconds on an idle machine.
const patience = 2 * time.Minute

// always is the bound of a gate that is to admit everyone, however slow the machine.
const always = 24 * time.Hour

// counted is a user table that counts the questions about ids, and holds them
// up while the test has hold locked.
type counted struct {
	account.Users
	asked atomic.Int32
	hold  sync.RWMutex
}

func (c *counted) FindByID(ctx context.Context, id userid.ID) (account.User, error) {
	c.asked.Add(1)
	c.hold.RLock()
	defer c.hold.RUnlock()
	return c.Users.FindByID(ctx, id)
}

// identified is a service over one table, with a clock that a test moves.
type identified struct {
	t      testing.TB
	users  *counted
	tokens *token.Service
	*account.Service
	offset atomic.Int64
}

func identify(t testing.TB, users account.Users, maxAge, grace time.Duration) *identified {
	t.Helper()
	c := &counted{Users: users}
	return identifyBy(t, c, c, maxAge, grace, nil)
}

// identifyBy is identify over the table that c counts the questions of, with a clock of
// the test's own where now is not nil.
func identifyBy(t testing.TB, c *counted, table account.Users, maxAge, grace time.Duration, now func() time.Time) *identified {
	t.Helper()
	i := &identified{t: t, users: c}
	var err error
	ring := single(t, "secret")
	i.tokens, err = token.New(token.Config{Keys: ring, Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if base := time.Now(); now == nil {
		now = func() time.Time { return base.Add(time.Duration(i.offset.Load())) }
	}
	i.Service, err = account.New(account.Config{
		Users: table, Tokens: i.tokens, Keys: ring, Logger: slog.New(slog.DiscardHandler),
		IdentityMaxAge: maxAge, IdentityOutageGrace: grace,
		Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func (i *identified) later(d time.Duration) { i.offset.Add(int64(d)) }

// who identifies a fresh token of the user, and checks how many questions the
// database was asked for it.
func (i *identified) who(id int64, questions int32) (string, error) {
	i.t.Helper()
	minted, err := i.tokens.Mint(userid.Number(id))
	if err != nil {
		i.t.Fatal(err)
	}
	before := i.users.asked.Load()
	who, err := i.Identify(i.t.Context(), minted.Compact)
	if n := i.users.asked.Load() - before; n != questions {
		i.t.Errorf("%d questions for user %d, want %d", n, id, questions)
	}
	return who.User.Username, err
}

func (i *identified) want(id int64, questions int32, name string, err error) {
	i.t.Helper()
	if got, gotErr := i.who(id, questions); got != name || !errors.Is(gotErr, err) {
		i.t.Errorf("user %d = %q, %v, want %q, %v", id, got, gotErr, name, err)
	}
}

func sqlite(t testing.TB) *state.Embedded {
	t.Helper()
	users, err := state.OpenEmbedded(t.Context(), state.EmbeddedConfig{Config: users.Config{URL: "sqlite::memory:", Timeout: patience}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = users.Close() })
	if _, err := users.Add(t.Context(), "roy", fast); err != nil {
		t.Fatal(err)
	}
	return users
}

// TestIdentityMaxAge: no question within the bound, none forgotten after it,
// for those who are there and those who are not.
func TestIdentityMaxAge(t *testing.T) {
	users := sqlite(t)
	i := identify(t, users, time.Second, 30*time.Second)
	i.want(1, 1, "roy", nil)
	i.want(2, 1, "", account.ErrUserNotFound)
	i.later(time.Second)
	i.want(1, 0, "roy", nil)
	i.want(2, 0, "", account.ErrUserNotFound)
	if err := users.Delete(t.Context(), userid.Number(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := users.Add(t.Context(), "moss", fast); err != nil { // user 2
		t.Fatal(err)
	}
	i.want(1, 0, "roy", nil)
	i.later(1)
	i.want(1, 1, "", account.ErrUserNotFound)
	i.want(1, 0, "", account.ErrUserNotFound)
	i.want(2, 1, "moss", nil)
}

// TestIdentityZeroAsksEveryTime, and so there is nothing to go on with.
func TestIdentityZeroAsksEveryTime(t *testing.T) {
	users := sqlite(t)
	i := identify(t, users, 0, 30*time.Second)
	i.want(1, 1, "roy", nil)
	i.want(1, 1, "roy", nil)
	if err := users.Delete(t.Context(), userid.Number(1)); err != nil {
		t.Fatal(err)
	}
	i.want(1, 1, "", account.ErrUserNotFound)
	if err := users.Close(); err != nil {
		t.Fatal(err)
	}
	i.want(1, 1, "", account.ErrUnavailable)
}

// TestIdentityCoalesces: many who ask for one user at once are one question,
// and who goes away does not spoil it for the others.
func TestIdentityCoalesces(t *testing.T) {
	i := identify(t, sqlite(t), time.Minute, 0)
	minted, err := i.tokens.Mint(userid.Number(1))
	if err != nil {
		t.Fatal(err)
	}
	i.users.hold.Lock()
	gone, cancel := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := i.Identify(gone, minted.Compact)
		left <- err
	}()
	for i.users.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	var asking sync.WaitGroup
	for range 50 {
		asking.Go(func() {
			if who, err := i.Identify(t.Context(), minted.Compact); err != nil || who.User.Username != "roy" {
				t.Errorf("Identify() = %v, %v", who, err)
			}
		})
	}
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled Identify() = %v", err)
	}
	i.users.hold.Unlock()
	asking.Wait()
	if n := i.users.asked.Load(); n != 1 {
		t.Errorf("%d questions, want 1", n)
	}
}

// TestIdentityAsksOnce: nor are they two where one looks just before the answer to the
// other comes.
func TestIdentityAsksOnce(t *testing.T) {
	i := identify(t, sqlite(t), time.Minute, 0)
	minted, err := i.tokens.Mint(userid.Number(1))
	if err != nil {
		t.Fatal(err)
	}
	const rounds = 1000
	for range rounds {
		i.later(2 * time.Minute)
		var asking sync.WaitGroup
		for range 8 {
			asking.Go(func() {
				if who, err := i.Identify(t.Context(), minted.Compact); err != nil || who.User.Username != "roy" {
					t.Errorf("Identify() = %v, %v", who, err)
				}
			})
		}
		asking.Wait()
	}
	if n := i.users.asked.Load(); n != rounds {
		t.Errorf("%d questions, want %d", n, rounds)
	}
}

// TestIdentityOldAnswers: an answer that took longer than the bound is not
// handed to who came later than that.
func TestIdentityOldAnswers(t *testing.T) {
	i := identify(t, sqlite(t), time.Second, 0)
	minted, err := i.tokens.Mint(userid.Number(1))
	if err != nil {
		t.Fatal(err)
	}
	i.users.hold.Lock()
	var asking sync.WaitGroup
	for n := range int32(2) {
		asking.Go(func() {
			if _, err := i.Identify(t.Context(), minted.Compact); err != nil {
				t.Error(err)
			}
		})
		for i.users.asked.Load() != n+1 {
			time.Sleep(time.Millisecond)
		}
		i.later(2 * time.Second)
	}
	i.users.hold.Unlock()
	asking.Wait()
}

// TestIdentityOutage on a real server: who was seen goes on for the grace, no
// longer; nobody else does; and its end is noticed within the bound.
func TestIdentityOutage(t *testing.T) {
	server := dbtest.Start(t, dbtest.KindMariaDB)
	url := server.Database(t)
	dbtest.Load(t, url, "../../internal/flaskjwt/testdata/users.sql")
	table, err := users.Open(t.Context(), users.Config{URL: url, Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	i := identify(t, table, time.Second, 30*time.Second)
	i.want(1, 1, "roy", nil)
	i.want(2, 1, "scrypt", nil)
	i.want(999, 1, "", account.ErrUserNotFound)

	server.Stop(t)
	i.want(3, 1, "", account.ErrUnavailable) // never seen
	i.later(2 * time.Second)
	i.want(999, 1, "", account.ErrUnavailable) // a no that may have changed
	i.want(1, 0, "roy", nil)                   // the outage is known: no need to ask
	i.later(time.Second)
	i.want(1, 0, "roy", nil) // nobody waits while it is found out whether it is over
	i.want(2, 0, "scrypt", nil)
	i.later(26 * time.Second)
	i.want(1, 0, "roy", nil) // 29 s
	i.later(2 * time.Second)
	i.want(1, 1, "", account.ErrUnavailable)
	i.want(2, 1, "", account.ErrUnavailable)

	server.Start(t)
	dbtest.Exec(t, url, "DELETE FROM user WHERE id = 1")
	i.want(1, 1, "", account.ErrUserNotFound)
	i.want(2, 1, "scrypt", nil)
}

// TestIdentityDeadDatabase: a server that does not even refuse makes one
// request wait for the time-out, and not everybody.
func TestIdentityDeadDatabase(t *testing.T) {
	server := dbtest.Start(t, dbtest.KindMariaDB)
	url := server.Database(t)
	dbtest.Load(t, url, "../../internal/flaskjwt/testdata/users.sql")
	const timeout = 3 * time.Second
	table, err := users.Open(t.Context(), users.Config{URL: url, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	i := identify(t, table, time.Second, 30*time.Second)
	i.want(1, 1, "roy", nil)
	server.Freeze(t)
	defer server.Thaw(t)
	i.later(2 * time.Second)
	i.want(1, 1, "roy", nil)
	start := time.Now()
	for range 100 {
		i.want(1, 0, "roy", nil)
	}
	if took := time.Since(start); took >= timeout {
		t.Errorf("a hundred requests in an outage took %v, and so one waited for the database", took)
	}
}
