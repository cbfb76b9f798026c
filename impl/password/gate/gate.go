package gate

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/restauth/restauth/impl/password"
)

// LeastMemoryLimit is the least [Config] may set: the most that one hash
// [password.Parse] lets through needs, so that each can be verified.
const LeastMemoryLimit = password.MostMemory

// Defaults of [Config].
const (
	DefaultQueueLimit  = 128
	DefaultMaxWait     = time.Second
	DefaultMemoryLimit = 256 << 20
)

// Config bounds what verifying passwords may take of the machine.
type Config struct {
	// QueueLimit is how many verifications may wait, DefaultQueueLimit when 0. The
	// known have a quarter as many more places that strangers never take.
	QueueLimit int
	// MaxWait is how long one may have to wait before it begins, DefaultMaxWait
	// when 0: who would have to wait longer is refused at once. Who was admitted
	// is served, unless the machine became so slow that five times that passed.
	MaxWait time.Duration
	// MemoryLimit is in bytes: what the hashes under way may allocate together,
	// DefaultMemoryLimit when 0. What they leave to the garbage collector is
	// not counted; the library has no way to use its buffers again.
	MemoryLimit int64
}

// Executor hashes. The Gate tells it what and where; Run and GiveUp are called with
// the Gate's lock held and neither wait nor call back.
type Executor interface {
	// Start is called once, before all else: done is for what came of each job, and
	// is called without any lock that Run or GiveUp take.
	Start(done func(*Job, Outcome))
	// Slots is how many threads of either kind there are. Those that interleave are
	// slots 0 to n-1, and each may be given one job more than the kernel has lanes.
	// Those that run one job to its end are slots n to 2n+1, two more than n. One job
	// of each kind at a time has a place of its own: one lane beyond all, the last slot.
	Slots() int
	// Run begins a job in a slot.
	Run(slot int, j *Job)
	// GiveUp says that nobody waits for a job any more: done is called as soon as can be.
	GiveUp(slot int, j *Job)
	// Pace is what a thread with something to do got of a core lately, over 0 and up
	// to 1.
	Pace() float64
	// Close ends what goes on beside this process. Jobs are run nevertheless.
	Close()
}

// Job is a password that is verified against a hash.
type Job struct {
	Hash     password.Hash
	Password string
	// Own: it has a place beyond those of its slot, so that no other makes it wait.
	Own bool
}

// Outcome is what came of a Job.
type Outcome struct {
	Match bool
	Err   error         // the hashing failed
	Took  time.Duration // of a processor; it counts only without an error
}

// Gate verifies passwords within its share of the machine. What it cannot
// begin soon it refuses at once. Where others wait, one address or one account
// cannot take the whole queue: whoever has asked for less goes first, and a
// full queue sheds the latest of whoever has most in it. It is safe for
// concurrent use; while nothing is verified it does nothing.
type Gate struct {
	slots       int             // for New only
	queueLimit  int             // for New only
	maxWait     time.Duration   // for New only
	memoryLimit int64           // for New only
	kernel      password.Kernel // for New only
	executor    Executor        // has a lock of its own
	opened      time.Time       // for New only; the Gate's clock counts from it

	mu      sync.Mutex
	queue   queue          // mu
	costs   costs          // mu
	levels  levels         // mu
	running map[*Job]*task // mu
	seats   []seat         // mu; by slot
	own     [kinds]*task   // mu; what the known have in the places of their own
	memory  int64          // mu; bytes the running tasks need
	tally   tally          // mu
	crowded bool           // mu; what interleaves is priced as one of many
}

// Client says on whose behalf a password is verified. Address and account are opaque
// keys; "" is a key like any other.
type Client struct {
	Address, Account string
	// Known: it is no stranger, who might be one of a thousand. Where all is full the
	// known have places of their own and go first, up to half of all there is.
	Known bool
	// Promised: Refuses let it wait elsewhere first. It is served, as one that waited here
	// would be, also if that took longer than it was to.
	Promised bool
}

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
		return "gate: too many verifications at once for one client"
	}
	return "gate: too many verifications at once"
}

// New returns a Gate that hashes on the executor, which it starts, or an error that
// names the bound that cannot be.
func New(cfg Config, executor Executor) (*Gate, error) {
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
	case executor == nil:
		return nil, errors.New("gate: there is nothing to hash on")
	case cfg.QueueLimit < 0 || cfg.MaxWait < 0:
		return nil, errors.New("gate: a bound is negative")
	case cfg.MemoryLimit < LeastMemoryLimit:
		return nil, fmt.Errorf("gate: the memory limit is under %d bytes, which one hash may need", LeastMemoryLimit)
	}
	g := &Gate{
		slots: executor.Slots(), queueLimit: cfg.QueueLimit, maxWait: cfg.MaxWait,
		memoryLimit: cfg.MemoryLimit, kernel: password.ThisKernel(), executor: executor, opened: time.Now(),
		queue:   newQueue(),
		costs:   make(costs),
		levels:  newLevels(),
		running: make(map[*Job]*task),
	}
	g.seats = make([]seat, 2*g.slots+2)
	executor.Start(g.done)
	return g, nil
}

// Close has the executor end what goes on beside this process. What is verified
// later is hashed in this process.
func (g *Gate) Close() { g.executor.Close() }

// Verify is h.Verify within the gate's bounds. The error is a [*BusyError], at
// once or soon, and after five times MaxWait at the latest, or ctx's when that
// ends first; what was under way for it is then given up as soon as can be. Any
// other error says that the hashing failed, and is the executor's.
func (g *Gate) Verify(ctx context.Context, h password.Hash, typed string, client Client) (bool, error) {
	return g.verify(ctx, newTask(h, typed, client))
}

func (g *Gate) verify(ctx context.Context, t *task) (bool, error) {
	if t.method == "" {
		return false, nil
	}
	if err := g.admit(t); err != nil {
		return false, err
	}
	late := time.NewTimer(patience * g.maxWait)
	defer late.Stop()
	for {
		select {
		case end := <-t.done:
			return end.Match, end.Err
		case <-ctx.Done():
			g.abandon(t)
			return false, ctx.Err()
		case <-late.C:
			g.expire(t) // Then done has the refusal, unless it had begun.
		}
	}
}

// Refuses returns the *BusyError that Verify would return at once for such a hash, behind
// so many of the client's that are not here yet; nil when it would begin or wait. It lets
// a caller that has something to look up or to wait for first save the trouble.
func (g *Gate) Refuses(h password.Hash, client Client, behind int) error {
	if h.Method() == "" {
		return nil
	}
	t := newTask(h, "", client)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue.tag(t)
	t.behind = behind
	t.due += uint64(max(behind, 0))
	t.cost = g.cost(t)
	if _, refused := g.place(t); refused != nil {
		return refused
	}
	return nil
}
