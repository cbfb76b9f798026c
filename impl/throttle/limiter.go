package throttle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// How many counters there are at most. Memory is for a table full of counters with one
// failure each, as a flood makes them, measured (docs/decisions/0025).
const (
	mostUsers     = 1 << 18 // of users and of where they are known: 85 MiB
	mostNames     = 1 << 16 // of names that are nobody's: 20 MiB
	mostAddresses = 1 << 16 // 21 MiB
)

const (
	// DefaultMaxWait is how long an attempt may have to wait for others that hold the last
	// places.
	DefaultMaxWait = time.Second
	// DefaultStoreWait bounds what an attempt waits for the store.
	DefaultStoreWait = 300 * time.Millisecond
)

// Config is what New needs. The zero Budget of a kind bounds nothing.
type Config struct {
	Account, Known, Address Budget
	// Secret is what names, addresses and devices are digested under: the same for all
	// replicas that share a Store.
	Secret []byte
	// Random is a key of this process alone, of 32 bytes, for digests of wrong passwords,
	// and names it to other replicas.
	Random []byte
	// Store is where replicas share what they count; each counts for itself when nil.
	Store Store
	// StoreWait is how long an attempt may wait for the store before this process goes on
	// alone; DefaultStoreWait when 0.
	StoreWait time.Duration
	// MaxWait is how long an attempt is to wait for others at the most, DefaultMaxWait when
	// 0. Attempt.MayWait says whether it would; five times that nobody waits.
	MaxWait time.Duration
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Logger is told when the store cannot be used, and when it can again.
	Logger *slog.Logger
}

// Limiter counts attempts. It is safe for concurrent use.
type Limiter struct {
	account, known, address Budget

	folder, stale *Folder
	maxWait       time.Duration
	now           func() time.Time
	share         *share // nil without a Store

	refused [3]atomic.Uint64
	logger  *slog.Logger
	hinted  bool // mu: that an address may be a proxy's was said

	mu        sync.Mutex
	users     table
	names     table
	addresses table
}

// Attempt is a guess at a password.
type Attempt struct {
	// UserID is the subject of the row that was found, "" where there is none.
	UserID string
	// Name is the row's name, and what was typed where there is none.
	Name string
	// Address is the client's, as reqctx.Request.ClientKey has it; "" is not counted.
	Address string
	// Known says that the user has logged in from there before: with Device, the id of a
	// device token, or without one from Address.
	Known  bool
	Device string
	// Password is what was typed.
	Password string
	// MayWait is asked before an attempt waits for others to end, at which budget and behind
	// how many that wait already. Its error is Reserve's: who would wait for too long learns
	// it at once. Where it is nil there is no such error.
	MayWait func(at Kind, behind int) error
}

// New returns a Limiter that has counted nothing yet.
func New(cfg Config) (*Limiter, error) {
	if len(cfg.Secret) == 0 || len(cfg.Random) < 32 || cfg.Logger == nil {
		return nil, errors.New("throttle: Secret, 32 bytes of Random and Logger are required")
	}
	for kind, b := range map[Kind]Budget{KindAccount: cfg.Account, KindKnown: cfg.Known, KindAddress: cfg.Address} {
		if b.bounded() && (b.Forget < time.Second || b.Window < b.Forget || b.First < 0) || b.Free < 0 {
			return nil, fmt.Errorf("throttle: the budget of the %s is none", kind)
		}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.MaxWait = cmp.Or(cfg.MaxWait, DefaultMaxWait)
	cfg.StoreWait = cmp.Or(cfg.StoreWait, DefaultStoreWait)
	l := &Limiter{
		account: cfg.Account, known: cfg.Known, address: cfg.Address,
		folder: NewFolder(cfg.Secret), stale: NewFolder(cfg.Random), maxWait: cfg.MaxWait, now: cfg.Now, logger: cfg.Logger,
		users: newTable(mostUsers), names: newTable(mostNames), addresses: newTable(mostAddresses),
	}
	if cfg.Store != nil {
		l.share = newShare(l, cfg)
	}
	return l, nil
}

// Reserve takes a place in each budget of an attempt, or returns a *RefusedError. Where
// places are only held by attempts that have not ended it waits for them, in the order in
// which attempts came, unless MayWait has an error; its error is ctx's when that ends first.
func (l *Limiter) Reserve(ctx context.Context, a Attempt) (*Reservation, error) {
	r := &Reservation{limiter: l}
	keys := l.keys(a)
	w, err := l.try(r, a, keys, nil)
	if w != nil {
		err = l.wait(ctx, r, a, keys, w)
	}
	if err != nil {
		return nil, err
	}
	if l.share != nil {
		if err := l.share.confirm(ctx, r); err != nil {
			return nil, err
		}
	}
	if r.account.is() {
		r.digest = l.stale.password(r.account.counter.key, a.Password)
	}
	return r, nil
}

// keyed are the keys of an attempt.
type keyed struct{ account, address Key }

func (l *Limiter) keys(a Attempt) (k keyed) {
	if a.Known {
		address := a.Address
		if a.Device != "" {
			address = ""
		}
		k.account = l.folder.known(a.UserID, a.Device, address)
	} else {
		k.account = l.folder.Name(a.Name)
	}
	k.address = l.folder.Address(a.Address)
	return k
}

// try reserves where there are places. Else it returns the attempt in the line where it has
// to wait, or why it cannot. It was called there if w is not nil.
func (l *Limiter) try(r *Reservation, a Attempt, k keyed, w *waiter) (*waiter, error) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if w != nil {
		w.counter.called--
		defer func() { w.counter.call(l.budget(w.counter.kind), now.Unix()) }()
	}
	var account, address *counter
	if l.address.bounded() && a.Address != "" && a.Device == "" {
		address = l.find(&l.addresses, k.address, KindAddress, now)
		address.address = a.Address
		if next, err := l.admits(address, now, w); next != nil || err != nil {
			return next, err
		}
	}
	if kind := kindOf(a); l.budget(kind).bounded() {
		account = l.findAccount(k.account, kind, a.UserID, now)
		if next, err := l.admits(account, now, w); next != nil || err != nil {
			return next, err
		}
	}
	at := seconds(now)
	if now.Nanosecond() > 0 {
		at++
	}
	r.address, r.account = l.open(address, at), l.open(account, at)
	return nil, nil
}

// admits reports with two nils that a counter has a place. Where others wait for it a
// newcomer goes behind them. Who has waited somewhere does not: two who were called, each
// where the other's next place is, would make way for each other for ever.
func (l *Limiter) admits(c *counter, now time.Time, w *waiter) (*waiter, error) {
	b, called := l.budget(c.kind), w != nil && w.counter == c
	c.forget(b, now.Unix())
	switch {
	case c.until <= now.Unix() && (w != nil || c.waiting() == 0):
		return nil, nil
	case c.refusing(b, now.Unix()):
		return nil, l.refusal(c, now)
	case !called && len(c.open)+c.waiting() >= mostUnderWay:
		return nil, l.crowded(c)
	}
	next := c.stand(called)
	c.call(b, now.Unix()) // Time may have made a place too.
	return next, nil
}

func kindOf(a Attempt) Kind {
	if a.Known {
		return KindKnown
	}
	return KindAccount
}

func (l *Limiter) open(c *counter, at uint32) place {
	if c == nil {
		return place{}
	}
	c.reserve(l.budget(c.kind), at)
	return place{c, at, c.version}
}

func (l *Limiter) budget(kind Kind) Budget {
	switch kind {
	case KindKnown:
		return l.known
	case KindAddress:
		return l.address
	default:
		return l.account
	}
}

// ofName is the counter of a name, whoever's it is.
func (l *Limiter) ofName(key Key) *counter {
	if c := l.users.counters[key]; c != nil {
		return c
	}
	return l.names.counters[key]
}

// findAccount finds or makes the counter of a user, or of a name that is nobody's. One
// that turns out to be somebody's moves.
func (l *Limiter) findAccount(key Key, kind Kind, userID string, now time.Time) *counter {
	c := l.users.counters[key]
	if c == nil && userID == "" {
		return l.find(&l.names, key, kind, now)
	}
	if c == nil && kind == KindAccount {
		if c = l.names.counters[key]; c != nil {
			delete(l.names.counters, key)
			l.users.add(c, l.budget, now.Unix())
		}
	}
	if c == nil {
		c = l.find(&l.users, key, kind, now)
	}
	c.used = now.Unix()
	if userID != "" {
		c.userID = userID
	}
	return c
}

func (l *Limiter) find(t *table, key Key, kind Kind, now time.Time) *counter {
	c := t.counters[key]
	if c == nil {
		c = &counter{key: key, kind: kind}
		t.add(c, l.budget, now.Unix())
	}
	c.used = now.Unix()
	return c
}
