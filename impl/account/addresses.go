package account

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/impl/recent"
	"github.com/restauth/restauth/impl/userid"
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

// Visit is a Sighting of a user, with what stands for the address alone. UserID is the
// user's key where it is an int64, else a digest of it below zero. Were two users' the
// same, they would share the bound on what is kept of them and nothing else: an
// AddressKey is of one user alone.
type Visit struct {
	UserID int64
	Sighting
	Place AddressKey
}

// AddressBook keeps from where users logged in. Implementations are safe for concurrent
// use and bound the time of each call; a failing database is ErrUnavailable.
type AddressBook interface {
	// Sightings returns those of a user since a day, the latest first, and at most so many.
	Sightings(ctx context.Context, userID int64, since, most int) ([]Sighting, error)
	// KnowsPlace reports whether any user was seen at a place since a day.
	KnowsPlace(ctx context.Context, place AddressKey, since int) (bool, error)
	// Sight writes one down, unless a later one of that address is there, and forgets
	// all of the user's but the latest so many: this one too, where it comes late. Of
	// one day this one is the latest.
	Sight(ctx context.Context, visit Visit, most int) error
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
	user   *userMACs   // the keys of addresses, under the same key where ids are numbers
	texts  func() bool // ids are texts
	now    func() time.Time
	logger *slog.Logger
	users  *recent.Cache[userid.ID, sightings]
	places *recent.Cache[AddressKey, place]
	rests  atomic.Int64 // until when the book is not asked, in Unix nanoseconds
	fails  atomic.Bool  // it was said that it does not answer
	pruned time.Time    // by the one that writes

	life    context.Context
	end     context.CancelFunc
	working sync.WaitGroup

	mu        sync.Mutex // held to change an entry of users or places
	closed    bool
	writing   bool
	unwritten map[sighted]Visit
}

// sightings are those of one user. They do not change.
type sightings struct {
	all   []Sighting // the latest first
	asked time.Time  // when the book was; zero for never
}

type sighted struct {
	user    int64 // as in Visit
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
	user, err := newUserMACs(cfg.Keys, addressPurpose)
	if err != nil {
		return nil, err
	}
	seed := maphash.MakeSeed()
	a := &addresses{
		age: cfg.KnownAddressAge, book: cfg.Addresses, macs: macs, user: user, now: cfg.Now, logger: cfg.Logger,
		texts:     func() bool { return cfg.Tokens.IDs() == userid.Texts },
		users:     recent.New[userid.ID, sightings](mostWithAddresses, func(id userid.ID) uint64 { return id.Hash(seed) }),
		places:    recent.New[AddressKey, place](mostWithAddresses, spread),
		unwritten: make(map[sighted]Visit),
	}
	a.life, a.end = context.WithCancel(context.Background())
	return a, nil
}

// key is what an address is kept under as one user's.
func (a *addresses) key(user userid.ID, address string) AddressKey {
	sum := a.user.sum(user, address)
	return AddressKey(sum[:])
}

// row is the UserID of a Visit.
func (a *addresses) row(user userid.ID) int64 {
	if n, ok := user.Int64(); ok {
		return n
	}
	return bits63(a.user.sum(user, ""))
}

// bits63 makes a key below zero of a digest, where the ids of most tables are not.
func bits63(sum [sha256.Size]byte) int64 {
	return -int64(binary.BigEndian.Uint64(sum[:]) >> 1)
}

// since is the first day that still counts.
func (a *addresses) since(now time.Time) int { return dayOf(now.Add(-a.age)) + 1 }

func dayOf(t time.Time) int { return int(t.Unix() / int64(day/time.Second)) }

// seen reports whether the user has logged in from the address lately.
func (a *addresses) seen(ctx context.Context, user userid.ID, address string) (AddressKey, bool) {
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

// old reports whether an answer of the book counts no more.
func (a *addresses) old(asked, now time.Time) bool { return now.Sub(asked) > addressesMaxAge }

// answers reports whether there is a book that may be asked.
func (a *addresses) answers(now time.Time) bool {
	return a.book != nil && now.UnixNano() >= a.rests.Load()
}

// of is what is known of a user, as the book had it addressesMaxAge ago at most.
func (a *addresses) of(ctx context.Context, user userid.ID, now time.Time) []Sighting {
	got := a.users.Get(user)
	if (got == nil || a.old(got.asked, now)) && a.answers(now) {
		return a.ask(ctx, user, now)
	}
	if got == nil {
		return nil
	}
	return got.all
}

// ask takes what the book has together with what was seen here, which may not have been
// written yet.
func (a *addresses) ask(ctx context.Context, user userid.ID, now time.Time) []Sighting {
	within, cancel := context.WithTimeout(ctx, addressesWithin)
	defer cancel()
	written, err := a.book.Sightings(within, a.row(user), a.since(now), mostAddresses)
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
