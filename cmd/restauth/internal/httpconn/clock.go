package httpconn

import (
	"sync"
	"sync/atomic"
	"time"
)

// tickEvery is how late a deadline may be noticed: those it is for are seconds.
const tickEvery = 250 * time.Millisecond

// clock ticks for the connections there are, and not while there are none. It
// stands for a timer of each connection's deadlines, whose every change costs
// more than all of this.
type clock struct {
	start time.Time
	now   atomic.Int64 // as of the last tick

	mu    sync.Mutex
	conns map[*limitedConn]struct{}
	runs  bool
}

func newClock() *clock {
	return &clock{start: time.Now(), conns: make(map[*limitedConn]struct{})}
}

// past is a time that is over by any clock.
func past() time.Time { return time.Unix(1, 0) }

// at is a deadline in nanoseconds since the start; 0 for none. It is over when
// it lies before the start: only what is meant to be over is so old.
func (c *clock) at(t time.Time) (by int64, over bool) {
	if t.IsZero() {
		return 0, false
	}
	by = int64(t.Sub(c.start))
	return by, by <= 0
}

// about is the time to a tick, in nanoseconds since the start, and more than 0.
func (c *clock) about() int64 { return c.now.Load() }

// over reports whether a deadline has come.
func (c *clock) over(by int64) bool { return by != 0 && by <= int64(time.Since(c.start)) }

func (c *clock) add(conn *limitedConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns[conn] = struct{}{}
	if !c.runs {
		c.runs = true
		c.now.Store(max(int64(time.Since(c.start)), 1))
		go c.run()
	}
}

func (c *clock) remove(conn *limitedConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.conns, conn)
}

func (c *clock) run() {
	ticker := time.NewTicker(tickEvery)
	defer ticker.Stop()
	for range ticker.C {
		if !c.tick() {
			return
		}
	}
}

// tick reports false when there is nothing to tick for, and has then stopped.
func (c *clock) tick() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := int64(time.Since(c.start))
	c.now.Store(now)
	for conn := range c.conns {
		conn.tick(now)
	}
	c.runs = len(c.conns) > 0
	return c.runs
}
