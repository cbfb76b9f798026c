package password

import (
	"fmt"
	"time"
)

// child is a process that hashes, as its Gate sees it. The gate's lock guards
// it.
type child struct {
	all      *children
	process  *process
	niceness int
	seats    []*seat
	tasks    int           // under way
	used     time.Time     // when it last had one
	booked   time.Duration // until what processor time of it the tasks' costs are
	retired  bool          // it gets no more
	lost     bool          // and what it had has gone elsewhere
	killed   bool          // we ended it
	linger   *time.Timer
	watch    watch
}

func newChild(cs *children, p *process, niceness int) *child {
	c := &child{all: cs, process: p, niceness: niceness, used: time.Now()}
	for _, conn := range p.conns {
		c.seats = append(c.seats, newSeat(c, conn))
	}
	return c
}

// open begins to give it tasks.
func (c *child) open() {
	for _, s := range c.seats {
		go s.pump()
		go s.read()
	}
	c.linger = time.AfterFunc(childLinger, c.endIdle)
}

// endIdle retires a child that has had nothing to do for long enough.
func (c *child) endIdle() {
	c.all.gate.mu.Lock()
	defer c.all.gate.mu.Unlock()
	left := childLinger - time.Since(c.used)
	if c.tasks > 0 {
		left = childLinger
	}
	if left > 0 {
		c.linger.Reset(left)
		return
	}
	c.all.retire(c)
}

// recruit wakes the seat that has least to do.
func (c *child) recruit() {
	var least *seat
	for _, s := range c.seats {
		if s.whole == nil && (least == nil || len(s.live) < len(least.live)) {
			least = s
		}
	}
	if least != nil {
		least.signal()
	}
}

// kill ends the process; its end is then no surprise. What it still has is
// lost.
func (c *child) kill() {
	c.killed = true
	if c.linger != nil {
		c.linger.Stop()
	}
	for _, s := range c.seats {
		s.close()
	}
	c.process.kill()
}

// lose takes what a process had that has ended, or will be. Each task is begun
// anew, but only once after a death: it may have been the reason. A nil error
// is a death that it cannot be the reason of.
func (c *child) lose(err error) {
	if c.lost {
		return
	}
	c.lost, c.retired = true, true
	g := c.all.gate
	g.children.book()
	if c.linger != nil {
		c.linger.Stop()
	}
	died := err != nil && !c.killed
	if died {
		c.all.died(err, c.tasks)
	}
	for _, s := range c.seats {
		s.close()
		left := s.leave()
		c.tasks -= len(left)
		for _, t := range left {
			switch {
			case t.gone.Load():
				g.end(t, outcome{})
			case died && t.retried:
				c.all.trouble.refused++
				g.end(t, outcome{err: fmt.Errorf("%w: %w", ErrEnded, err)})
			default:
				t.retried = t.retried || died
				g.again(t)
			}
		}
	}
}

// fail ends a child that does not keep to what was agreed.
func (c *child) fail(err error) {
	g := c.all.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if !c.lost {
		c.all.replace(c, err)
	}
}

// book charges the tasks with what the child had since it last did, each of its
// threads that was at work with as much as the others.
func (c *child) book() {
	busy := 0
	for _, s := range c.seats {
		if s.busy() {
			busy++
		}
	}
	cpu := c.process.cpuTime()
	took := max(cpu-c.booked, 0) // It may have ended.
	c.booked = cpu
	for _, s := range c.seats {
		if s.busy() {
			s.charge(took / time.Duration(busy))
		}
	}
}
