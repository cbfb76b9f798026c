package account_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
)

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
	minted, err := i.tokens.Mint(userid.Number(2))
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
			minted, err := i.tokens.Mint(userid.Number(int64(id) + 1))
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
		minted, err := i.tokens.Mint(userid.Number(int64(id) + 1))
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
