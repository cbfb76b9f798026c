package password

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/restauth/restauth/impl/password/internal/pbkdf2"
)

// LeastMemoryLimit is the least [GateConfig] may set: the most that one hash
// [Parse] lets through needs, so that each can be verified.
const LeastMemoryLimit = maxArgon2Memory << 10

// Defaults of [GateConfig].
const (
	DefaultQueueLimit  = 128
	DefaultMaxWait     = time.Second
	DefaultMemoryLimit = 256 << 20
)

// GateConfig bounds what verifying passwords may take of the machine.
type GateConfig struct {
	// Slots is how many operating system threads hash at once, the number of
	// cores when 0. Each runs up to 16 hashes of pbkdf2:sha256 together, or one
	// of any other method.
	Slots int
	// QueueLimit is how many verifications may wait, DefaultQueueLimit when 0.
	QueueLimit int
	// MaxWait is how long one may wait before it begins, DefaultMaxWait when 0.
	MaxWait time.Duration
	// MemoryLimit is in bytes: what the hashes under way may allocate together,
	// DefaultMemoryLimit when 0. What they leave to the garbage collector is
	// not counted; the library has no way to use its buffers again.
	MemoryLimit int64
	// Niceness is how far the hashing threads stand back behind all others, 0
	// to 19 as in nice(1). It has an effect on Linux only.
	Niceness int
}

// Gate verifies passwords within its share of the machine. What it cannot
// begin soon it refuses at once. Where others wait, one address or one account
// cannot take the whole queue: whoever has asked for less goes first, and a
// full queue sheds the latest of whoever has most in it. It is safe for
// concurrent use; while nothing is verified it has no threads.
type Gate struct {
	slots       int
	queueLimit  int
	maxWait     time.Duration
	memoryLimit int64
	niceness    int

	mu      sync.Mutex
	queue   queue
	costs   costs
	running map[*task]struct{}
	workers int   // threads at work, at most slots
	lanes   int   // running tasks that interleave
	memory  int64 // bytes the running tasks need
}

// Client says on whose behalf a password is verified. Both are opaque keys;
// "" is a key like any other.
type Client struct{ Address, Account string }

// BusyError says that a verification was not begun.
type BusyError struct {
	// RetryAfter is when what is waiting now will have been done.
	RetryAfter time.Duration
	// OneClient: the client's own address or account has more than its share
	// of the queue.
	OneClient bool
}

func (e *BusyError) Error() string {
	if e.OneClient {
		return "password: too many verifications at once for one client"
	}
	return "password: too many verifications at once"
}

// NewGate returns a Gate, or an error that names the bound that cannot be.
func NewGate(cfg GateConfig) (*Gate, error) {
	if cfg.Slots == 0 {
		cfg.Slots = runtime.GOMAXPROCS(0)
	}
	if cfg.QueueLimit == 0 {
		cfg.QueueLimit = DefaultQueueLimit
	}
	if cfg.MaxWait == 0 {
		cfg.MaxWait = DefaultMaxWait
	}
	if cfg.MemoryLimit == 0 {
		cfg.MemoryLimit = DefaultMemoryLimit
	}
	switch {
	case cfg.Slots < 0 || cfg.QueueLimit < 0 || cfg.MaxWait < 0:
		return nil, errors.New("password: a gate's bound is negative")
	case cfg.MemoryLimit < LeastMemoryLimit:
		return nil, fmt.Errorf("password: a gate's memory limit is under %d bytes, which one hash may need", LeastMemoryLimit)
	case cfg.Niceness < 0 || cfg.Niceness > 19:
		return nil, errors.New("password: a gate's niceness is not from 0 to 19")
	}
	return &Gate{
		slots: cfg.Slots, queueLimit: cfg.QueueLimit, maxWait: cfg.MaxWait,
		memoryLimit: cfg.MemoryLimit, niceness: cfg.Niceness,
		queue:   newQueue(),
		costs:   make(costs),
		running: make(map[*task]struct{}),
	}, nil
}

// Slots is how many threads may hash at once. A program that wants its other
// work undisturbed gives Go's scheduler that many processors more.
func (g *Gate) Slots() int { return g.slots }

// Verify is h.Verify within the gate's bounds. The error is a [*BusyError], at
// once or after at most MaxWait, or ctx's when that ends first; what was under
// way for it is then given up as soon as can be.
func (g *Gate) Verify(ctx context.Context, h Hash, password string, client Client) (bool, error) {
	if h.scheme == nil {
		return false, nil
	}
	t := newTask(h, password, client)
	if err := g.admit(t); err != nil {
		return false, err
	}
	late := time.NewTimer(g.maxWait)
	defer late.Stop()
	for {
		select {
		case end := <-t.done:
			return end.match, end.err
		case <-ctx.Done():
			g.abandon(t)
			return false, ctx.Err()
		case <-late.C:
			g.expire(t) // Then done has the refusal, unless it had begun.
		}
	}
}

// Refuses returns the *BusyError that Verify would return at once for such a
// hash, nil when it would begin or wait. It lets a caller that has something to
// look up first save the trouble.
func (g *Gate) Refuses(h Hash, client Client) error {
	if h.scheme == nil {
		return nil
	}
	t := newTask(h, "", client)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue.tag(t)
	if _, refused := g.place(t); refused != nil {
		return refused
	}
	return nil
}

// place finds a tagged task a place in the queue: a free one, or that of the
// task it returns.
func (g *Gate) place(t *task) (insteadOf *task, refused *BusyError) {
	if g.wait(t) > g.maxWait {
		return nil, g.refusal(t)
	}
	if len(g.queue.waiting) < g.queueLimit {
		return nil, nil
	}
	if heaviest := g.queue.heavierThan(t); heaviest != nil {
		return heaviest, nil
	}
	return nil, g.refusal(t)
}

// admit puts a task into the queue and sees to it that somebody works.
func (g *Gate) admit(t *task) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue.tag(t)
	insteadOf, refused := g.place(t)
	if refused != nil {
		return refused
	}
	if insteadOf != nil {
		g.drop(insteadOf, g.refusal(insteadOf))
	}
	g.queue.push(t)
	g.recruit()
	return nil
}

// wait is how long the task would wait if all goes on as it did.
func (g *Gate) wait(t *task) time.Duration {
	ahead := g.underWay()
	for _, other := range g.queue.waiting {
		if other.tag <= t.tag {
			ahead += g.costs.of(other)
		}
	}
	return ahead / time.Duration(g.slots)
}

// underWay is the work left of the running tasks.
func (g *Gate) underWay() (left time.Duration) {
	for t := range g.running {
		left += max(0, g.costs.of(t)-t.cost)
	}
	return left
}

func (g *Gate) refusal(t *task) *BusyError {
	all := g.underWay()
	for _, waiting := range g.queue.waiting {
		all += g.costs.of(waiting)
	}
	return &BusyError{RetryAfter: all / time.Duration(g.slots), OneClient: g.queue.overShare(t)}
}

// recruit starts a thread when one more may work than do. Threads end when
// nothing waits: starting one takes less than a hundredth of a usual hash.
func (g *Gate) recruit() {
	if g.workers < g.slots && len(g.queue.waiting) > 0 {
		g.workers++
		go g.work()
	}
}

// drop ends a waiting task.
func (g *Gate) drop(t *task, err error) {
	g.queue.remove(t)
	g.queue.leave(t)
	t.done <- outcome{err: err}
}

// abandon ends a task nobody waits for any more.
func (g *Gate) abandon(t *task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, running := g.running[t]; running {
		t.gone.Store(true)
		return
	}
	if g.queue.holds(t) {
		g.drop(t, nil)
	}
}

// expire refuses a task that has waited for too long.
func (g *Gate) expire(t *task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.queue.holds(t) {
		g.drop(t, g.refusal(t))
	}
}

// shed refuses, now and not when their time is up, tasks that a cost just
// learnt shows to be too late.
func (g *Gate) shed() {
	ahead := g.underWay()
	for _, t := range slices.Clone(g.queue.waiting) {
		if time.Since(t.arrived)+ahead/time.Duration(g.slots) > g.maxWait {
			g.drop(t, g.refusal(t))
			continue
		}
		ahead += g.costs.of(t)
	}
}

// take gives a worker that holds so many interleaving tasks one more task. Nil
// means that there is none for it now; with none of its own it must then end,
// as it has been counted out.
func (g *Gate) take(live int, whole bool) *task {
	g.mu.Lock()
	defer g.mu.Unlock()
	share := g.share()
	t := g.queue.next(func(t *task) bool {
		if t.shares {
			return live < share
		}
		return whole && g.memory+t.memory <= g.memoryLimit
	})
	if t == nil {
		if live == 0 {
			g.workers--
		}
		return nil
	}
	g.queue.serve(t)
	g.running[t] = struct{}{}
	g.memory += t.memory
	if t.shares {
		g.lanes++
	}
	return t
}

// share is how many interleaving tasks one worker should hold: as many as each
// of the others, for two cores with four tasks each are done sooner than one
// with eight.
func (g *Gate) share() int {
	wanted := g.lanes
	for _, t := range g.queue.waiting {
		if t.shares {
			wanted++
		}
	}
	return min(pbkdf2.Lanes(), (wanted+g.slots-1)/g.slots)
}

// charge books a worker's time on the tasks it went into.
func (g *Gate) charge(tasks []*task, each time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range tasks {
		t.cost += each
	}
}

// finish hands over what came of a running task.
func (g *Gate) finish(t *task, end outcome) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.running, t)
	g.queue.leave(t)
	g.memory -= t.memory
	if t.shares {
		g.lanes--
	}
	t.done <- end
	if !t.gone.Load() {
		g.costs.learn(t)
		g.shed()
	}
	g.recruit() // Memory that was short may be there now.
}
