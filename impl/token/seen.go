package token

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/restauth/restauth/impl/recent"
)

// mostSeen bounds the tokens remembered, about 200 bytes each.
const mostSeen = 1 << 14

// seen remembers the claims of tokens that passed, by the SHA-256 of their
// compact form, so that a token which comes with every request of its holder
// costs one hash. Only what passed enters: who can't sign can't push anything
// out. The tokens themselves, which are credentials, are not kept.
//
// What is remembered belongs to the keys it passed with, by their edition. Once
// others are in their place it counts no more, and the token is verified anew,
// because its key may have left.
type seen struct{ tokens *recent.Cache[digest, passed] }

type digest [sha256.Size]byte

// passed is what is known of a token that did; it never changes.
type passed struct {
	edition uint64 // of the keys
	claims  Claims
}

func newSeen() seen {
	// A digest's bits are as good as random.
	return seen{recent.New[digest, passed](mostSeen, func(of digest) uint64 { return binary.LittleEndian.Uint64(of[:]) })}
}

// digestOf hashes a token without a copy of it on the heap, if it has the
// length of usual ones.
func digestOf(compact string) digest {
	var usual [512]byte
	return sha256.Sum256(append(usual[:0], compact...))
}

// find returns the claims of a token that passed before with these keys and holds
// still. Any other goes the long way, to be verified anew, or refused in its words.
func (s seen) find(of digest, edition uint64, now, leeway int64) (Claims, bool) {
	known := s.tokens.Get(of)
	if known == nil {
		return Claims{}, false
	}
	claims := &known.claims
	// The same three as in checkDates: clocks can be put back.
	if known.edition != edition ||
		claims.IssuedAt.Unix() > now+leeway || claims.NotBefore.Unix() > now+leeway || claims.ExpiresAt.Unix() < now-leeway {
		s.tokens.Forget(of, known)
		return Claims{}, false
	}
	return *claims, true
}

func (s seen) add(of digest, known passed) { s.tokens.Set(of, known) }
