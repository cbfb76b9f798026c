//go:build attack && linux

package attack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/throttle"
	"github.com/restauth/restauth/internal/dbtest"
)

// mostGuesses is what NIST SP 800-63B-4, section 3.2.2, lets fail.
const mostGuesses = 100

// clock is the time of the simulation.
type clock struct{ seconds atomic.Int64 }

func (c *clock) now() time.Time { return time.Unix(c.seconds.Load(), 0) }

// limiter counts as a server does that is told nothing.
func limiter(t *testing.T, c *clock, store throttle.Store) *throttle.Limiter {
	t.Helper()
	random := make([]byte, 32)
	for i := range random {
		random[i] = byte(rand.Int())
	}
	l, err := throttle.New(throttle.Config{
		Account: throttle.OfAccount(10, 10*time.Hour), Known: throttle.OfAccount(10, 10*time.Hour), Address: throttle.OfAddress(100, 10*time.Minute),
		Secret: bytes.Repeat([]byte("k"), 32), Random: random, Store: store, StoreWait: patience, Now: c.now, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return l
}

// guess returns whether one was evaluated, and after what the next one may be.
func guess(l *throttle.Limiter, a throttle.Attempt) (bool, time.Duration) {
	err := l.Refused(a)
	if err == nil {
		var r *throttle.Reservation
		if r, err = l.Reserve(context.Background(), a); err == nil {
			r.Fail()
			return true, 0
		}
	}
	var refused *throttle.RefusedError
	if errors.As(err, &refused) {
		return false, refused.RetryAfter
	}
	return false, time.Second
}

// TestMonth is figure 1: an account, three servers that share a state on MariaDB, 10,000
// addresses, and 30 days.
func TestMonth(t *testing.T) {
	for _, who := range []string{"a user", "a name that is nobody's"} {
		store, err := state.Open(t.Context(), database.Config{URL: dbtest.MariaDB(t), Setting: "state", Timeout: patience})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		if _, _, err := store.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		c := new(clock)
		c.seconds.Store(1_800_000_000)
		servers := []*throttle.Limiter{limiter(t, c, store.Guesses()), limiter(t, c, store.Guesses()), limiter(t, c, store.Guesses())}
		evaluated, tried := 0, 0
		for end := c.now().Add(throttle.Month); c.now().Before(end); {
			soonest := time.Hour // and in between, in case something was forgotten
			for _, l := range servers {
				for range 50 {
					a := throttle.Attempt{UserID: "1", Name: "roy", Address: attacker(tried % 10_000), Password: fmt.Sprint("guess ", tried)}
					if who != "a user" {
						a.UserID = ""
					}
					tried++
					passed, wait := guess(l, a)
					if passed {
						evaluated++
						soonest = 0
						continue
					}
					soonest = min(soonest, wait)
					break
				}
			}
			c.seconds.Add(int64(soonest / time.Second))
		}
		figure(t, fmt.Sprintf("1  %s, 10,000 addresses, 3 servers, 30 days: guesses", who), fmt.Sprintf("<= %d", mostGuesses),
			fmt.Sprintf("%d of %d tried", evaluated, tried), evaluated <= mostGuesses && evaluated > mostGuesses/2)
	}
}

// TestMadeUpNames is figure 5.
func TestMadeUpNames(t *testing.T) {
	c := new(clock)
	c.seconds.Store(1_800_000_000)
	l := limiter(t, c, nil)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for user := range 100 {
		for i := range 20 {
			_, _ = guess(l, throttle.Attempt{UserID: fmt.Sprint(user), Name: fmt.Sprint("user", user), Address: attacker(user), Password: fmt.Sprint(i)})
		}
	}
	const names = 1_000_000
	evaluated := 0
	for i := range names {
		if passed, _ := guess(l, throttle.Attempt{Name: fmt.Sprint("made up ", i), Address: attacker(i % 50_000), Password: "x"}); passed {
			evaluated++
		}
	}
	took := float64(heap()-before) / (1 << 20)
	figure(t, fmt.Sprintf("5  memory after %d made-up names of 50,000 addresses", names), "<= 64 MiB", fmt.Sprintf("%.1f MiB, %d evaluated", took, evaluated), took <= 64)
	intact := 0
	for user := range 100 {
		if passed, _ := guess(l, throttle.Attempt{UserID: fmt.Sprint(user), Name: strings.ToUpper(fmt.Sprint("user", user)), Address: "192.0.2.1", Password: "new"}); !passed {
			intact++
		}
	}
	figure(t, "5  users who were guessed at before and are still refused", "100 of 100", fmt.Sprintf("%d of 100", intact), intact == 100)
	runtime.KeepAlive(l)
}
