package httpconn

import (
	"errors"
	"time"
)

// SetDeadline implements net.Conn.
func (c *limitedConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn. A time that is over ends a read under
// way at once, which is how net/http ends its watch; any other waits for the
// clock.
func (c *limitedConn) SetReadDeadline(t time.Time) error {
	by, over := c.clock.at(t)
	c.readBy.Store(by)
	if over {
		return c.abort()
	}
	if c.late.Load() {
		return c.disarm()
	}
	return nil
}

func (c *limitedConn) abort() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.late.Store(true)
	c.aborted = true
	if c.watch == waiting || c.watch == ticked {
		c.wake.Signal()
		return nil
	}
	if c.watch == notWatching && c.handling.Load() {
		return nil // It has not begun, and will not.
	}
	c.armed = true
	return c.Conn.SetReadDeadline(past())
}

func (c *limitedConn) disarm() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.late.Store(false)
	c.aborted = false
	if !c.armed {
		return nil
	}
	c.armed = false
	return c.Conn.SetReadDeadline(time.Time{})
}

// overdue reports whether reads are to end, by net/http's word.
func (c *limitedConn) overdue() bool {
	c.mu.Lock()
	aborted := c.aborted
	c.mu.Unlock()
	return aborted || c.clock.over(c.readBy.Load())
}

// SetWriteDeadline implements net.Conn.
func (c *limitedConn) SetWriteDeadline(t time.Time) error {
	by, over := c.clock.at(t)
	if over {
		by = 1 // long ago, by any clock that has ticked
	}
	c.writeBy.Store(by)
	return nil
}

// tick is called by the clock.
func (c *limitedConn) tick(now int64) {
	if by := c.writeBy.Load(); by != 0 && by <= now && c.writing.Load() {
		_ = c.Conn.SetWriteDeadline(past()) // Of a closed connection it fails, rightly.
	}
	by := c.readBy.Load()
	overdue := by != 0 && by <= now
	if !overdue && !c.handling.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if overdue && c.readBy.Load() == by {
		c.late.Store(true)
		c.armed = true
		_ = c.Conn.SetReadDeadline(past())
	}
	switch c.watch {
	case waiting:
		c.watch = ticked
	case ticked:
		c.watch = reading
		c.wake.Signal()
	default:
	}
}
