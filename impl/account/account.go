// Package account is the domain: who may log in, and whom a token stands for.
// It knows no HTTP and no SQL; Users says what it needs of a database.
package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/token"
)

// Config is what New needs.
type Config struct {
	// Users is the table people log in against.
	Users Users
	// Tokens mints and verifies.
	Tokens *token.Service
	// AllowWeakHashes lets users in whose stored hash is a salted digest or
	// plain text (Werkzeug 0.x and 2.x). Each is warned about once.
	AllowWeakHashes bool
	// Logger receives the warnings; it never sees a password or a hash.
	Logger *slog.Logger
}

// Service answers logins and tokens. It is safe for concurrent use.
type Service struct {
	users     Users
	tokens    *token.Service
	allowWeak bool
	logger    *slog.Logger
	decoy     atomic.Pointer[password.Hash]
	warned    onceSet
}

// New returns a Service whose decoy has the cost of a new user's hash until
// LearnCost has seen the table.
func New(cfg Config) (*Service, error) {
	if cfg.Users == nil || cfg.Tokens == nil || cfg.Logger == nil {
		return nil, errors.New("account: Users, Tokens and Logger are required")
	}
	s := &Service{users: cfg.Users, tokens: cfg.Tokens, allowWeak: cfg.AllowWeakHashes, logger: cfg.Logger}
	decoy := password.Default()
	s.decoy.Store(&decoy)
	return s, nil
}

// Login returns a token for the user whom name and password belong to, or
// ErrInvalidCredentials after the same hashing work whatever was wrong, or an
// error wrapping ErrUnavailable when the database could not say.
func (s *Service) Login(ctx context.Context, username, pass string) (token.Token, error) {
	record, err := s.users.FindByUsername(ctx, username)
	if err != nil && !errors.Is(err, ErrUserNotFound) {
		return token.Token{}, fmt.Errorf("find the user: %w", err)
	}
	hash, usable := *s.decoy.Load(), false
	if err == nil {
		hash, usable = s.stored(ctx, record)
	}
	if match := hash.Verify(pass); !match || !usable {
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

// warnOnce logs once per user: an operator has to see it, a log must not fill
// with it.
func (s *Service) warnOnce(ctx context.Context, userID int64, message, method string) {
	if s.warned.add(userID) {
		s.logger.WarnContext(ctx, message, "user_id", userID, "method", method)
	}
}

// Identify returns the user a token stands for, as the table has it now. A bad
// token is a *token.Error, a deleted user ErrUserNotFound, an outage wraps
// ErrUnavailable.
func (s *Service) Identify(ctx context.Context, compact string) (User, error) {
	claims, err := s.tokens.Verify(compact)
	if err != nil {
		return User{}, err
	}
	user, err := s.users.FindByID(ctx, claims.UserID)
	if err != nil {
		return User{}, fmt.Errorf("find the token's user: %w", err)
	}
	return user, nil
}
