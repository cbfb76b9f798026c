package throttle

import (
	"slices"
	"sync"
)

// Kind is what a counter counts, and which budget it has.
type Kind byte

// The kinds, as a Store keeps them.
const (
	KindAccount Kind = 'a' // strangers' guesses at a name
	KindKnown   Kind = 'k' // guesses at a user from where that user is known
	KindAddress Kind = 'i' // guesses from an address
)

// String is how the kind is called in messages and metrics.
func (k Kind) String() string {
	switch k {
	case KindAccount:
		return "account"
	case KindKnown:
		return "known"
	case KindAddress:
		return "address"
	}
	return "unknown"
}

const (
	// mostStale is how many wrong passwords are known again.
	mostStale = 10
	// staleFor is how long they are, in seconds, after the last of the account's attempts.
	staleFor = 24 * 60 * 60
)

// counter is what is known of a key. All but sharing is guarded by the Limiter's lock.
type counter struct {
	key     Key
	kind    Kind
	userID  string // whose, "" for a name that is nobody's
	address string // of KindAddress

	failed []uint32 // here; when, sorted
	open   []uint32 // here, and not ended yet; sorted
	others []uint32 // in other replicas, as they were read last; sorted
	stale  []uint64 // digests of wrong passwords, the latest last
	until  int64    // from when another guess may be evaluated; failed, open and others say so
	used   int64    // when somebody asked for it last

	line   []*waiter // who wait for a place, the first first
	called int       // who did, and have not tried yet

	sharing   sync.Mutex // held while it is written to and read from the store
	writer    uint64     // whose row it writes there, 0 before the first
	version   uint64     // counts the changes of what failed and open are together
	published uint64     // the version that the store has
	seen      int64      // when others were read
	dirty     bool       // in the queue of those to be written
}

// events are those of all lists, sorted, in buffer where they fit.
func (c *counter) events(buffer []uint32, lists ...[]uint32) []uint32 {
	all := buffer[:0]
	filled := 0
	for _, list := range lists {
		if len(list) > 0 {
			filled++
			all = append(all, list...)
		}
	}
	if filled > 1 {
		slices.Sort(all)
	}
	return all
}

// next is from when another guess may be evaluated, by the lists given.
func (c *counter) next(b Budget, lists ...[]uint32) int64 {
	var buffer [128]uint32
	return b.next(c.events(buffer[:], lists...))
}

// recount works out what the lists say now.
func (c *counter) recount(b Budget) { c.until = c.next(b, c.failed, c.open, c.others) }

// reserve opens an attempt.
func (c *counter) reserve(b Budget, at uint32) {
	c.open = insert(c.open, at)
	c.version++
	c.recount(b)
}

// end closes an attempt, which failed or is as if it had not been.
func (c *counter) end(b Budget, at uint32, failed bool) {
	c.open = remove(c.open, at)
	if failed {
		c.failed = insert(c.failed, at)
	} else {
		c.version++
	}
	c.recount(b)
}

// forget drops what is older than the budget's window.
func (c *counter) forget(b Budget, now int64) {
	before := len(c.failed) + len(c.others)
	c.failed, c.others = b.kept(c.failed, now), b.kept(c.others, now)
	if len(c.failed)+len(c.others) != before {
		c.recount(b) // The store prunes for itself.
	}
}

// clear drops what was counted until then.
func (c *counter) clear(b Budget, until uint32) (changed bool) {
	before := len(c.failed) + len(c.others)
	c.failed, c.others = after(c.failed, until), after(c.others, until)
	if len(c.failed)+len(c.others) == before {
		return false
	}
	c.stale = nil
	c.version++
	c.recount(b)
	return true
}

func after(events []uint32, until uint32) []uint32 {
	return slices.DeleteFunc(events, func(at uint32) bool { return at <= until })
}

// isStale reports whether the password is a wrong one that is known, and knows it from
// now on as the latest of them.
func (c *counter) isStale(digest uint64) bool {
	i := slices.Index(c.stale, digest)
	switch {
	case i >= 0:
		c.stale = slices.Delete(c.stale, i, i+1)
	case len(c.stale) == mostStale:
		c.stale = slices.Delete(c.stale, 0, 1)
	}
	c.stale = append(c.stale, digest)
	return i >= 0
}

// idle reports that it can be left out without anybody noticing.
func (c *counter) idle(b Budget, now int64) bool {
	if c.pinned() || c.dirty || len(c.stale) > 0 && now-c.used < staleFor {
		return false
	}
	var buffer [128]uint32
	return b.cold(c.events(buffer[:], c.failed, c.others)) <= now
}

// pinned reports that an attempt holds on to it.
func (c *counter) pinned() bool { return len(c.open) > 0 || c.waiting() > 0 }

// heat orders counters by what would be lost with them.
func (c *counter) heat(b Budget, now int64) int64 {
	var buffer [128]uint32
	return max(0, b.cold(c.events(buffer[:], c.failed, c.open, c.others))-now)
}

func insert(events []uint32, at uint32) []uint32 {
	i := len(events)
	for i > 0 && events[i-1] > at {
		i--
	}
	return slices.Insert(events, i, at)
}

func remove(events []uint32, at uint32) []uint32 {
	if i := slices.Index(events, at); i >= 0 {
		return slices.Delete(events, i, i+1)
	}
	return events
}
