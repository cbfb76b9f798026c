package account

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/impl/recent"
	"github.com/restauth/restauth/impl/userid"
)

// mostIdentities bounds the users remembered, a few hundred bytes each.
const mostIdentities = 1 << 15

// identities answers whom a token stands for without a query each time. An
// answer is at most maxAge old, counted from when its question was asked. Where
// the database cannot answer, a yes may be up to grace old; a no, or a user
// never asked for, is then no answer at all.
type identities struct {
	users         Users
	several       Several // nil: users are asked for one by one
	maxAge, grace time.Duration
	now           func() time.Time
	known         *recent.Cache[userid.ID, remembered]
	seed          maphash.Seed
	outage        *outage
	ahead         *ahead
	counts        identityCounts

	oddly sync.Once // said that users cannot be asked for together

	// Background work asks under life, and is counted by working.
	life    context.Context
	end     context.CancelFunc
	working sync.WaitGroup

	mu      sync.Mutex
	closed  bool                    // mu: no more work is begun
	loading map[userid.ID]*question // mu: what is asked, or waits to be
	waiting []*question             // mu: what waits to be asked together
	groups  int                     // mu: what is asked, together or alone
}

// identity is what the database said: of a user, or that there is none.
type identity struct {
	person
	found bool
	asked time.Time
}

// remembered is an answer that is kept.
type remembered struct {
	identity
	noted atomic.Bool // to be asked for ahead
}

// takeNote reports whether its user is not noted yet, and notes him.
func (r *remembered) takeNote() bool { return !r.noted.Load() && r.noted.CompareAndSwap(false, true) }

func newIdentities(cfg Config) (*identities, error) {
	if cfg.IdentityMaxAge < 0 || cfg.IdentityOutageGrace < 0 {
		return nil, errors.New("account: IdentityMaxAge and IdentityOutageGrace cannot be negative")
	}
	i := &identities{
		users: cfg.Users, maxAge: cfg.IdentityMaxAge, grace: cfg.IdentityOutageGrace, now: cfg.Now,
		seed: maphash.MakeSeed(), loading: make(map[userid.ID]*question),
	}
	i.several, _ = cfg.Users.(Several)
	i.known = recent.New[userid.ID, remembered](mostIdentities, i.scatter)
	i.life, i.end = context.WithCancel(context.Background())
	i.outage = newOutage(cfg, i.begin)
	i.ahead = newAhead(i.several, cfg.IdentityMaxAge, cfg.Now, i.begin, i.told)
	return i, nil
}

// scatter spreads ids. Only whoever signs tokens could choose numbers such that they meet.
func (i *identities) scatter(id userid.ID) uint64 { return id.Hash(i.seed) }

// begin runs work in the background, unless close was called.
func (i *identities) begin(work func(context.Context)) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.beginLocked(work)
}

func (i *identities) beginLocked(work func(context.Context)) bool {
	if i.closed {
		return false
	}
	i.working.Go(func() { work(i.life) })
	return true
}

func (i *identities) close() {
	i.mu.Lock()
	i.closed = true
	i.mu.Unlock()
	i.end()
	i.working.Wait()
}

// errClosed answers who asks after close.
var errClosed = fmt.Errorf("%w: the server is shutting down", ErrUnavailable)

// find is Users.FindByID within those ages.
func (i *identities) find(ctx context.Context, id userid.ID) (person, error) {
	if i.maxAge == 0 {
		i.counts.asked.Add(1)
		user, err := i.users.FindByID(ctx, id)
		if err != nil {
			return person{}, err
		}
		return personOf(user), nil
	}
	now := i.now()
	last := i.known.Get(id)
	if last.within(i.maxAge, now) {
		i.ahead.want(id, last, now)
		i.counts.known.Add(i.scatter(id) >> 32)
		return last.result()
	}
	mayGoOn := last.within(i.grace, now) && last.found
	if mayGoOn {
		lasts, err := i.outage.lasts(ctx, id, now)
		if err != nil {
			return person{}, err
		}
		if lasts {
			i.counts.grace.Add(1)
			return last.person, nil
		}
	}
	i.counts.asked.Add(1)
	answer, err := i.ask(ctx, id, now)
	switch {
	case err == nil:
		return answer.result()
	case mayGoOn && unanswered(err):
		i.counts.grace.Add(1)
		return last.person, nil
	default:
		return person{}, err
	}
}

// within reports whether there is an answer, and not an older one.
func (r *remembered) within(age time.Duration, now time.Time) bool {
	return r != nil && now.Sub(r.asked) <= age
}

func (a *identity) result() (person, error) {
	if !a.found {
		return person{}, ErrUserNotFound
	}
	return a.person, nil
}

// told is for an answer to a question ahead.
func (i *identities) told(id userid.ID, answer identity) {
	i.outage.answer()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.remember(id, answer)
}

// remember keeps an answer; a slow one does not replace a newer one, so mu is held.
func (i *identities) remember(id userid.ID, answer identity) {
	if last := i.known.Get(id); last == nil || !last.asked.After(answer.asked) {
		i.known.Set(id, remembered{identity: answer})
	}
}
