package account_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
	takes time.Duration      // mu; how long a question about several takes
	n     atomic.Int32       // questions about several
	most  atomic.Int64       // users in one of them
}

var errBroken = errors.New("the row cannot be read")

func (c *turns) FindByIDs(_ context.Context, ids []userid.ID) (map[userid.ID]account.User, error) {
	c.mu.Lock()
	found, fails, takes := make(map[userid.ID]account.User), c.fails, c.takes
	for _, id := range ids {
		c.seen[id]++
		if !c.gone[id] {
			found[id] = account.User{ID: id, Username: id.String()}
		}
	}
	c.mu.Unlock()
	time.Sleep(takes)
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
	return identifyTurnsBy(t, maxAge, nil)
}

func identifyTurnsBy(t *testing.T, maxAge time.Duration, now func() time.Time) (*identified, *turns) {
	t.Helper()
	c := &turns{counted: &counted{Users: new(everybody)}, gone: make(map[userid.ID]bool), seen: make(map[userid.ID]int)}
	i := identifyBy(t, c.counted, c, maxAge, 30*time.Second, now)
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

// inBubble tests with an age of 64 s, in a bubble where time passes by sleeping.
func inBubble(t *testing.T, test func(t *testing.T, i *identified, c *turns)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		i, c := identifyTurnsBy(t, 64*time.Second, time.Now)
		test(t, i, c)
	})
}

// TestAskedAhead: who comes again in the last five eighths of what is known of him is asked
// for in the last eighth of it, once, and no request asks.
func TestAskedAhead(t *testing.T) {
	inBubble(t, func(t *testing.T, i *identified, c *turns) {
		i.want(7, 1, "7", nil)
		time.Sleep(23 * time.Second)
		i.want(7, 0, "7", nil) // too early to say that he comes all the time
		time.Sleep(42 * time.Second)
		i.want(7, 1, "7", nil)
		if n := c.n.Load(); n != 0 {
			t.Errorf("%d questions ahead for who did not come again, want none", n)
		}
		for round := range int32(3) {
			time.Sleep(24*time.Second + 500*time.Millisecond)
			for range 100 {
				i.want(7, 0, "7", nil)
			}
			time.Sleep(29 * time.Second)
			if n := c.n.Load(); n != round {
				t.Errorf("%d questions when what is known is 53 s old, want %d", n, round)
			}
			time.Sleep(2500 * time.Millisecond)
			if n := c.n.Load(); n != round+1 {
				t.Errorf("%d questions when what is known is 56 s old, want %d", n, round+1)
			}
		}
		time.Sleep(65 * time.Second)
		i.want(7, 1, "7", nil) // The answer ahead is too old now as well.
	})
}

// TestAskedAheadSooner: who is due before the others is not kept waiting for them.
func TestAskedAheadSooner(t *testing.T) {
	inBubble(t, func(t *testing.T, i *identified, c *turns) {
		i.want(1, 1, "1", nil)
		time.Sleep(10 * time.Second)
		i.want(2, 1, "2", nil)
		time.Sleep(41 * time.Second)
		i.want(2, 0, "2", nil) // due in 15 s
		i.want(1, 0, "1", nil) // due in 5 s
		time.Sleep(6 * time.Second)
		if !c.asked(1) || c.asked(2) {
			t.Errorf("user 1 was asked for: %v, user 2: %v, want 1 alone", c.asked(1), c.asked(2))
		}
		time.Sleep(10 * time.Second)
		if !c.asked(2) {
			t.Error("user 2 was not asked for")
		}
		i.want(1, 0, "1", nil)
		i.want(2, 0, "2", nil)
	})
}

// TestAskedAheadByAnOldClock: a request that went on long after it had looked at the clock has
// its user asked for no later for that.
func TestAskedAheadByAnOldClock(t *testing.T) {
	inBubble(t, func(t *testing.T, i *identified, c *turns) {
		asked := time.Now()
		time.Sleep(50 * time.Second)
		i.WantAhead(userid.Number(1), asked, time.Now())                     // keeps it going until
		i.WantAhead(userid.Number(2), asked.Add(20*time.Second), time.Now()) // this one is due, at 76 s
		time.Sleep(20 * time.Second)
		i.WantAhead(userid.Number(3), asked, asked.Add(50*time.Second))
		time.Sleep(4 * time.Second)
		if !c.asked(1) || c.asked(2) || !c.asked(3) {
			t.Errorf("asked for 1: %v, 2: %v, 3: %v, want 1 and 3", c.asked(1), c.asked(2), c.asked(3))
		}
	})
}

// TestAskedAheadTogether: a thousand users in turn are asked for in a few questions, again
// and again.
func TestAskedAheadTogether(t *testing.T) {
	inBubble(t, func(t *testing.T, i *identified, c *turns) {
		const most, questions = 1000, 5
		begun := time.Now()
		for id := range int64(most) {
			i.want(id, 1, strconv.FormatInt(id, 10), nil)
		}
		for time.Since(begun) < (questions*56+2)*time.Second {
			time.Sleep(10 * time.Second)
			for id := range int64(most) {
				i.want(id, 0, strconv.FormatInt(id, 10), nil)
			}
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for id := range int64(most) {
			if n := c.seen[userid.Number(id)]; n != questions {
				t.Fatalf("user %d was asked for %d times, want %d", id, n, questions)
			}
		}
		if n := c.n.Load(); n != questions*(most/256+1) {
			t.Errorf("%d questions for %d users, %d times, want one for each 256", n, most, questions)
		}
		if n := c.most.Load(); n > 256 {
			t.Errorf("a question is about %d users, want at most 256", n)
		}
	})
}

// TestAskedAheadOfAny: users who come when they like, at least each five eighths of an age,
// are all asked for before what is known of them is too old.
func TestAskedAheadOfAny(t *testing.T) {
	inBubble(t, func(_ *testing.T, i *identified, _ *turns) {
		const most = 300
		random := rand.New(rand.NewPCG(1, 2))
		begun := time.Now()
		var next []time.Duration // when each comes again
		for time.Since(begun) < 10*time.Minute {
			now := time.Since(begun)
			for id, due := range next {
				if due <= now {
					i.want(int64(id), 0, strconv.Itoa(id), nil)
					next[id] = now + time.Duration(random.Int64N(int64(39*time.Second)))
				}
			}
			if id := len(next); id < most {
				i.want(int64(id), 1, strconv.Itoa(id), nil)
				next = append(next, now)
			}
			time.Sleep(time.Duration(random.Int64N(int64(time.Second))))
		}
	})
}

// TestAskedAheadIsGone: who is deleted ends when a question ahead finds out, and in any
// case when what is known of him is too old.
func TestAskedAheadIsGone(t *testing.T) {
	inBubble(t, func(_ *testing.T, i *identified, c *turns) {
		i.want(7, 1, "7", nil)
		c.mu.Lock()
		c.gone[userid.Number(7)] = true
		c.mu.Unlock()
		time.Sleep(50 * time.Second)
		i.want(7, 0, "7", nil)
		time.Sleep(7 * time.Second)
		i.want(7, 0, "", account.ErrUserNotFound)
	})
}

// TestAskedAheadInVain: a question ahead that fails changes nothing. A request asks
// when what is known is too old, as it does without.
func TestAskedAheadInVain(t *testing.T) {
	for name, fails := range map[string]func(){"error": func() {}, "panic": func() { panic("a driver's fault") }} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *identified, c *turns) {
				c.fails = fails
				i.want(7, 1, "7", nil)
				time.Sleep(50 * time.Second)
				i.want(7, 0, "7", nil)
				time.Sleep(7 * time.Second)
				i.want(7, 0, "7", nil)
				if n := c.n.Load(); n != 1 {
					t.Errorf("%d questions ahead, want 1", n)
				}
				time.Sleep(8 * time.Second)
				i.want(7, 1, "7", nil)
			})
		})
	}
}

// TestAskedAheadSlowly: an answer that comes late does not replace a newer one.
func TestAskedAheadSlowly(t *testing.T) {
	inBubble(t, func(t *testing.T, i *identified, c *turns) {
		i.want(7, 1, "7", nil)
		c.mu.Lock()
		c.gone[userid.Number(7)] = true // what the slow answer says
		c.takes = time.Minute
		c.mu.Unlock()
		time.Sleep(50 * time.Second)
		i.want(7, 0, "7", nil)
		time.Sleep(15 * time.Second)
		if !c.asked(7) || c.n.Load() != 0 {
			t.Fatal("user 7 is not being asked for")
		}
		i.want(7, 1, "7", nil) // a request asked meanwhile
		time.Sleep(55 * time.Second)
		if c.n.Load() != 1 {
			t.Fatal("the slow answer has not come")
		}
		i.want(7, 0, "7", nil)
	})
}
