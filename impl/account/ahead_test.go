package account_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
)

// turns is a table with a user of each id that is not gone, which counts the questions
// about several users and may fail at them.
type turns struct {
	*counted
	mu    sync.Mutex
	gone  map[userid.ID]bool // mu
	fails func()             // mu; what happens to a question about several instead
	seen  map[userid.ID]int  // mu; how often each was asked for among several
	hold  sync.RWMutex       // held by a test that holds questions about several up
	n     atomic.Int32       // questions about several
	most  atomic.Int64       // users in one of them
}

var errBroken = errors.New("the row cannot be read")

func (c *turns) FindByIDs(_ context.Context, ids []userid.ID) (map[userid.ID]account.User, error) {
	c.mu.Lock()
	found, fails := make(map[userid.ID]account.User), c.fails
	for _, id := range ids {
		c.seen[id]++
		if !c.gone[id] {
			found[id] = account.User{ID: id, Username: id.String()}
		}
	}
	c.mu.Unlock()
	c.hold.RLock()
	defer c.hold.RUnlock()
	c.most.Store(max(c.most.Load(), int64(len(ids))))
	c.n.Add(1)
	if fails != nil {
		fails()
		return nil, errBroken
	}
	return found, nil
}

func (c *turns) asked(id int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[userid.Number(id)] > 0
}

func identifyTurns(t *testing.T, maxAge time.Duration) (*identified, *turns) {
	t.Helper()
	c := &turns{counted: &counted{Users: new(everybody)}, gone: make(map[userid.ID]bool), seen: make(map[userid.ID]int)}
	i := identifyBy(t, c.counted, c, maxAge, 30*time.Second)
	t.Cleanup(i.Close)
	return i, c
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so after %v: %s", patience, what)
		}
	}
}

// TestAskedAhead: who comes again in the last three eighths of what is known of him is asked
// for meanwhile, once, and no request asks.
func TestAskedAhead(t *testing.T) {
	i, c := identifyTurns(t, time.Minute)
	i.want(7, 1, "7", nil)
	i.later(44 * time.Second)
	i.want(7, 0, "7", nil) // too early
	i.later(2 * time.Second)
	for range 100 {
		i.want(7, 0, "7", nil)
	}
	until(t, "user 7 was asked for", func() bool { return c.n.Load() > 0 })
	i.later(40 * time.Second) // 86 s since a request asked
	i.want(7, 0, "7", nil)
	if n := c.n.Load(); n != 1 {
		t.Errorf("%d questions, want 1", n)
	}
	i.later(21 * time.Second) // the answer ahead is too old now as well
	i.want(7, 1, "7", nil)
}

// TestAskedAheadTogether: a thousand users in turn are asked for in a few questions.
func TestAskedAheadTogether(t *testing.T) {
	const most = 1000
	i, c := identifyTurns(t, time.Hour)
	for id := range int64(most) {
		i.want(id, 1, strconv.FormatInt(id, 10), nil)
	}
	i.later(50 * time.Minute)
	c.hold.Lock() // so that all wait, however slow the machine
	for id := range int64(most) {
		i.want(id, 0, strconv.FormatInt(id, 10), nil)
	}
	c.hold.Unlock()
	until(t, "all were asked for", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.seen) == most
	})
	if n := c.n.Load(); n > most/256+2 {
		t.Errorf("%d questions for %d users, want one for each 256", n, most)
	}
	if n := c.most.Load(); n > 256 {
		t.Errorf("a question is about %d users, want at most 256", n)
	}
	i.Close() // The last answer has been told.
	i.later(50 * time.Minute)
	for id := range int64(most) {
		i.want(id, 0, strconv.FormatInt(id, 10), nil)
	}
}

// TestAskedAheadIsGone: who is deleted ends when a question ahead finds out, and in any
// case when what is known of him is too old.
func TestAskedAheadIsGone(t *testing.T) {
	i, c := identifyTurns(t, time.Minute)
	i.want(7, 1, "7", nil)
	c.mu.Lock()
	c.gone[userid.Number(7)] = true
	c.mu.Unlock()
	i.later(50 * time.Second)
	i.want(7, 0, "7", nil)
	until(t, "user 7 is gone", func() bool {
		_, err := i.who(7, 0)
		return errors.Is(err, account.ErrUserNotFound)
	})
}

// TestAskedAheadInVain: a question ahead that fails changes nothing. A request asks
// when what is known is too old, as it does without.
func TestAskedAheadInVain(t *testing.T) {
	for name, fails := range map[string]func(){"error": func() {}, "panic": func() { panic("a driver's fault") }} {
		t.Run(name, func(t *testing.T) {
			i, c := identifyTurns(t, time.Minute)
			c.fails = fails
			i.want(7, 1, "7", nil)
			i.later(50 * time.Second)
			i.want(7, 0, "7", nil)
			until(t, "user 7 was asked for", func() bool { return c.n.Load() > 0 })
			i.later(11 * time.Second)
			i.want(7, 1, "7", nil)
		})
	}
}

// TestAskedAheadSlowly: an answer that comes late does not replace a newer one.
func TestAskedAheadSlowly(t *testing.T) {
	i, c := identifyTurns(t, time.Minute)
	i.want(7, 1, "7", nil)
	i.later(50 * time.Second)
	c.mu.Lock()
	c.gone[userid.Number(7)] = true // what the slow answer says
	c.mu.Unlock()
	c.hold.Lock()
	i.want(7, 0, "7", nil)
	until(t, "user 7 is asked for", func() bool { return c.asked(7) })
	i.later(11 * time.Second)
	i.want(7, 1, "7", nil) // a request asked meanwhile
	c.hold.Unlock()
	i.Close()
	i.want(7, 0, "7", nil)
}
