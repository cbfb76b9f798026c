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
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
)

// TestPerhapsKnown: who may be known is found without a row, whatever name they give, and
// no text that looks like a device token is one.
func TestPerhapsKnown(t *testing.T) {
	for name, b := range map[string]*book{"in memory": nil, "with a state": newBook(t)} {
		t.Run(name, func(t *testing.T) {
			var change func(*account.Config)
			if b != nil {
				change = b.configure
			}
			f := doorman(t, change, digest)
			brought := f.login("user0", "")
			f.at("user0", "203.0.113.5")
			if b != nil { // What another process has seen.
				f.Close()
				f.again(change)
			}
			begun := f.now()
			for _, c := range []struct { // in the order of time, which never goes back
				what, brought, from string
				later               time.Duration
				want                bool
			}{
				{"nothing", "", "", 0, false},
				{"a device token", brought, "", 0, true},
				{"one that looks like it", strings.Repeat("A", len(brought)), "", 0, false},
				{"another user's", brought[:len(brought)-8] + "AAAAAAAA", "", 0, true},
				{"one with another id", brought[:20] + "AAAAAAAA" + brought[28:], "", 0, false},
				{"a known address", "", "203.0.113.5", 0, true},
				{"another address", "", "203.0.113.6", 0, false},
				{"a known address, long after", "", "203.0.113.5", 30 * oneDay, false},
				{"one that has ended", brought, "", halfYear, false},
			} {
				f.set(begun.Add(c.later))
				for _, username := range []string{"user0", "nobody"} {
					got := f.PerhapsKnown(t.Context(), account.Credentials{Username: username, DeviceToken: c.brought, Address: c.from})
					if got != c.want {
						t.Errorf("%s as %s: PerhapsKnown = %v, want %v", c.what, username, got, c.want)
					}
				}
			}
		})
	}
}

// TestPerhapsKnownAsksOnce for each address in half a minute, however many names it gives,
// and not while the state does not answer.
func TestPerhapsKnownAsksOnce(t *testing.T) {
	b := newBook(t)
	f := doorman(t, b.configure, digest)
	ask := func(times int) int32 {
		before := b.askedPlace.Load()
		for i := range times {
			f.PerhapsKnown(t.Context(), account.Credentials{Username: fmt.Sprint("name", i), Address: fmt.Sprintf("203.0.113.%d", i%2)})
		}
		return b.askedPlace.Load() - before
	}
	if n := ask(100); n != 2 {
		t.Errorf("asked %d times of two addresses, want 2", n)
	}
	f.set(f.now().Add(31 * time.Second))
	if n := ask(100); n != 2 {
		t.Errorf("asked %d times half a minute later, want 2", n)
	}
	f.set(f.now().Add(31 * time.Second))
	b.down.Store(true)
	if n := ask(100); n != 1 {
		t.Errorf("asked %d times in an outage, want 1", n)
	}
}

// counting is a table that counts how often a name is looked up.
type counting struct {
	account.Users
	names atomic.Int32
}

func (c *counting) FindByUsername(ctx context.Context, username string) (account.Record, error) {
	c.names.Add(1)
	return c.Users.FindByUsername(ctx, username)
}

// TestKnownInAFlood: while strangers fill the gate, and are refused, who is known logs in
// each time; what refuses strangers asks no database.
func TestKnownInAFlood(t *testing.T) {
	bounded, err := pool.NewGate(pool.Config{Slots: 1}, gate.Config{QueueLimit: 8, MaxWait: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(bounded.Close)
	var table *counting
	f := doorman(t, func(c *account.Config) {
		table = &counting{Users: c.Users}
		c.Gate, c.Users = bounded, table
	}, "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e")
	if err := f.LearnCost(t.Context()); err != nil {
		t.Fatal(err)
	}
	owner := account.Credentials{Username: "user0", Password: "roy", Address: "203.0.113.5"}
	principal, err := f.Verify(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	device, err := f.IssueDevice(principal, "")
	if err != nil {
		t.Fatal(err)
	}
	flood, over := context.WithCancel(t.Context())
	var (
		strangers        sync.WaitGroup
		refused, tried   atomic.Int32
		before, ofOwners = table.names.Load(), int32(0)
	)
	for i := range 40 {
		strangers.Go(func() {
			for n := 0; flood.Err() == nil; n++ {
				_, err := f.Verify(flood, account.Credentials{Username: fmt.Sprint("made up ", i, n), Password: "x", Address: fmt.Sprintf("198.51.100.%d", i)})
				tried.Add(1)
				if busy := (*gate.BusyError)(nil); errors.As(err, &busy) {
					refused.Add(1)
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	for refused.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	for i := range 20 {
		c := owner
		if i%2 == 0 {
			c.Address, c.DeviceToken = "192.0.2.77", device
		}
		ofOwners++
		if _, err := f.Verify(t.Context(), c); err != nil {
			t.Errorf("login %d of the owner in a flood: %v", i, err)
		}
	}
	over()
	strangers.Wait()
	if queries, evaluated := table.names.Load()-before-ofOwners, tried.Load()-refused.Load(); queries > evaluated+refused.Load()/2 {
		t.Errorf("%d queries for strangers, of whom %d were evaluated and %d refused", queries, evaluated, refused.Load())
	}
}
