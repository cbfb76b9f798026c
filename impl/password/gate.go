package password

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"
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
	// MaxWait is how long one may have to wait before it begins, DefaultMaxWait
	// when 0: who would have to wait longer is refused at once. Who was admitted
	// is served, unless the machine became so slow that five times that passed.
	MaxWait time.Duration
	// MemoryLimit is in bytes: what the hashes under way may allocate together,
	// DefaultMemoryLimit when 0. What they leave to the garbage collector is
	// not counted; the library has no way to use its buffers again.
	MemoryLimit int64
	// Niceness is how far the hashing threads stand back behind all others, 0
	// to 19 as in nice(1). It has an effect on Linux only.
	Niceness int
	// Child, if not empty, is how this program, started once more with these
	// arguments and what the gate appends, comes to call [ServeChild]. Hashing
	// then goes on in that process, as far back as can be, or at Niceness while
	// the machine is so busy that it would stand still; it starts with the first
	// verification and ends a minute after the last. Linux only; elsewhere, and
	// where it cannot be started, hashing goes on in this process.
	Child []string
	// Logger is told when that does not go as it should; nil tells nobody.
	Logger *slog.Logger
}

// Gate verifies passwords within its share of the machine. What it cannot
// begin soon it refuses at once. Where others wait, one address or one account
// cannot take the whole queue: whoever has asked for less goes first, and a
// full queue sheds the latest of whoever has most in it. It is safe for
// concurrent use; while nothing is verified it has no threads, and soon no
// process either.
type Gate struct {
	slots       int
	queueLimit  int
	maxWait     time.Duration
	memoryLimit int64
	niceness    int
	kernel      kernel

	mu       sync.Mutex
	children *children // nil: all is hashed in this process
	queue    queue
	costs    costs
	running  map[*task]struct{}
	workers  int   // threads at work in this process, at most slots
	lanes    int   // running tasks that interleave
	memory   int64 // bytes the running tasks need
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
	g := &Gate{
		slots: cfg.Slots, queueLimit: cfg.QueueLimit, maxWait: cfg.MaxWait,
		memoryLimit: cfg.MemoryLimit, niceness: cfg.Niceness,
		kernel:  thisKernel(),
		queue:   newQueue(),
		costs:   make(costs),
		running: make(map[*task]struct{}),
	}
	if len(cfg.Child) > 0 && canStartChildren {
		g.children = newChildren(g, cfg)
	}
	return g, nil
}

// Close ends the hashing process, if there is one. What it had under way, and
// what is verified later, is hashed in this process.
func (g *Gate) Close() {
	if g.children != nil {
		g.children.close()
	}
}

// Verify is h.Verify within the gate's bounds. The error is a [*BusyError], at
// once or soon, and after five times MaxWait at the latest, or ctx's when that
// ends first; what was under way for it is then given up as soon as can be.
// [ErrEnded] says that two hashing processes ended over it, any other error that
// the hashing failed.
func (g *Gate) Verify(ctx context.Context, h Hash, password string, client Client) (bool, error) {
	if h.scheme == nil {
		return false, nil
	}
	t := newTask(h, password, client)
	if g.children != nil && len(password) <= maxSent {
		t.sent, _ = h.encode()
	}
	if err := g.admit(t); err != nil {
		return false, err
	}
	late := time.NewTimer(patience * g.maxWait)
	defer late.Stop()
	for {
		select {
		case end := <-t.done:
			return end.match, end.err
		case <-ctx.Done():
			g.abandon(t)
			return false, ctx.Err()
		case <-late.C:
			g.expire(t)                      // Then done has the refusal, unless it had begun.
			late.Reset(patience * g.maxWait) // It may have to begin anew.
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
