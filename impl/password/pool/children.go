package pool

import (
	"errors"
	"log/slog"
	"time"

	"github.com/restauth/restauth/impl/password/gate"
)

const (
	// farthestBack is one more than there are nicenesses: the last of them, in
	// short slices where the kernel knows such.
	farthestBack = 20

	// childLinger is how long a child stays without anything to do.
	childLinger = time.Minute
	// mostDeaths in a row, without one verification between them, are taken for
	// a system that lets no child live.
	mostDeaths = 3
	// childPause is how long then, or after a failed start, no other is tried.
	childPause = time.Minute
)

// ErrEnded is the outcome of verifications that two hashing processes ended over.
// Whoever asks again may be luckier: it says nothing of the password.
var ErrEnded = errors.New("pool: the hashing process ended")

// children runs a Pool's jobs in processes of their own: one, and for a moment
// two while it changes their priority. The pool's lock guards it.
type children struct {
	pool     *Pool
	args     []string
	env      []string // what a child has beside what all have
	log      *slog.Logger
	now      *child // gets the runs; nil before the first and after the last
	others   []*child
	starting bool
	closed   bool
	raised   raising
	pace     pace
	quota    quota
	deaths   int       // in a row
	paused   time.Time // until then none is started
	trouble  trouble
}

func newChildren(p *Pool, cfg Config) *children {
	log := cfg.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &children{pool: p, args: cfg.Child, env: memoryLimit(cfg.Memory), log: log, quota: quota{of: cfg.Quota, period: period{passed: cfg.Periods}}, trouble: trouble{log: log, calm: calm}}
}

// recruit has the child look at a desk. It reports false when there is none
// and will be none.
func (cs *children) recruit(slot int) bool {
	if cs.closed {
		return false
	}
	if cs.now != nil {
		cs.now.seats[slot].signal()
		return true
	}
	if cs.starting {
		return true
	}
	if time.Now().Before(cs.paused) {
		return false
	}
	cs.starting = true
	go cs.start(cs.priority())
	return true
}

// giveUp tells whoever has a job that nobody waits for it.
func (cs *children) giveUp(slot int, j *gate.Job) {
	for _, c := range cs.all() {
		s := c.seats[slot]
		for id, r := range s.live {
			if r.of == j {
				r.gone.Store(true)
				go s.giveUp(id)
			}
		}
	}
}

// start starts a child and stays with it until it has ended.
func (cs *children) start(niceness int) {
	p, err := startProcess(cs.args, threads(cs.pool.slots), niceness, cs.env...)
	if !cs.started(p, niceness, err) {
		return
	}
	err = p.wait()
	cs.pool.mu.Lock()
	defer cs.pool.unlock()
	cs.ended(p, err)
}

// started reports whether there is a process to wait for.
func (cs *children) started(p *process, niceness int, err error) bool {
	all := cs.pool
	all.mu.Lock()
	defer all.unlock()
	cs.starting = false
	if err != nil {
		cs.pause("the process that checks passwords cannot be started; checking them in this one", err)
		cs.pool.recruitAll()
		return false
	}
	c := newChild(cs, p, niceness)
	switch {
	case cs.closed:
		cs.others = append(cs.others, c)
		c.kill()
	case niceness != cs.priority(): // It has changed meanwhile.
		cs.others = append(cs.others, c)
		c.kill()
		cs.pool.recruitAll()
	default:
		cs.now = c
		c.open()
		cs.pool.recruitAll()
	}
	return true
}

// ended clears away after a process that is no more.
func (cs *children) ended(p *process, err error) {
	for _, c := range cs.all() {
		if c.process == p {
			c.lose(err)
			cs.forget(c)
		}
	}
	cs.pool.recruitAll()
}

// all is every child that may have runs.
func (cs *children) all() []*child {
	if cs.now == nil {
		return cs.others
	}
	return append([]*child{cs.now}, cs.others...)
}

// forget is for a child that gets no more runs.
func (cs *children) forget(c *child) {
	if cs.now == c {
		cs.now = nil
	}
	for i, other := range cs.others {
		if other == c {
			cs.others = append(cs.others[:i:i], cs.others[i+1:]...)
			return
		}
	}
}

// replace ends a child whose runs are begun anew in another. The error is that of
// lose.
func (cs *children) replace(c *child, err error) {
	c.lose(err)
	cs.forget(c)
	cs.others = append(cs.others, c)
	c.kill()
	cs.pool.recruitAll()
}

// retire lets a child end what it has and nothing more.
func (cs *children) retire(c *child) {
	if cs.now != c {
		return
	}
	cs.now = nil
	cs.others = append(cs.others, c)
	c.retired = true
	if c.runs == 0 {
		c.kill()
	}
}

// died counts a child's death that nobody wanted.
func (cs *children) died(err error, runs int) {
	cs.trouble.lost("the process that checks passwords ended; another takes its place", runs, "error", err)
	if cs.deaths++; cs.deaths >= mostDeaths {
		cs.deaths = 0
		cs.pause("the process that checks passwords keeps ending; checking them in this one", err)
	}
}

// pause goes on without children for a while.
func (cs *children) pause(message string, err error) {
	cs.paused = time.Now().Add(childPause)
	cs.trouble.givenUp(message, err)
}

// served is a verification that a child has done.
func (cs *children) served() {
	cs.deaths = 0
	cs.trouble.served(func() {
		cs.pool.mu.Lock()
		defer cs.pool.unlock()
		cs.trouble.end()
	})
}

// close ends all children for good and waits a little until they have ended.
func (cs *children) close() {
	p := cs.pool
	p.mu.Lock()
	cs.closed = true
	cs.trouble.again() // Nobody is told any more.
	ending := cs.all()
	for _, c := range ending {
		c.lose(nil)
		c.kill()
	}
	p.recruitAll()
	p.unlock()
	late := time.After(time.Second)
	for _, c := range ending {
		select {
		case <-c.process.done:
		case <-late:
			return
		}
	}
}

// book brings the runs' costs up to date.
func (cs *children) book() {
	if cs.now != nil {
		cs.now.book()
	}
	for _, c := range cs.others {
		c.book()
	}
}
