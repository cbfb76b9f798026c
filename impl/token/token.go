// Package token mints and verifies the access tokens of the login server:
// JSON Web Tokens (RFC 7519) in compact form (RFC 7515 section 7.1), signed by
// the keys of a keyring (package keys). Today's keys are for HMAC, with a secret
// shared with whoever else verifies them.
//
// A minted token carries the claims that Flask-JWT 0.3.2 writes, exp, iat, nbf
// and identity, so that a Flask-JWT service with the same secret accepts it,
// and beside them sub, jti and, when configured, iss, which Flask-JWT ignores.
// A token minted by Flask-JWT is accepted here in the same way. No aud is
// written, because PyJWT 1.4.2 refuses every token that has one.
// Tokens of other libraries are taken where Config.Accept says so, each kind by rules
// of its own; see [Profile].
//
// # What is refused
//
// Verify treats a token as hostile until its signature is proven, and its
// claims as hostile even then, because others hold the secret too. It follows
// RFC 8725 and is stricter than both PyJWT and golang-jwt: one algorithm for a
// key, one spelling of every byte (canonical base64url, no white space, no
// padding), JSON without duplicate or case-variant names, numbers that are
// integers. The first thing found wrong is reported, in the order in which
// PyJWT looks, and in its words where it has any; see [Error].
//
// # Which key
//
// A kid that names a key of the ring means that key alone. A token without one,
// or with one that names none, is tried with the unnamed keys: sister
// applications that share such a key's secret write what they like there. The
// header's alg must be the key's own; it chooses nothing. A token whose key has
// left the ring is refused on its next use, however often it passed before.
//
// # Who the token speaks for
//
// The identity claim is the authority. In a service whose users have numbers for
// keys it is a JSON integer of any size, or a string of its digits; where they have
// texts, a string alone. A sub that is present must name the
// same user: services that read sub instead of identity share the secret, and
// a token that means one user here and another there is an attack or a fault.
package token

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/userid"
)

// Service mints and verifies tokens under one Config. It is safe for
// concurrent use.
type Service struct {
	keys     *keys.Ring
	lifetime int64 // seconds
	leeway   int64 // seconds
	// notBefore is how many seconds after iat nbf is, in minted tokens.
	notBefore int64
	issuer    string
	profile   Profile  // of minted tokens
	extra     []string // the claims that MintWith may write
	accepted  accepted
	ids       func() userid.Kind
	now       func() time.Time
	rand      io.Reader
	seen      seen
	counts    counts
}

// Claims is what a verified token says.
type Claims struct {
	// UserID is whom the identity claim names, or the claim that the token's profile
	// has in its place: a number or a text as Config.IDs says. Any
	// number passes here, zero and negative ones too: whether such a user exists
	// is not this package's question.
	UserID userid.ID

	// ID is the jti claim, "" for a token without one (Flask-JWT's).
	ID string

	// IssuedAt, NotBefore and ExpiresAt are iat, nbf and exp as the token has
	// them, without leeway, in UTC. The first two are zero where it has none, which
	// its profile has to allow.
	IssuedAt, NotBefore, ExpiresAt time.Time
}

// New returns a Service for cfg, or an error that names the setting at fault
// and never its value.
func New(cfg Config) (*Service, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("configure tokens: %w", err)
	}
	accepted, err := newAccepted(cfg.Accept, cfg.RequiredClaims)
	if err != nil {
		return nil, fmt.Errorf("configure tokens: %w", err)
	}
	s := &Service{
		seen:      newSeen(),
		keys:      cfg.Keys,
		lifetime:  int64(cfg.Lifetime / time.Second),
		leeway:    int64(cfg.Leeway / time.Second),
		notBefore: int64(cfg.NotBeforeDelta / time.Second),
		issuer:    cfg.Issuer,
		profile:   cmp.Or(cfg.Mint, FlaskJWT),
		extra:     slices.Clone(cfg.Extra),
		accepted:  accepted,
		ids:       cfg.IDs,
		now:       cfg.Now,
		rand:      cfg.Rand,
	}
	s.counts.begin()
	if s.ids == nil {
		s.ids = func() userid.Kind { return userid.Numbers }
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	return s, nil
}

// IDs is what the keys of users are, as far as is known now.
func (s *Service) IDs() userid.Kind { return s.ids() }
