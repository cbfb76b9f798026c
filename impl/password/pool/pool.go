package pool

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/restauth/restauth/impl/password/gate"
)

// Config says how a Pool hashes.
type Config struct {
	// Slots is how many cores hash, the number there is when 0: for each there are
	// two operating system threads, one for hashes that interleave and one for others.
	Slots int
	// Niceness is how far the hashing threads stand back behind all others, 0
	// to 19 as in nice(1). It has an effect on Linux only.
	Niceness int
	// Child, if not empty, is how this program, started once more with these
	// arguments and what the pool appends, comes to call [ServeChild]. Hashing
	// then goes on in that process, as far back as can be, or at Niceness while
	// the machine is so busy that it would stand still; it starts with the first
	// job and ends a minute after the last. Linux only; elsewhere, and
	// where it cannot be started, hashing goes on in this process.
	Child []string
	// Quota, if not nil, is how much processor time this process and the hashing process
	// may take together, as a container's limit is. It is asked often while passwords are
	// hashed, and may change. The hashing process then takes what this one leaves of it.
	Quota func() Quota
	// Periods, if not nil, is how many periods of a Quota the kernel has counted in a
	// group, or false where that cannot be read. From it the pool learns when they begin,
	// without which it leaves more of the quota unused.
	Periods func(group string) (uint64, bool)
	// Memory is what the hashing process should keep within, garbage included, in
	// bytes; 0 does not say.
	Memory int64
	// Logger is told when that does not go as it should; nil tells nobody.
	Logger *slog.Logger
}

// Pool is a gate.Executor on operating system threads.
type Pool struct {
	slots    int
	niceness int
	done     func(*gate.Job, gate.Outcome) // set once, by Start
	children *children                     // mu; nil: all is hashed in this process

	mu    sync.Mutex
	desks []desk // mu; by slot
	over  []end  // mu; what is to be handed over without it
}

// desk is where a slot's runs lie until somebody takes them.
type desk struct {
	waiting []*run
	works   bool   // a thread of this process does
	live    []*run // what that has taken
}

// end is what came of a run.
type end struct {
	job     *gate.Job
	outcome gate.Outcome
}

// New returns a Pool, or an error that names the bound that cannot be.
func New(cfg Config) (*Pool, error) {
	if cfg.Slots == 0 {
		cfg.Slots = runtime.GOMAXPROCS(0)
	}
	switch {
	case cfg.Slots < 0:
		return nil, errors.New("pool: there are less than no slots")
	case cfg.Niceness < 0 || cfg.Niceness > 19:
		return nil, errors.New("pool: the niceness is not from 0 to 19")
	}
	p := &Pool{slots: cfg.Slots, niceness: cfg.Niceness, desks: make([]desk, threads(cfg.Slots))}
	if len(cfg.Child) > 0 && canStartChildren {
		p.children = newChildren(p, cfg)
		p.children.learnPeriod(time.Now())
	}
	return p, nil
}

// NewGate returns a gate on a pool of its own, or an error that names the bound that
// cannot be.
func NewGate(cfg Config, bounds gate.Config) (*gate.Gate, error) {
	p, err := New(cfg)
	if err != nil {
		return nil, err
	}
	g, err := gate.New(bounds, p)
	if err != nil {
		return nil, fmt.Errorf("pool: %w", err)
	}
	return g, nil
}

// threads is how many so many slots have: of either kind one each, and two more for those
// that run one job to its end.
func threads(slots int) int { return 2*slots + 2 }

// Start is gate.Executor's.
func (p *Pool) Start(done func(*gate.Job, gate.Outcome)) { p.done = done }

// Slots is gate.Executor's.
func (p *Pool) Slots() int { return p.slots }

// Run is gate.Executor's.
func (p *Pool) Run(slot int, j *gate.Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := newRun(j)
	p.desks[slot].waiting = append(p.desks[slot].waiting, r)
	p.recruit(slot)
}

// GiveUp is gate.Executor's. A job is wherever a run is: on its desk, with a thread of
// this process, or with a child.
func (p *Pool) GiveUp(slot int, j *gate.Job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := &p.desks[slot]
	is := func(r *run) bool { return r.of == j }
	if i := slices.IndexFunc(d.waiting, is); i >= 0 {
		d.waiting = slices.Delete(d.waiting, i, i+1)
		p.over = append(p.over, end{job: j})
		go p.handOver()
	} else if i := slices.IndexFunc(d.live, is); i >= 0 {
		d.live[i].gone.Store(true)
	} else if p.children != nil {
		p.children.giveUp(slot, j)
	}
}

// Pace is gate.Executor's.
func (p *Pool) Pace() float64 {
	if p.children == nil {
		return 1
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return min(p.children.pace.of(), p.children.quota.part(p.slots))
}

// Close ends the hashing process, if there is one. What it had under way, and
// what is run later, is hashed in this process.
func (p *Pool) Close() {
	if p.children != nil {
		p.children.close()
	}
}

// recruit sees to it that somebody looks at a desk: the hashing process, or
// where there is none a thread of this one, which ends when nothing lies there:
// starting one takes less than a hundredth of a usual hash.
func (p *Pool) recruit(slot int) {
	d := &p.desks[slot]
	if len(d.waiting) == 0 || p.children != nil && p.children.recruit(slot) || d.works {
		return
	}
	d.works = true
	go func() {
		standBack(p.niceness)
		w := &worker{from: &local{p, slot}, quantum: quantum}
		w.run()
	}()
}

// recruitAll is recruit for what nobody may have looked at yet.
func (p *Pool) recruitAll() {
	for slot := range p.desks {
		p.recruit(slot)
	}
}

// unlock unlocks, then hands over what is done.
func (p *Pool) unlock() {
	over := p.over
	p.over = nil
	p.mu.Unlock()
	for _, e := range over {
		p.done(e.job, e.outcome)
	}
}

// handOver is for who holds the gate's lock: another goroutine calls it.
func (p *Pool) handOver() {
	p.mu.Lock()
	p.unlock()
}

// take is the next run that lies on a desk for who holds so many that interleave, or nil.
func (d *desk) take(live int) *run {
	i := slices.IndexFunc(d.waiting, func(r *run) bool { return r.fits(live) })
	if i < 0 {
		return nil
	}
	r := d.waiting[i]
	d.waiting = slices.Delete(d.waiting, i, i+1)
	return r
}

// local is the dispatcher of a thread of this process.
type local struct {
	pool *Pool
	slot int
}

func (l *local) take(live int) *run {
	p := l.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	d := &p.desks[l.slot]
	if p.children == nil || p.children.now == nil {
		if r := d.take(live); r != nil {
			d.live = append(d.live, r)
			return r
		}
	} // Else a child has taken over, and this thread ends what it has.
	if live == 0 {
		d.works = false
	}
	return nil
}

func (l *local) charge(runs []*run, each time.Duration) {
	for _, r := range runs {
		r.cost += each
	}
}

func (l *local) finish(r *run, outcome gate.Outcome) {
	outcome.Took = r.cost
	p := l.pool
	p.mu.Lock()
	d := &p.desks[l.slot]
	i := slices.Index(d.live, r)
	d.live = slices.Delete(d.live, i, i+1)
	p.mu.Unlock()
	p.done(r.of, outcome)
}
