package impl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/throttle"
)

// asked counts the queries by name.
type asked struct {
	account.Users
	names atomic.Int64
}

func (a *asked) FindByUsername(ctx context.Context, name string) (account.Record, error) {
	a.names.Add(1)
	return a.Users.FindByUsername(ctx, name)
}

// throttled has a server refuse guesses as one does that is told nothing, and counts its
// queries.
func throttled(t testing.TB, users *asked) option {
	t.Helper()
	limiter, err := throttle.New(throttle.Config{
		Account: throttle.OfAccount(10, 10*time.Hour), Known: throttle.OfAccount(10, 10*time.Hour), Address: throttle.OfAddress(100, 10*time.Minute),
		Secret: []byte("secret"), Random: bytes.Repeat([]byte("random"), 6), Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Unix(1_800_000_000, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(c *account.Config) {
		users.Users = c.Users
		c.Users, c.Limiter = users, limiter
	}
}

// TestThrottledAlike: whether a name is somebody's cannot be told by how its guesses are
// refused, on any database, however it is spelled. A refusal asks nothing, hashes nothing
// and is there within 100 ms.
func TestThrottledAlike(t *testing.T) {
	users := new(asked)
	engines(t, func(t *testing.T, s *server) {
		var alike [2][]string
		spelled := [2][]string{{"roy", "ROY", "röy", "roy ", "ｒoy"}, {"nob", "NOB", "nöb", "nob ", "ｎob"}}
		for i, names := range spelled {
			for guess := range 20 {
				before := users.names.Load()
				a := s.credentials(names[guess%len(names)], fmt.Sprint("wrong ", guess))
				alike[i] = append(alike[i], fmt.Sprint(a.status, a.header.Get("Retry-After"), a.header.Get("Content-Type"), a.withoutID()))
				if a.status == http.StatusTooManyRequests && users.names.Load() != before {
					t.Error("a refusal asks the database")
				}
			}
			a := s.soon(func() answer { return s.credentials(names[0], names[0]) })
			if a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "60" || a.problem.Description != "Too many failed logins. Try again later." {
				t.Errorf("%s after 10 that failed = %d, Retry-After %s, %s", names[0], a.status, a.header.Get("Retry-After"), a.body)
			}
		}
		if a, b := strings.Join(alike[0], "\n"), strings.Join(alike[1], "\n"); a != b {
			t.Errorf("a user's guesses are answered\n%s\nand others\n%s", a, b)
		}
		if got := strings.Count(strings.Join(alike[0], "\n"), "429"); got != 10*3 { // the status, and twice in the body
			t.Errorf("429 stands %d times in 20 answers, want in 10 of them", got)
		}
	}, func(c *account.Config) { throttled(t, users)(c) }) // one that counts for itself each
}

// TestThrottledRace: of 200 guesses over HTTP at once ten are evaluated.
func TestThrottledRace(t *testing.T) {
	s := demo(t, throttled(t, new(asked)))
	statuses := make(chan int, 200)
	for i := range cap(statuses) {
		go func() {
			status, _ := s.guessFrom(t.Context(), byte(i), "roy", fmt.Sprint("wrong ", i))
			statuses <- status
		}()
	}
	count := make(map[int]int)
	for range cap(statuses) {
		count[<-statuses]++
	}
	if count[401] != 10 || count[429] != 190 {
		t.Errorf("of 200 guesses at once the answers are %v, want 10 of 401 and 190 of 429", count)
	}
}

// leaving has whoever is looked up go away before anything is hashed.
type leaving struct {
	account.Users
	leave func()
}

func (l *leaving) FindByUsername(ctx context.Context, name string) (account.Record, error) {
	record, err := l.Users.FindByUsername(ctx, name)
	l.leave()
	return record, err
}

// TestNotEvaluatedIsNoGuess: what was not hashed, because the client went away or there
// was no room, takes nothing.
func TestNotEvaluatedIsNoGuess(t *testing.T) {
	leaves := new(leaving)
	s := demo(t, throttled(t, new(asked)), func(c *account.Config) {
		leaves.Users = c.Users
		c.Users = leaves
	})
	for range 30 {
		ctx, cancel := context.WithCancel(t.Context())
		leaves.leave = cancel
		_, err := s.accounts.Verify(ctx, account.Credentials{Username: "roy", Password: "wrong", Address: "192.0.2.1"})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("Verify() of who went away = %v", err)
		}
	}
	leaves.leave = func() {}
	evaluated := 0
	for i := range 20 {
		if a := s.credentials("roy", fmt.Sprint("wrong ", i)); a.status == http.StatusUnauthorized {
			evaluated++
		}
	}
	if evaluated != 10 {
		t.Errorf("%d guesses are evaluated after 30 that were not, want 10", evaluated)
	}
}

// TestOwnerIsNotLockedOut: who brings the device token of an earlier login, or comes from
// where they logged in before, logs in while strangers are refused.
func TestOwnerIsNotLockedOut(t *testing.T) {
	s := demo(t, throttled(t, new(asked)), func(c *account.Config) {
		c.DeviceLifetime, c.KnownAddressAge = time.Hour, 30*24*time.Hour
	})
	ctx := t.Context()
	owner := account.Credentials{Username: "roy", Password: "roy", Address: "198.51.100.7"}
	principal, err := s.accounts.Verify(ctx, owner)
	if err != nil {
		t.Fatal(err)
	}
	device, err := s.accounts.IssueDevice(principal, "")
	if err != nil {
		t.Fatal(err)
	}
	var refused *throttle.RefusedError
	for i := range 50 {
		_, err = s.accounts.Verify(ctx, account.Credentials{Username: "ROY", Password: fmt.Sprint("guess ", i), Address: fmt.Sprint("10.0.0.", i)})
	}
	stranger := account.Credentials{Username: "roy", Password: "roy", Address: "192.0.2.1"}
	if _, err := s.accounts.Verify(ctx, stranger); !errors.As(err, &refused) || refused.Budget != throttle.KindAccount {
		t.Errorf("a stranger's login = %v, want to be refused for the account", err)
	}
	if err == nil {
		t.Error("fifty guesses are evaluated")
	}
	abroad := stranger
	abroad.DeviceToken = device
	for range 15 {
		for _, c := range []account.Credentials{owner, abroad} {
			if _, err := s.accounts.Verify(ctx, c); err != nil {
				t.Fatalf("the owner's login from %s = %v", c.Address, err)
			}
		}
	}
	forged := abroad
	forged.DeviceToken, forged.Address = device[:len(device)-2]+"AA", "192.0.2.2" // the owner is known at the other by now
	if _, err := s.accounts.Verify(ctx, forged); !errors.As(err, &refused) {
		t.Errorf("a login with a forged device token from abroad = %v, want to be refused", err)
	}
}
