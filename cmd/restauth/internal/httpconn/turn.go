package httpconn

import (
	"net"
	"time"
)

const (
	// manyHandlers is how many of one address's may run before its next frames wait.
	manyHandlers = 4
	// breath is how long they do, again and again up to mostBreaths.
	breath      = time.Millisecond
	mostBreaths = 5
	// slowed is how long an address waits mostBreaths each time after one of its
	// connections had to be ended, or a header was large.
	slowed = 5 * time.Second
)

// turns has the connections of one address take turns where they cost processor time that
// nobody has asked for yet: in their handshakes, and while frames of HTTP/2 are read.
// However many there are, they so keep one processor busy at most and stand in nobody's
// way. A turn lasts from the moment in which something has come to the moment in which more
// is wanted.
type turns chan struct{}

// takesTurn waits for the connection's turn. It fails when the connection is closed by
// then: whoever closed it has found no turn to give back.
func (c *limitedConn) takesTurn() error {
	t := c.secure.turns
	if t == nil {
		return nil
	}
	t <- struct{}{}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		<-t
		return net.ErrClosed
	}
	c.secure.hasTurn = true
	return nil
}

// breathe waits a little, in the connection's turn, while what its address sent before
// keeps the processors busy.
func (c *limitedConn) breathe() {
	if c.secure.turns == nil {
		return
	}
	for range mostBreaths { // and not for ever: logins may wait for long
		if c.address.handlers.Load() < manyHandlers && c.address.slowUntil.Load() <= c.clock.about() {
			return
		}
		time.Sleep(breath)
	}
}

// slowDown is for an address one of whose connections has to be ended, as it will make
// another, or that sends large headers. Nobody else is to notice.
func (c *limitedConn) slowDown() { c.address.slowUntil.Store(c.clock.about() + int64(slowed)) }

// leavesTurn gives it back, where the connection has it.
func (c *limitedConn) leavesTurn() {
	if c.secure == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.giveTurn()
}

// giveTurn wants the lock.
func (c *limitedConn) giveTurn() {
	if c.secure != nil && c.secure.hasTurn {
		c.secure.hasTurn = false
		<-c.secure.turns
	}
}
