package httpconn

import (
	"net"
	"time"
)

const (
	// manyHandlers is how many of one address's may run before its next frames wait.
	manyHandlers = 16
	// breath is how long they do, again and again up to mostBreaths.
	breath      = time.Millisecond
	mostBreaths = 5
	// slowed is how long an address waits mostBreaths in each turn after one of its
	// connections had to be ended.
	slowed = 5 * time.Second
	// ahead is how much longer than its pauses the turns of an address may last together
	// before it pauses for as long: a flood so leaves processors idle, and an idle one
	// sees at once what has come for others.
	ahead = time.Millisecond
)

// turns has the connections of one address take turns where they cost processor time that
// nobody has asked for yet: in their handshakes, and while frames of HTTP/2 are read.
// However many there are, they so keep one processor busy at most and stand in nobody's
// way. A turn lasts from the moment in which something has come to the moment in which more
// is wanted.
type turns chan struct{}

// pauses are an address's between its turns; whoever has the turn has these.
type pauses struct {
	began, ended time.Time     // the latest turn
	due          time.Duration // by how much turns have lasted longer than pauses
}

// begins is how long the next turn has to wait.
func (p *pauses) begins(now time.Time) (wait time.Duration) {
	if p.due -= now.Sub(p.ended); p.due > ahead {
		wait = p.due
	}
	p.due = max(p.due-wait, 0)
	p.began = now.Add(wait)
	return wait
}

func (p *pauses) ends(now time.Time) {
	p.due += max(now.Sub(p.began), 0)
	p.ended = now
}

// takesTurn waits for the connection's turn. It fails when the connection is closed by
// then: whoever closed it has found no turn to give back.
func (c *limitedConn) takesTurn() error {
	t := c.secure.turns
	if t == nil {
		return nil
	}
	t <- struct{}{}
	for range mostBreaths { // and not for ever: logins may wait for long
		if c.address.handlers.Load() < manyHandlers && c.address.slowUntil.Load() <= c.clock.about() {
			break
		}
		time.Sleep(breath)
	}
	if wait := c.address.pauses.begins(time.Now()); wait > 0 {
		time.Sleep(wait)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		<-t // The pause counts as its turn.
		return net.ErrClosed
	}
	c.secure.hasTurn = true
	return nil
}

// slowDown is for an address one of whose connections has to be ended. It will make
// another, and nobody else is to notice.
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
		c.address.pauses.ends(time.Now())
		<-c.secure.turns
	}
}
