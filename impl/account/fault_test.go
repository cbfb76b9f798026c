package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/userid"
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

func (f *faulty) FindByID(ctx context.Context, id userid.ID) (account.User, error) {
	if row := userid.Number(f.row.Load()) == id; row || f.all.Load() {
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
func tutorial(t *testing.T) *state.Embedded {
	t.Helper()
	users := sqlite(t)
	for _, name := range []string{"moss", "jen"} {
		if _, err := users.Add(t.Context(), name, fast); err != nil {
			t.Fatal(err)
		}
	}
	return users
}

func (i *identified) remove(users *state.Embedded, id int64) {
	i.t.Helper()
	if err := users.Delete(i.t.Context(), userid.Number(id)); err != nil {
		i.t.Fatal(err)
	}
}

// panicking is a table whose driver has a fault.
type panicking struct {
	account.Users
	fault atomic.Bool
}

func (p *panicking) FindByID(ctx context.Context, id userid.ID) (account.User, error) {
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
	if text := err.Error(); !strings.Contains(text, "panic: a fault of the driver's") || !strings.Contains(text, "fault_test.go") {
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
