// Package token mints and verifies the access tokens of the login server:
// JSON Web Tokens (RFC 7519) in compact form (RFC 7515 section 7.1), signed by
// the keys of a keyring (package keys). Today's key is HMAC-SHA-256 with a
// secret shared with whoever else verifies them.
//
// A minted token carries the claims that Flask-JWT 0.3.2 writes, exp, iat, nbf
// and identity, so that a Flask-JWT service with the same secret accepts it,
// and beside them sub, jti and, when configured, iss, which Flask-JWT ignores.
// A token minted by Flask-JWT is accepted here in the same way. No aud is
// written, because PyJWT 1.4.2 refuses every token that has one.
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
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"
	"unicode/utf8"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/userid"
)

// maxIssuer bounds Config.Issuer in bytes, so that a token of ours stays far
// below maxCompact however its issuer is escaped.
const maxIssuer = 255

// maxLifetime bounds Config.Lifetime and Config.Leeway. A hundred years is a
// mistake for either; the bound keeps sums of seconds away from overflow.
const maxLifetime = 100 * 365 * 24 * time.Hour

// Config says how tokens are signed and how long they hold.
type Config struct {
	// Keys sign and verify, whichever are in the ring at that moment.
	Keys *keys.Ring

	// Lifetime is how long a minted token holds: more than zero, in whole
	// seconds, because the claims count whole seconds.
	Lifetime time.Duration

	// Leeway is how far the clocks of minter and verifier may differ: zero or
	// more, in whole seconds. It is granted once on each of exp, iat and nbf.
	Leeway time.Duration

	// Issuer is the iss of minted tokens. When set, a token with another iss
	// is refused; a token without one is accepted, for Flask-JWT writes none.
	// When empty, no iss is written and none is looked at.
	Issuer string

	// IDs says what the keys of users are, and so how an identity claim is read;
	// nil for numbers. While it says userid.Unknown no token can be judged.
	IDs func() userid.Kind

	// Now tells the time; time.Now when nil.
	Now func() time.Time

	// Rand is where token ids come from; crypto/rand when nil. It must be safe
	// for concurrent use.
	Rand io.Reader
}

// Service mints and verifies tokens under one Config. It is safe for
// concurrent use.
type Service struct {
	keys     *keys.Ring
	lifetime int64 // seconds
	leeway   int64 // seconds
	issuer   string
	ids      func() userid.Kind
	now      func() time.Time
	rand     io.Reader
	seen     seen
	counts   counts
}

// Claims is what a verified token says.
type Claims struct {
	// UserID is the identity claim, a number or a text as Config.IDs says. Any
	// number passes here, zero and negative ones too: whether such a user exists
	// is not this package's question.
	UserID userid.ID

	// ID is the jti claim, "" for a token without one (Flask-JWT's).
	ID string

	// IssuedAt, NotBefore and ExpiresAt are iat, nbf and exp as the token has
	// them, without leeway, in UTC.
	IssuedAt, NotBefore, ExpiresAt time.Time
}

// New returns a Service for cfg, or an error that names the setting at fault
// and never its value.
func New(cfg Config) (*Service, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("configure tokens: %w", err)
	}
	s := &Service{
		seen:     newSeen(),
		keys:     cfg.Keys,
		lifetime: int64(cfg.Lifetime / time.Second),
		leeway:   int64(cfg.Leeway / time.Second),
		issuer:   cfg.Issuer,
		ids:      cfg.IDs,
		now:      cfg.Now,
		rand:     cfg.Rand,
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

// check reports the first setting that no token could be made or judged with.
func (cfg Config) check() error {
	switch {
	case cfg.Keys == nil:
		return errors.New("there are no keys")
	case cfg.Lifetime <= 0 || cfg.Lifetime > maxLifetime:
		return errors.New("the lifetime must be more than zero and at most a hundred years")
	case cfg.Leeway < 0 || cfg.Leeway > maxLifetime:
		return errors.New("the leeway must be zero or more and at most a hundred years")
	case cfg.Lifetime%time.Second != 0 || cfg.Leeway%time.Second != 0:
		return errors.New("the lifetime and the leeway must be whole seconds")
	case len(cfg.Issuer) > maxIssuer:
		return fmt.Errorf("the issuer is longer than %d bytes", maxIssuer)
	case !utf8.ValidString(cfg.Issuer):
		return errors.New("the issuer is not valid UTF-8")
	}
	return nil
}
