// Package account is the domain: who may log in, and whom a token stands for.
// It knows no HTTP and no SQL; Users says what it needs of a database.
package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/token"
)

// Config is what New needs.
type Config struct {
	// Users is the table people log in against.
	Users Users
	// Tokens mints and verifies.
	Tokens *token.Service
	// Gate bounds what hashing takes of the machine; one with the defaults of
	// password.GateConfig when nil.
	Gate *password.Gate
	// AllowWeakHashes lets in users whose stored hash is a salted digest or
	// plain text (Werkzeug 0.x and 2.x). Each is warned about once.
	AllowWeakHashes bool
	// IdentityMaxAge is how old the table's answer may be that a token's user
	// is there and what the name is: a deleted user is refused within it. 0
	// asks for every token.
	IdentityMaxAge time.Duration
	// IdentityOutageGrace is how old it may be while the database cannot
	// answer. It has no effect while IdentityMaxAge is 0.
	IdentityOutageGrace time.Duration
	// Now tells the age of such an answer; time.Now when nil.
	Now func() time.Time
	// Logger receives the warnings; it never sees a password or a hash.
	Logger *slog.Logger
}

// Service answers logins and tokens. It is safe for concurrent use.
type Service struct {
	users      Users
	identities *identities
	tokens     *token.Service
	gate       *password.Gate
	allowWeak  bool
	logger     *slog.Logger
	decoy      atomic.Pointer[password.Hash]
	warned     onceSet
}

// New returns a Service whose decoy has the cost of a new user's hash until
// LearnCost has seen the table.
func New(cfg Config) (*Service, error) {
	if cfg.Users == nil || cfg.Tokens == nil || cfg.Logger == nil {
		return nil, errors.New("account: Users, Tokens and Logger are required")
	}
	if cfg.Gate == nil {
		var err error
		if cfg.Gate, err = password.NewGate(password.GateConfig{}); err != nil {
			return nil, fmt.Errorf("set up the hashing gate: %w", err)
		}
	}
	identities, err := newIdentities(cfg)
	if err != nil {
		return nil, err
	}
	s := &Service{
		users: cfg.Users, identities: identities, tokens: cfg.Tokens,
		gate: cfg.Gate, allowWeak: cfg.AllowWeakHashes, logger: cfg.Logger,
	}
	decoy := password.Default()
	s.decoy.Store(&decoy)
	return s, nil
}

// Login returns a token for the user whom name and password belong to, or
// ErrInvalidCredentials after the same hashing work whatever was wrong, or an
// error wrapping ErrUnavailable when the database could not say, or one
// wrapping a *password.BusyError when there are more logins than can be hashed.
// address is the client's, an opaque key under which its logins are counted.
func (s *Service) Login(ctx context.Context, username, pass, address string) (token.Token, error) {
	// By the name as it was typed and not by the row it finds: whoever is
	// refused must not learn from it whether there is one.
	client := password.Client{Address: address, Account: strings.ToLower(username)}
	decoy := *s.decoy.Load()
	if err := s.gate.Refuses(decoy, client); err != nil {
		return token.Token{}, fmt.Errorf("verify the password: %w", err) // Without a query.
	}
	begun := time.Now()
	record, err := s.users.FindByUsername(ctx, username)
	if err != nil && !errors.Is(err, ErrUserNotFound) {
		return token.Token{}, fmt.Errorf("find the user: %w", err)
	}
	hash, usable := decoy, false
	if err == nil {
		hash, usable = s.stored(ctx, record)
	}
	lookUp := time.Since(begun)
	match, err := s.gate.Verify(ctx, hash, pass, client)
	if err != nil {
		return token.Token{}, fmt.Errorf("verify the password: %w", err)
	}
	if !match || !usable {
		levelOut(lookUp)
		return token.Token{}, ErrInvalidCredentials
	}
	if hash.Weak() {
		s.warnOnce(ctx, record.ID, "a user logged in against a weak password hash", hash.Method())
	}
	minted, err := s.tokens.Mint(record.ID)
	if err != nil {
		return token.Token{}, fmt.Errorf("mint a token: %w", err)
	}
	return minted, nil
}

// stored returns what to verify against: the record's hash, or the decoy where
// that cannot be used, so that a broken row answers like a wrong password.
func (s *Service) stored(ctx context.Context, record Record) (password.Hash, bool) {
	decoy := *s.decoy.Load()
	if record.PasswordHash == "" {
		s.warnOnce(ctx, record.ID, "a user without a password tried to log in", "none")
		return decoy, false
	}
	hash, err := password.Parse(record.PasswordHash)
	if err != nil {
		s.warnOnce(ctx, record.ID, "a stored password hash cannot be verified", reason(err))
		return decoy, false
	}
	if hash.Weak() && !s.allowWeak {
		s.warnOnce(ctx, record.ID, "a weak password hash was refused", hash.Method())
		return decoy, false
	}
	return hash, true
}

// reason names what is wrong with a stored hash in words that are known to
// hold nothing of it.
func reason(err error) string {
	switch {
	case errors.Is(err, password.ErrTooCostly):
		return "too costly"
	case errors.Is(err, password.ErrUnsupported):
		return "unsupported method"
	default:
		return "malformed"
	}
}

// warnOnce logs once per user and kind of warning: an operator has to see each, a
// log must not fill with one.
func (s *Service) warnOnce(ctx context.Context, userID int64, message, method string) {
	if s.warned.add(warning{userID, message, method}) {
		s.logger.WarnContext(ctx, message, "user_id", userID, "method", method)
	}
}

// Close ends what goes on in the background, and waits for it: nothing asks the
// table afterwards. Requests that are still under way are answered as in an outage.
func (s *Service) Close() { s.identities.close() }

// Identify returns the user a token stands for, as the table had it at most
// IdentityMaxAge ago, or IdentityOutageGrace in an outage. A bad token is a
// *token.Error, a deleted user ErrUserNotFound, an outage beyond its grace
// wraps ErrUnavailable.
func (s *Service) Identify(ctx context.Context, compact string) (User, error) {
	claims, err := s.tokens.Verify(compact)
	if err != nil {
		return User{}, err
	}
	user, err := s.identities.find(ctx, claims.UserID)
	if err != nil {
		return User{}, fmt.Errorf("find the token's user: %w", err)
	}
	return user, nil
}
