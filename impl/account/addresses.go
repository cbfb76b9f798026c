package account

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/impl/recent"
)

const (
	// addressPurpose is the label of the key that addresses are kept under.
	addressPurpose = "known address 1"
	// mostAddresses is how many addresses of a user are kept, those seen last. Somebody
	// who has the password may log in from any number, and after it was changed guess
	// from each; that many, and no more.
	mostAddresses = 16
	// mostWithAddresses bounds the users whose addresses are in memory, at most 500
	// bytes each.
	mostWithAddresses = 1 << 15
	// addressesMaxAge is how old the book's answer may be: so late one server notices
	// that a user logged in at another from an address that was not known.
	addressesMaxAge = 30 * time.Second
	// addressesWithin is how long a login waits for the book, and bookRests for how long
	// none asks again when it did not answer.
	addressesWithin = 250 * time.Millisecond
	bookRests       = 5 * time.Second
	// mostUnwritten bounds what waits to be written, and flushWithin how long the end
	// waits for it.
	mostUnwritten = 4096
	flushWithin   = time.Second
	// pruneEvery is how often what is too old is looked for.
	pruneEvery = time.Hour

	day = 24 * time.Hour
)

// AddressKey stands for an address from which a user logged in: a digest of both under a
// key of restauth's own. Without the key nobody can tell which address it is, nor that two
// users share one.
type AddressKey [16]byte

// Sighting is on which day, in UTC and counted from 1970, a user was last seen at an address.
type Sighting struct {
	Address AddressKey
	Day     int
}

// AddressBook keeps from where users logged in. Implementations are safe for concurrent
// use and bound the time of each call; a failing database is ErrUnavailable.
type AddressBook interface {
	// Sightings returns those of a user since a day, the latest first, and at most so many.
	Sightings(ctx context.Context, userID int64, since, most int) ([]Sighting, error)
	// Sight writes one down, unless a later one of that address is there, and forgets
	// the user's others beyond the latest so many, this one included.
	Sight(ctx context.Context, userID int64, seen Sighting, most int) error
	// PruneSightings forgets some of those before a day, and reports whether there are
	// more.
	PruneSightings(ctx context.Context, before int) (more bool, err error)
}

// addresses knows from where users have logged in. What it is told it remembers at once,
// and writes into the book in the background, once a day for each pair. While the book
// does not answer, and where there is none, it goes by what it remembers.
type addresses struct {
	age    time.Duration // 0: none is ever known
	book   AddressBook   // nil: nothing outlives this process
	macs   *macs
	now    func() time.Time
	logger *slog.Logger
	users  *recent.Cache[int64, sightings]
	rests  atomic.Int64 // until when the book is not asked, in Unix nanoseconds
	fails  atomic.Bool  // it was said that it does not answer
	pruned time.Time    // by the one that writes

	life    context.Context
	end     context.CancelFunc
	working sync.WaitGroup

	mu        sync.Mutex // held to change an entry of users
	closed    bool
	writing   bool
	unwritten map[sighted]int // the day by whom and where
}

// sightings are those of one user. They do not change.
type sightings struct {
	all   []Sighting // the latest first
	asked time.Time  // when the book was; zero for never
}

type sighted struct {
	user    int64
	address AddressKey
}

func newAddresses(cfg Config) (*addresses, error) {
	if cfg.KnownAddressAge < 0 {
		return nil, errors.New("account: KnownAddressAge cannot be negative")
	}
	macs, err := newMACs(cfg.Keys, addressPurpose)
	if err != nil {
		return nil, err
	}
	a := &addresses{
		age: cfg.KnownAddressAge, book: cfg.Addresses, macs: macs, now: cfg.Now, logger: cfg.Logger,
		users:     recent.New[int64, sightings](mostWithAddresses, scatter),
		unwritten: make(map[sighted]int),
	}
	a.life, a.end = context.WithCancel(context.Background())
	return a, nil
}

// key is what an address is kept under as one user's.
func (a *addresses) key(user int64, address string) AddressKey {
	m := a.macs.begin()
	m.message = binary.BigEndian.AppendUint64(m.message, uint64(user)) //nolint:gosec // its bits
	m.message = append(m.message, address...)
	sum := a.macs.end(m)
	return AddressKey(sum[:])
}

// since is the first day that still counts.
func (a *addresses) since(now time.Time) int { return dayOf(now.Add(-a.age)) + 1 }

func dayOf(t time.Time) int { return int(t.Unix() / int64(day/time.Second)) }

// seen reports whether the user has logged in from the address lately.
func (a *addresses) seen(ctx context.Context, user int64, address string) (AddressKey, bool) {
	if a.age == 0 || address == "" {
		return AddressKey{}, false
	}
	key, now := a.key(user, address), a.now()
	for _, one := range a.of(ctx, user, now) {
		if one.Address == key {
			return key, one.Day >= a.since(now)
		}
	}
	return AddressKey{}, false
}

// of is what is known of a user, as the book had it addressesMaxAge ago at most.
func (a *addresses) of(ctx context.Context, user int64, now time.Time) []Sighting {
	got := a.users.Get(user)
	if a.book != nil && (got == nil || now.Sub(got.asked) > addressesMaxAge) && now.UnixNano() >= a.rests.Load() {
		return a.ask(ctx, user, now)
	}
	if got == nil {
		return nil
	}
	return got.all
}

// ask takes what the book has together with what was seen here, which may not have been
// written yet.
func (a *addresses) ask(ctx context.Context, user int64, now time.Time) []Sighting {
	within, cancel := context.WithTimeout(ctx, addressesWithin)
	defer cancel()
	written, err := a.book.Sightings(within, user, a.since(now), mostAddresses)
	a.mu.Lock()
	defer a.mu.Unlock()
	known := sightings{all: written, asked: now}
	if got := a.users.Get(user); got != nil {
		for i := len(got.all) - 1; i >= 0; i-- {
			known.all = with(known.all, got.all[i])
		}
		if err != nil {
			known.asked = got.asked
		}
	}
	if err != nil {
		a.failed(ctx, err)
		return known.all
	}
	a.answered(ctx)
	a.users.Set(user, known)
	return known.all
}

// failed lets the book rest, unless it was the caller who went away.
func (a *addresses) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	a.rests.Store(a.now().Add(bookRests).UnixNano())
	if !a.fails.Swap(true) {
		a.logger.WarnContext(ctx, "the addresses that users are known at cannot be read or written; going by those that this process has seen", "error", err)
	}
}

// answered ends that.
func (a *addresses) answered(ctx context.Context) {
	if a.fails.Load() && a.fails.Swap(false) {
		a.logger.InfoContext(ctx, "the addresses that users are known at can be read and written again")
	}
}

// with is a list with one more, the latest first: in the place of an earlier one of the
// same address, and of the earliest where there would be too many. The list it is given
// does not change.
func with(all []Sighting, seen Sighting) []Sighting {
	made := make([]Sighting, 0, mostAddresses+1)
	placed := false
	for _, one := range all {
		if one.Address == seen.Address {
			seen.Day = max(seen.Day, one.Day)
		}
	}
	for _, one := range all {
		if !placed && seen.Day >= one.Day {
			made, placed = append(made, seen), true
		}
		if one.Address != seen.Address {
			made = append(made, one)
		}
	}
	if !placed {
		made = append(made, seen)
	}
	return made[:min(len(made), mostAddresses)]
}

// note remembers that the user has logged in from the address just now.
func (a *addresses) note(user int64, address string) {
	if a.age == 0 || address == "" {
		return
	}
	seen := Sighting{a.key(user, address), dayOf(a.now())}
	a.mu.Lock()
	defer a.mu.Unlock()
	var before sightings
	if got := a.users.Get(user); got != nil {
		before = *got
	}
	for _, one := range before.all {
		if one == seen {
			return
		}
	}
	before.all = with(before.all, seen)
	a.users.Set(user, before)
	if a.book == nil || a.closed || len(a.unwritten) >= mostUnwritten {
		return
	}
	a.unwritten[sighted{user, seen.Address}] = seen.Day
	if !a.writing {
		a.writing = true
		a.working.Go(a.write)
	}
}

// write writes down what waits, until nothing does.
func (a *addresses) write() {
	for {
		next, ok := a.next()
		if !ok {
			return
		}
		err := a.book.Sight(a.life, next.user, Sighting{next.address, next.day}, mostAddresses)
		if err == nil {
			a.answered(a.life)
			a.written(next)
			a.prune()
			continue
		}
		a.failed(a.life, err)
		select {
		case <-a.life.Done():
			return
		case <-time.After(bookRests):
		}
	}
}

type unwritten struct {
	sighted
	day int
}

// next is one that waits; without one the writing ends.
func (a *addresses) next() (unwritten, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for who, day := range a.unwritten {
		return unwritten{who, day}, true
	}
	a.writing = false
	return unwritten{}, false
}

// written takes one out, unless it was seen again on a later day meanwhile.
func (a *addresses) written(one unwritten) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.unwritten[one.sighted] == one.day {
		delete(a.unwritten, one.sighted)
	}
}

// prune forgets what is too old, some of it each time.
func (a *addresses) prune() {
	now := a.now()
	if now.Sub(a.pruned) < pruneEvery {
		return
	}
	more, err := a.book.PruneSightings(a.life, a.since(now))
	if err != nil {
		a.failed(a.life, err)
	}
	if !more {
		a.pruned = now
	}
}

// close writes down what waits, if that is soon done.
func (a *addresses) close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	late := time.AfterFunc(flushWithin, a.end)
	defer late.Stop()
	a.working.Wait()
	a.end()
}
