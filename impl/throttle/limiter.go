package throttle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
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
	// DefaultMaxWait is how long an attempt waits for others that hold the last places.
	DefaultMaxWait = time.Second
	// DefaultStoreWait bounds what an attempt waits for the store.
	DefaultStoreWait = 300 * time.Millisecond
	// mostWaiting bounds who wait for one counter.
	mostWaiting = 128
	// shortWait is what is said to who waited in vain: the others may end at any moment.
	shortWait = time.Second
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
	// MaxWait is how long an attempt may wait for others; DefaultMaxWait when 0.
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
}

// RefusedError says that an attempt was not evaluated.
type RefusedError struct {
	// RetryAfter is when another one may be.
	RetryAfter time.Duration
	// Budget is the one that is used up.
	Budget Kind
}

func (e *RefusedError) Error() string {
	return "throttle: too many failed logins; the budget that is used up is that of the " + e.Budget.String()
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

// Refused returns the *RefusedError that a stranger's attempt at a name would get now,
// nil where it may be evaluated. It needs no row: Name is what was typed.
func (l *Limiter) Refused(a Attempt) error {
	now := l.now()
	name, address := l.folder.Name(a.Name), l.folder.Address(a.Address)
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.addresses.counters[address]; c != nil && a.Address != "" && c.refusing(l.address, now.Unix()) {
		return l.refusal(c, now)
	}
	if c := l.ofName(name); c != nil && c.refusing(l.account, now.Unix()) {
		return l.refusal(c, now)
	}
	return nil
}

// refusing reports that the counter refuses for what has failed, whatever is open.
func (c *counter) refusing(b Budget, now int64) bool {
	return b.bounded() && c.until > now && (len(c.open) == 0 || c.next(b, c.failed, c.others) > now)
}

// Reserve takes a place in each budget of an attempt, or returns a *RefusedError. Where
// places are only held by attempts that have not ended it waits for them, for MaxWait at
// the most; then and otherwise its error is ctx's when that ends first.
func (l *Limiter) Reserve(ctx context.Context, a Attempt) (*Reservation, error) {
	r := &Reservation{limiter: l}
	keys := l.keys(a)
	var late <-chan time.Time
	for {
		changed, err := l.try(r, a, keys, late == nil)
		if err != nil {
			return nil, err
		}
		if changed == nil {
			break
		}
		if late == nil {
			timer := time.NewTimer(l.maxWait)
			defer timer.Stop()
			late = timer.C
		}
		select {
		case <-changed.changed:
		case <-late:
			err = l.late(changed.counter)
		case <-ctx.Done():
			err = ctx.Err()
		}
		l.leave(changed.counter)
		if err != nil {
			return nil, err
		}
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

// awaited is what an attempt waits for.
type awaited struct {
	counter *counter
	changed <-chan struct{}
}

// try reserves where there are places. Else it returns what to wait for, or why not to.
func (l *Limiter) try(r *Reservation, a Attempt, k keyed, first bool) (*awaited, error) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	var account, address *counter
	if l.address.bounded() && a.Address != "" && a.Device == "" {
		address = l.find(&l.addresses, k.address, KindAddress, now)
		address.address = a.Address
		if wait, err := l.admits(address, now, first); wait != nil || err != nil {
			return wait, err
		}
	}
	if kind := kindOf(a); l.budget(kind).bounded() {
		account = l.findAccount(k.account, kind, a.UserID, now)
		if wait, err := l.admits(account, now, first); wait != nil || err != nil {
			return wait, err
		}
	}
	at := seconds(now)
	if now.Nanosecond() > 0 {
		at++
	}
	r.address, r.account = l.open(address, at), l.open(account, at)
	return nil, nil
}

// admits reports with two nils that a counter has a place.
func (l *Limiter) admits(c *counter, now time.Time, first bool) (*awaited, error) {
	b := l.budget(c.kind)
	c.forget(b, now.Unix())
	if c.until <= now.Unix() {
		return nil, nil
	}
	if c.refusing(b, now.Unix()) || first && c.waiting >= mostWaiting {
		return nil, l.refusal(c, now)
	}
	if c.changed == nil {
		c.changed = make(chan struct{})
	}
	c.waiting++
	return &awaited{c, c.changed}, nil
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

// refusal counts one, and says when to come back. What others have counted may have been
// taken back since; it is asked for anew, in the background.
func (l *Limiter) refusal(c *counter, now time.Time) *RefusedError {
	l.refused[c.kind.index()].Add(1)
	l.hint(c)
	if l.share != nil && len(c.others) > 0 && now.Unix()-c.seen >= seenFor {
		l.share.put(c)
		l.share.tell()
	}
	return &RefusedError{RetryAfter: max(shortWait, time.Unix(c.until, 0).Sub(now)), Budget: c.kind}
}

// hint says, once, that an address that has used its budget up may be everybody's.
func (l *Limiter) hint(c *counter) {
	if l.hinted || c.kind != KindAddress {
		return
	}
	address, err := netip.ParseAddr(c.address)
	if err != nil || !address.IsPrivate() && !address.IsLoopback() {
		return
	}
	l.hinted = true
	l.logger.Warn("logins from an address of this network are refused, because too many from there have failed; if it is a proxy, name it in --trusted-proxies, so that each client behind it counts for itself", "address", c.address)
}

// late is for who waited in vain for a place.
func (l *Limiter) late(c *counter) *RefusedError {
	l.refused[c.kind.index()].Add(1)
	return &RefusedError{RetryAfter: shortWait, Budget: c.kind}
}

func (l *Limiter) leave(c *counter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c.waiting--
}

func (k Kind) index() int {
	switch k {
	case KindKnown:
		return 1
	case KindAddress:
		return 2
	default:
		return 0
	}
}

// Refusals is how many attempts a budget has refused in this process.
func (l *Limiter) Refusals(kind Kind) uint64 { return l.refused[kind.index()].Load() }
