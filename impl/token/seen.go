package token

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"github.com/maypok86/otter/v2"
)

const (
	// mostSeen bounds the tokens remembered, about 200 bytes each.
	mostSeen = 1 << 14
	// mostRecent bounds those that are found without a look at the cache, whose
	// bookkeeping costs as much as the digest. A power of two.
	mostRecent = 1 << 10
)

// seen remembers the claims of tokens that passed, by the SHA-256 of their
// compact form, so that a token which comes with every request of its holder
// costs one hash. Only what passed enters: who can't sign can't push anything
// out. The tokens themselves, which are credentials, are not kept.
type seen struct {
	claims *otter.Cache[digest, Claims]
	recent *[mostRecent]atomic.Pointer[passed]
}

type digest [sha256.Size]byte

// passed is a token that did; it never changes.
type passed struct {
	key    digest
	claims Claims
}

func newSeen() (seen, error) {
	claims, err := otter.New(&otter.Options[digest, Claims]{MaximumSize: mostSeen})
	if err != nil {
		return seen{}, fmt.Errorf("make the cache of seen tokens: %w", err)
	}
	return seen{claims: claims, recent: new([mostRecent]atomic.Pointer[passed])}, nil
}

// digestOf hashes a token without a copy of it on the heap, if it has the
// length of usual ones.
func digestOf(token string) digest {
	var usual [512]byte
	return sha256.Sum256(append(usual[:0], token...))
}

// place is where a recent token stands, alone: a digest's bits are as good as
// random.
func (s seen) place(key digest) *atomic.Pointer[passed] {
	return &s.recent[binary.LittleEndian.Uint64(key[:8])%mostRecent]
}

// find returns the claims of a token that passed before and holds still. A
// token whose time is over goes the long way, to be refused in its words.
func (s seen) find(key digest, now, leeway int64) (Claims, bool) {
	claims, ok := s.remembered(key)
	if !ok {
		return Claims{}, false
	}
	// The same three as in checkDates: clocks can be put back.
	if claims.IssuedAt.Unix() > now+leeway || claims.NotBefore.Unix() > now+leeway || claims.ExpiresAt.Unix() < now-leeway {
		s.forget(key)
		return Claims{}, false
	}
	return claims, true
}

func (s seen) remembered(key digest) (Claims, bool) {
	place := s.place(key)
	if last := place.Load(); last != nil && last.key == key {
		return last.claims, true
	}
	claims, ok := s.claims.GetIfPresent(key)
	if ok {
		place.Store(&passed{key, claims})
	}
	return claims, ok
}

func (s seen) forget(key digest) {
	s.claims.Invalidate(key)
	if place := s.place(key); place.Load() != nil {
		place.Store(nil)
	}
}

func (s seen) add(key digest, claims Claims) { s.claims.Set(key, claims) }
