// Package recent remembers what was found out about the keys that were asked for
// lately: the claims of a token, the user behind an id. It is made for what every
// request asks and few change. Whoever asks takes no lock, allocates nothing and
// writes nothing that another core reads, so that thousands of keys in turn cost
// as much as one; whoever changes something takes a lock for a moment.
//
// It is a table of chains, one for each key that it may hold, and holds exactly as
// many as it is told: no two keys compete for a place before all are taken. Then
// the oldest go that nobody asked for since a hand last came by, as in the clock
// of an operating system's pages: what was asked for once goes before what is
// asked for again and again. What may enter is its user's to decide. Who may add
// what he likes can push the others out.
package recent

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// mostLooks is after how many entries, all of them asked for since the hand came
// by, the next goes nevertheless, so that nobody holds the lock for long.
const mostLooks = 64

// Cache holds values by their keys. It is safe for concurrent use; New makes one.
type Cache[K comparable, V any] struct {
	hash   func(K) uint64
	most   int
	shift  int
	chains []atomic.Pointer[entry[K, V]] // a power of two; 8 bytes each while empty

	mu   sync.Mutex // held by whoever changes a chain
	n    int        // mu: entries in all of them
	hand int        // mu: the chain that is looked at first when one has to go
}

// entry is in one chain at most. Key and value never change.
type entry[K comparable, V any] struct {
	next  atomic.Pointer[entry[K, V]]
	used  atomic.Bool // asked for since the hand came by
	key   K
	value V
}

// New returns a Cache for at most so many values, one at least. The hash's upper
// bits say where a key stands; it must tell keys well apart that somebody else
// chooses, who could make a chain long.
func New[K comparable, V any](most int, hash func(K) uint64) *Cache[K, V] {
	most = max(most, 1)
	size := bits.Len(uint(most - 1))
	return &Cache[K, V]{hash: hash, most: most, shift: 64 - size, chains: make([]atomic.Pointer[entry[K, V]], 1<<size)}
}

func (c *Cache[K, V]) chain(key K) *atomic.Pointer[entry[K, V]] {
	return &c.chains[c.hash(key)>>c.shift]
}

// Get returns the value that was set last, or nil. Whoever wants to keep it copies
// it: what stood behind it in its chain lives as long.
func (c *Cache[K, V]) Get(key K) *V {
	for e := c.chain(key).Load(); e != nil; e = e.next.Load() {
		if e.key == key {
			if !e.used.Load() { // One that is asked for all the time is not written to.
				e.used.Store(true)
			}
			return &e.value
		}
	}
	return nil
}

// Set puts a value in the place of the one that was there, or of another key's
// when all places are taken.
func (c *Cache[K, V]) Set(key K, value V) {
	e := &entry[K, V]{key: key, value: value}
	c.mu.Lock()
	defer c.mu.Unlock()
	chain := c.chain(key)
	if link, before := find(chain, key); before != nil {
		e.used.Store(before.used.Load())
		// In its very place: whoever is on the way there finds one of the two.
		e.next.Store(before.next.Load())
		link.Store(e)
		return
	}
	e.next.Store(chain.Load())
	chain.Store(e)
	if c.n++; c.n > c.most {
		c.evict(e)
	}
}

// Forget takes a value out that Get returned. One that was set since stays.
func (c *Cache[K, V]) Forget(key K, value *V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if link, e := find(c.chain(key), key); e != nil && &e.value == value {
		link.Store(e.next.Load())
		c.n--
	}
}

// Len is how many values there are.
func (c *Cache[K, V]) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// find returns the key's entry and what points to it, or nil; mu is held.
func find[K comparable, V any](chain *atomic.Pointer[entry[K, V]], key K) (*atomic.Pointer[entry[K, V]], *entry[K, V]) {
	for link, e := chain, chain.Load(); e != nil; link, e = &e.next, e.next.Load() {
		if e.key == key {
			return link, e
		}
	}
	return nil, nil
}

// evict takes one out, but not that one; mu is held, and there are two at least.
func (c *Cache[K, V]) evict(but *entry[K, V]) {
	for looks := 0; ; {
		link := &c.chains[c.hand]
		c.hand = (c.hand + 1) % len(c.chains)
		for e := link.Load(); e != nil; link, e = &e.next, e.next.Load() {
			if e == but {
				continue
			}
			if looks++; looks > mostLooks || !e.used.Load() {
				link.Store(e.next.Load())
				c.n--
				return
			}
			e.used.Store(false)
		}
	}
}
