package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/store"
)

// faulty is a table that a test can make fail: one row, or all of it. What
// fails takes its time first, the row also until it is let go.
type faulty struct {
	account.Users
	row    atomic.Int64 // 0 is none
	hold   sync.RWMutex
	all    atomic.Bool
	takes  time.Duration
	checks atomic.Int32
}

var errFault = fmt.Errorf("%w: a fault of the test's", account.ErrUnavailable)

func (f *faulty) FindByID(ctx context.Context, id int64) (account.User, error) {
	if row := f.row.Load() == id; row || f.all.Load() {
		if row {
			f.hold.RLock()
			defer f.hold.RUnlock()
		}
		time.Sleep(f.takes)
		return account.User{}, errFault
	}
	return f.Users.FindByID(ctx, id)
}

func (f *faulty) Ready(ctx context.Context) error {
	f.checks.Add(1)
	if f.all.Load() {
		time.Sleep(f.takes)
		return errFault
	}
	return f.Users.Ready(ctx)
}

// tutorial is a table of roy, moss and jen, which are 1, 2 and 3.
func tutorial(t *testing.T) *store.Store {
	t.Helper()
	users := sqlite(t)
	for _, name := range []string{"moss", "jen"} {
		if _, err := users.Add(t.Context(), name, fast); err != nil {
			t.Fatal(err)
		}
	}
	return users
}

func (i *identified) remove(users *store.Store, id int64) {
	i.t.Helper()
	if err := users.Delete(i.t.Context(), id); err != nil {
		i.t.Fatal(err)
	}
}

// TestOneRowIsNoOutage: who cannot be read goes on for the grace, and keeps no
// other's end from being noticed.
func TestOneRowIsNoOutage(t *testing.T) {
	users := tutorial(t)
	table := &faulty{Users: users}
	i := identify(t, table, time.Second, 30*time.Second)
	i.want(1, 1, "roy", nil)
	i.want(2, 1, "moss", nil)
	table.row.Store(2)
	const step = time.Second + 1
	for age := step; age <= 30*time.Second; age += step {
		i.later(step)
		i.want(2, 1, "moss", nil)
		i.want(1, 1, "roy", nil)
	}
	i.remove(users, 1)
	i.later(2 * step)
	i.want(2, 1, "", account.ErrUnavailable)
	i.want(1, 1, "", account.ErrUserNotFound)
	table.row.Store(0)
	i.want(2, 1, "moss", nil)
}

// TestLateFailureIsNoOutage: a question that fails after another was answered
// that was asked later.
func TestLateFailureIsNoOutage(t *testing.T) {
	users := tutorial(t)
	table := &faulty{Users: users}
	i := identify(t, table, time.Second, 30*time.Second)
	i.want(1, 1, "roy", nil)
	i.want(3, 1, "jen", nil)
	table.row.Store(2)
	minted, err := i.tokens.Mint(2)
	if err != nil {
		t.Fatal(err)
	}
	table.hold.Lock()
	before := i.users.asked.Load()
	failed := make(chan error, 1)
	go func() {
		_, err := i.Identify(t.Context(), minted.Compact)
		failed <- err
	}()
	for i.users.asked.Load() == before {
		time.Sleep(time.Millisecond)
	}
	i.later(2 * time.Second)
	i.want(1, 1, "roy", nil)
	table.hold.Unlock()
	if err := <-failed; !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("Identify() = %v, want %v", err, account.ErrUnavailable)
	}
	i.remove(users, 1)
	i.remove(users, 3)
	i.later(time.Second + 1)
	i.want(1, 1, "", account.ErrUserNotFound)
	i.want(3, 1, "", account.ErrUserNotFound)
	if n := table.checks.Load(); n != 0 {
		t.Errorf("%d checks of a database that answers", n)
	}
}

// TestLateCheckIsNoOutage: the same with a check, in exact time.
func TestLateCheckIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		users := tutorial(t)
		table := &faulty{Users: users, takes: 800 * time.Millisecond}
		i := identify(t, table, time.Second, 30*time.Second)
		i.want(1, 1, "roy", nil)
		table.all.Store(true)
		i.later(2 * time.Second)
		i.want(1, 1, "roy", nil) // The check begins now.
		time.Sleep(200 * time.Millisecond)
		table.all.Store(false)
		i.want(2, 1, "moss", nil) // never seen, so asked for
		i.remove(users, 1)
		time.Sleep(601 * time.Millisecond)
		i.want(1, 1, "", account.ErrUserNotFound)
		if err := users.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestOutageOver: the first who comes after an outage, however late, does not
// go on with what was so before it.
func TestOutageOver(t *testing.T) {
	users := tutorial(t)
	table := &faulty{Users: users}
	i := identify(t, table, time.Second, 30*time.Second)
	i.want(1, 1, "roy", nil)
	i.want(2, 1, "moss", nil)
	table.all.Store(true)
	i.later(2 * time.Second)
	i.want(1, 1, "roy", nil)
	i.want(2, 0, "moss", nil)
	i.remove(users, 1)
	i.remove(users, 2)
	table.all.Store(false)
	i.later(time.Second + 1)
	i.want(2, 1, "", account.ErrUserNotFound)
	i.want(1, 1, "", account.ErrUserNotFound)
}

// TestFrozenDatabase in exact time: questions are not even refused, but end
// after 800 ms. Nobody waits longer than for one question and one check, hardly
// anybody when it is known, there is one check a second, and the end of it is
// noticed within the bound.
func TestFrozenDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		users := tutorial(t)
		table := &faulty{Users: users, takes: 800 * time.Millisecond}
		i := identify(t, table, time.Second, 30*time.Second)
		begin := time.Now()
		compact := make([]string, 3)
		for id := range compact {
			i.want(int64(id)+1, 1, []string{"roy", "moss", "jen"}[id], nil)
			minted, err := i.tokens.Mint(int64(id) + 1)
			if err != nil {
				t.Fatal(err)
			}
			compact[id] = minted.Compact
		}
		table.all.Store(true)
		var asking sync.WaitGroup
		for n := range 400 { // 20 s
			asking.Go(func() {
				time.Sleep(time.Duration(n) * 50 * time.Millisecond)
				i.offset.Store(int64(time.Since(begin)))
				came := time.Now()
				_, err := i.Identify(t.Context(), compact[n%3])
				waited, limit := time.Since(came), 800*time.Millisecond
				if n*50 > 2700 { // a second's age, a question, a check
					limit = 0
				}
				if err != nil || waited > limit {
					t.Errorf("after %v: %v, waited for %v", came.Sub(begin), err, waited)
				}
			})
		}
		asking.Wait()
		if asked, checks := i.users.asked.Load()-3, table.checks.Load(); asked > 10 || checks < 15 || checks > 20 {
			t.Errorf("%d questions, %d checks in 20 s", asked, checks)
		}
		i.remove(users, 1)
		table.all.Store(false)
		time.Sleep(time.Second + 1)
		i.offset.Store(int64(time.Since(begin)))
		if _, err := i.Identify(t.Context(), compact[0]); !errors.Is(err, account.ErrUserNotFound) {
			t.Errorf("a second after the outage: %v, want %v", err, account.ErrUserNotFound)
		}
		synctest.Wait()
		if err := users.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestOutagesComeAndGo under many at once, for the race detector; after the
// last everybody's end is noticed.
func TestOutagesComeAndGo(t *testing.T) {
	users := tutorial(t)
	table := &faulty{Users: users, takes: 100 * time.Microsecond}
	i := identify(t, table, time.Second, 30*time.Second)
	var compact [3]string
	for id := range compact {
		minted, err := i.tokens.Mint(int64(id) + 1)
		if err != nil {
			t.Fatal(err)
		}
		compact[id] = minted.Compact
		if _, err := i.Identify(t.Context(), minted.Compact); err != nil {
			t.Fatal(err)
		}
	}
	var asking sync.WaitGroup
	for n := range 16 {
		asking.Go(func() {
			for round := range 500 {
				switch n {
				case 0:
					table.all.Store(round%2 == 0)
				case 1:
					table.row.Store(int64(round % 4))
				}
				i.later(20 * time.Millisecond)
				if _, err := i.Identify(t.Context(), compact[(n+round)%3]); err != nil && !errors.Is(err, account.ErrUnavailable) {
					t.Error(err)
				}
			}
		})
	}
	asking.Wait()
	table.all.Store(false)
	table.row.Store(0)
	i.later(2 * time.Second)
	for id := range compact {
		i.remove(users, int64(id)+1)
	}
	for id := range compact {
		err := error(nil)
		for range 150 { // The last check may have ended just now.
			if _, err = i.Identify(t.Context(), compact[id]); err != nil {
				break
			}
			i.later(10 * time.Millisecond)
			time.Sleep(100 * time.Microsecond)
		}
		if !errors.Is(err, account.ErrUserNotFound) {
			t.Errorf("user %d: %v, want %v", id+1, err, account.ErrUserNotFound)
		}
	}
}

// panicking is a table whose driver has a fault.
type panicking struct {
	account.Users
	fault atomic.Bool
}

func (p *panicking) FindByID(ctx context.Context, id int64) (account.User, error) {
	if p.fault.Load() {
		panic("a fault of the driver's")
	}
	return p.Users.FindByID(ctx, id)
}

func (p *panicking) Ready(context.Context) error { panic("another fault of the driver's") }

// TestIdentityPanic: a fault under a question is an error for who waits, no
// outage, and is not remembered.
func TestIdentityPanic(t *testing.T) {
	table := &panicking{Users: sqlite(t)}
	i := identify(t, table, time.Second, 30*time.Second)
	i.want(1, 1, "roy", nil)
	i.later(2 * time.Second)
	table.fault.Store(true)
	_, err := i.who(1, 1)
	if err == nil || errors.Is(err, account.ErrUnavailable) || errors.Is(err, account.ErrUserNotFound) {
		t.Fatalf("Identify() = %v, want an error of no kind", err)
	}
	if text := err.Error(); !strings.Contains(text, "panic: a fault of the driver's") || !strings.Contains(text, "outage_test.go") {
		t.Errorf("the error does not tell where: %s", text)
	}
	table.fault.Store(false)
	i.want(1, 1, "roy", nil)
}

// TestCheckPanics: the same under the check that a failure is followed by.
func TestCheckPanics(t *testing.T) {
	table := &faulty{Users: &panicking{Users: tutorial(t)}}
	i := identify(t, readyPanics{table}, time.Second, 30*time.Second)
	i.want(1, 1, "roy", nil)
	i.want(2, 1, "moss", nil)
	i.later(2 * time.Second)
	table.row.Store(2)
	i.want(2, 1, "moss", nil)
	i.want(1, 1, "roy", nil)
}

// readyPanics is a table whose driver has a fault that a check meets.
type readyPanics struct{ *faulty }

func (r readyPanics) Ready(ctx context.Context) error { return r.Users.Ready(ctx) }
