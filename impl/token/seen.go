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
//
// What is remembered belongs to the keys it passed with, by their edition. Once
// others are in their place it counts no more, and the token is verified anew,
// because its key may have left.
type seen struct {
	tokens *otter.Cache[digest, passed]
	recent *[mostRecent]atomic.Pointer[recent]
}

type digest [sha256.Size]byte

// passed is what is known of a token that did; it never changes.
type passed struct {
	edition uint64 // of the keys
	claims  Claims
}

// recent is one that came lately, alone in its place.
type recent struct {
	digest digest
	passed
}

func newSeen() (seen, error) {
	tokens, err := otter.New(&otter.Options[digest, passed]{MaximumSize: mostSeen})
	if err != nil {
		return seen{}, fmt.Errorf("make the cache of seen tokens: %w", err)
	}
	return seen{tokens: tokens, recent: new([mostRecent]atomic.Pointer[recent])}, nil
}

// digestOf hashes a token without a copy of it on the heap, if it has the
// length of usual ones.
func digestOf(compact string) digest {
	var usual [512]byte
	return sha256.Sum256(append(usual[:0], compact...))
}

// place is where a recent token stands: a digest's bits are as good as random.
func (s seen) place(of digest) *atomic.Pointer[recent] {
	return &s.recent[binary.LittleEndian.Uint64(of[:8])%mostRecent]
}

// find returns the claims of a token that passed before with these keys and holds
// still. Any other goes the long way, to be verified anew, or refused in its words.
func (s seen) find(of digest, edition uint64, now, leeway int64) (Claims, bool) {
	known := s.remembered(of)
	if known == nil {
		return Claims{}, false
	}
	claims := &known.claims
	// The same three as in checkDates: clocks can be put back.
	if known.edition != edition ||
		claims.IssuedAt.Unix() > now+leeway || claims.NotBefore.Unix() > now+leeway || claims.ExpiresAt.Unix() < now-leeway {
		s.forget(of)
		return Claims{}, false
	}
	return *claims, true
}

// remembered returns what is known of a token that passed, nil of any other.
func (s seen) remembered(of digest) *passed {
	place := s.place(of)
	if last := place.Load(); last != nil && last.digest == of {
		return &last.passed
	}
	known, ok := s.tokens.GetIfPresent(of)
	if !ok {
		return nil
	}
	last := &recent{of, known}
	place.Store(last)
	return &last.passed
}

func (s seen) forget(of digest) {
	s.tokens.Invalidate(of)
	if place := s.place(of); place.Load() != nil {
		place.Store(nil)
	}
}

func (s seen) add(of digest, known passed) { s.tokens.Set(of, known) }
