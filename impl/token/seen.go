package token

import (
	"crypto/sha256"
	"fmt"

	"github.com/maypok86/otter/v2"
)

// mostSeen bounds the tokens remembered, about 200 bytes each.
const mostSeen = 1 << 14

// seen remembers the claims of tokens that passed, by the SHA-256 of their
// compact form, so that a token which comes with every request of its holder
// costs one hash. Only what passed enters: who can't sign can't push anything
// out. The tokens themselves, which are credentials, are not kept.
type seen struct {
	claims *otter.Cache[digest, Claims]
}

type digest [sha256.Size]byte

func newSeen() (seen, error) {
	claims, err := otter.New(&otter.Options[digest, Claims]{MaximumSize: mostSeen})
	if err != nil {
		return seen{}, fmt.Errorf("make the cache of seen tokens: %w", err)
	}
	return seen{claims}, nil
}

// find returns the claims of a token that passed before and holds still. A
// token whose time is over goes the long way, to be refused in its words.
func (s seen) find(key digest, now, leeway int64) (Claims, bool) {
	claims, ok := s.claims.GetIfPresent(key)
	if !ok {
		return Claims{}, false
	}
	// The same three as in checkDates: clocks can be put back.
	if claims.IssuedAt.Unix() > now+leeway || claims.NotBefore.Unix() > now+leeway || claims.ExpiresAt.Unix() < now-leeway {
		s.claims.Invalidate(key)
		return Claims{}, false
	}
	return claims, true
}

func (s seen) add(key digest, claims Claims) { s.claims.Set(key, claims) }
