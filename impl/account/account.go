// Package account is the domain: who may log in, and whom a token stands for.
// It knows no HTTP and no SQL; Users says what it needs of a database.
//
// A login is two steps, because what comes between them is not the password's
// business (decision 15):
//
//	principal, err := accounts.Verify(ctx, credentials) // who is it?
//	minted, err := accounts.Issue(principal)            // a token for them
//	device, err := accounts.IssueDevice(principal, "")  // and one for the next login
//
// and a token is turned back into the same Principal:
//
//	principal, err := accounts.Identify(ctx, minted.Compact)
package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
	"github.com/restauth/restauth/impl/token"
)

// Config is what New needs.
type Config struct {
	// Users is the table people log in against.
	Users Users
	// Tokens mints and verifies.
	Tokens *token.Service
	// Keys has the root of the key that fingerprints are made under.
	Keys *keys.Ring
	// Gate bounds what hashing takes of the machine; nil for one with the defaults of
	// gate.Config on the threads of this process.
	Gate *gate.Gate
	// AllowWeakHashes lets in users whose stored hash is a salted digest or
	// plain text (Werkzeug 0.x and 2.x). Each is warned about once.
	AllowWeakHashes bool
	// Hashes is what the application beside did to passwords that the stored hash
	// does not tell.
	Hashes password.Options
	// IdentityMaxAge is how old the table's answer may be that a token's user
	// is there and what the name is: a deleted user is refused within it. 0
	// asks for every token.
	IdentityMaxAge time.Duration
	// IdentityOutageGrace is how old it may be while the database cannot
	// answer. It has no effect while IdentityMaxAge is 0.
	IdentityOutageGrace time.Duration
	// DeviceLifetime is how long a device token is good. 0 gives none, and none that was
	// given before counts.
	DeviceLifetime time.Duration
	// KnownAddressAge is for how long a user is known at an address after logging in from
	// there, in days: a part of one does not count. 0 knows nobody so.
	KnownAddressAge time.Duration
	// Addresses keeps them; nil for in this process alone.
	Addresses AddressBook
	// Random is where the ids of devices come from; crypto/rand when nil. It must be safe
	// for concurrent use.
	Random io.Reader
	// Limiter bounds the guesses at passwords; nothing does when nil.
	Limiter Limiter
	// Now tells the age of such an answer, and when somebody logged in; time.Now
	// when nil.
	Now func() time.Time
	// Audit records how each login ended, and what is wrong with stored hashes; one
	// over Logger alone when nil.
	Audit *audit.Trail
	// Logger receives the warnings; it never sees a password or a hash.
	Logger *slog.Logger
}

// Service answers logins and tokens. It is safe for concurrent use.
type Service struct {
	users       Users
	identities  *identities
	tokens      *token.Service
	fingerprint func(Record) Fingerprint
	devices     *devices
	addresses   *addresses
	gate        *gate.Gate
	allowWeak   bool
	hashes      password.Options
	log         *slog.Logger
	useless     atomic.Pointer[string] // what was said last of hashes that let nobody in
	now         func() time.Time
	audit       *audit.Trail
	decoy       atomic.Pointer[password.Hash]
	warned      onceSet
	limiter     Limiter
	crowds      crowds
	sleepUntil  func(time.Time)
}

// New returns a Service whose decoy has the cost of a new user's hash until
// LearnCost has seen the table.
func New(cfg Config) (*Service, error) {
	if cfg.Users == nil || cfg.Tokens == nil || cfg.Keys == nil || cfg.Logger == nil {
		return nil, errors.New("account: Users, Tokens, Keys and Logger are required")
	}
	if err := cfg.Hashes.Check(); err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Gate == nil {
		var err error
		if cfg.Gate, err = pool.NewGate(pool.Config{}, gate.Config{}); err != nil {
			return nil, fmt.Errorf("set up the hashing gate: %w", err)
		}
	}
	if cfg.Audit == nil {
		var err error
		if cfg.Audit, err = audit.New(audit.Config{Logger: cfg.Logger, Now: cfg.Now}); err != nil {
			return nil, fmt.Errorf("set up the audit: %w", err)
		}
	}
	fingerprint, err := newFingerprint(cfg.Keys)
	if err != nil {
		return nil, err
	}
	devices, err := newDevices(cfg)
	if err != nil {
		return nil, err
	}
	addresses, err := newAddresses(cfg)
	if err != nil {
		return nil, err
	}
	identities, err := newIdentities(cfg)
	if err != nil {
		return nil, err
	}
	s := &Service{
		users: cfg.Users, identities: identities, tokens: cfg.Tokens, fingerprint: fingerprint, devices: devices, addresses: addresses,
		gate: cfg.Gate, allowWeak: cfg.AllowWeakHashes, hashes: cfg.Hashes, log: cfg.Logger, now: cfg.Now, audit: cfg.Audit, limiter: cfg.Limiter, sleepUntil: sleepUntil,
	}
	decoy := password.Default()
	s.decoy.Store(&decoy)
	return s, nil
}

// Close ends what goes on in the background, and waits for it: nothing asks the
// table, or the state, afterwards. Requests that are still under way are answered as in an outage.
func (s *Service) Close() {
	s.identities.close()
	s.addresses.close()
}

// Issue returns a token for whom Verify let in: what stands between the two, a second
// factor say, or a session that is opened, has what it found in the Principal by then.
func (s *Service) Issue(principal Principal) (token.Token, error) {
	if principal.Subject == "" {
		return token.Token{}, errors.New("account: a token was asked for nobody")
	}
	minted, err := s.tokens.MintWith(principal.User.ID, principal.Claims)
	if err != nil {
		return token.Token{}, fmt.Errorf("mint a token: %w", err)
	}
	return minted, nil
}

// Identify returns whom a token stands for, as the table had it at most
// IdentityMaxAge ago, or IdentityOutageGrace in an outage. A bad token is a
// *token.Error, a deleted user ErrUserNotFound, an outage beyond its grace
// wraps ErrUnavailable.
func (s *Service) Identify(ctx context.Context, compact string) (Principal, error) {
	claims, err := s.tokens.Verify(compact)
	if errors.Is(err, token.ErrUndecided) {
		return Principal{}, fmt.Errorf("%w: %w", ErrUnavailable, err) // the table was never reached
	}
	if err != nil {
		return Principal{}, err
	}
	found, err := s.identities.find(ctx, claims.UserID)
	if err != nil {
		return Principal{}, fmt.Errorf("find the token's user: %w", err)
	}
	return found.identified(&claims), nil
}
