package pool

import (
	"fmt"
	"slices"
	"time"

	"github.com/restauth/restauth/impl/password/gate"
)

// child is a process that hashes, as its Pool sees it, whose lock guards it.
type child struct {
	all      *children
	process  *process
	niceness int
	seats    []*seat
	runs     int           // under way
	used     time.Time     // when it last had one
	booked   time.Duration // until what processor time of it the runs' costs are
	retired  bool          // it gets no more
	lost     bool          // and what it had has gone elsewhere
	killed   bool          // we ended it
	held     bool          // we stopped it for a moment
	spent    time.Duration // until what processor time of it the quota was charged
	linger   *time.Timer
	watch    watch
}

func newChild(cs *children, p *process, niceness int) *child {
	c := &child{all: cs, process: p, niceness: niceness, used: time.Now()}
	for slot, conn := range p.conns {
		c.seats = append(c.seats, newSeat(c, slot, conn))
	}
	return c
}

// open begins to give it runs.
func (c *child) open() {
	for _, s := range c.seats {
		go s.pump()
		go s.read()
	}
	c.linger = time.AfterFunc(childLinger, c.endIdle)
}

// endIdle retires a child that has had nothing to do for long enough.
func (c *child) endIdle() {
	c.all.pool.mu.Lock()
	defer c.all.pool.unlock()
	left := childLinger - time.Since(c.used)
	if c.runs > 0 {
		left = childLinger
	}
	if left > 0 {
		c.linger.Reset(left)
		return
	}
	c.all.retire(c)
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

// lose takes what a process had that has ended, or will be. Each run is begun
// anew, but only once after a death: it may have been the reason. A nil error
// is a death that it cannot be the reason of.
func (c *child) lose(err error) {
	if c.lost {
		return
	}
	c.lost, c.retired = true, true
	p := c.all.pool
	c.all.book()
	if c.linger != nil {
		c.linger.Stop()
	}
	died := err != nil && !c.killed
	if died {
		c.all.died(err, c.runs)
	}
	for _, s := range c.seats {
		s.close()
		left := s.leave()
		c.runs -= len(left)
		for _, r := range left {
			switch {
			case r.gone.Load():
				p.over = append(p.over, end{job: r.of})
			case died && r.retried:
				c.all.trouble.refused++
				p.over = append(p.over, end{r.of, gate.Outcome{Err: fmt.Errorf("%w: %w", ErrEnded, err)}})
			default:
				r.retried, r.cost = r.retried || died, 0
				d := &p.desks[s.slot]
				d.waiting = slices.Insert(d.waiting, 0, r)
			}
		}
	}
}

// fail ends a child that does not keep to what was agreed.
func (c *child) fail(err error) {
	p := c.all.pool
	p.mu.Lock()
	defer p.unlock()
	if !c.lost {
		c.all.replace(c, err)
	}
}

// book charges the runs with what the child had since it last did, each of its
// threads that was at work with as much as the others.
func (c *child) book() {
	busy := c.busy()
	cpu := c.process.cpuTime()
	took := max(cpu-c.booked, 0) // It may have ended.
	c.booked = cpu
	for _, s := range c.seats {
		if len(s.live) > 0 {
			s.charge(took / time.Duration(busy))
		}
	}
}
