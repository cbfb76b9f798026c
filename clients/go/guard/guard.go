// Package guard lets another service take restauth's tokens: it verifies them
// with a copy of the code the server verifies them with, and refuses in the
// server's words and headers.
//
//	tokens, err := guard.New(guard.Config{Secret: secret})
//	...
//	http.Handle("GET /orders", tokens.Middleware(orders))
//
// and in the handler
//
//	id, ok := guard.UserID(r.Context())
//
// or guard.Subject, where the keys of users are texts.
//
// # What a local check cannot see
//
// A token says who logged in and until when, and nothing of what happened
// since. A user who is deleted after the login is let in here until the token
// ends, at most the server's --token-lifetime later. Where that is too long,
// [Config].Online asks the server about each token and keeps the answer for a
// short while; then a service is only as available as the login server.
//
// The secret signs as well as it verifies (HS256): every service that holds it
// could mint tokens for anyone. Give it only to services you trust with that;
// let others use Online's question, GET /auth/me, and no secret.
package guard

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/restauth/restauth/clients/go/guard/internal/keys"
	"github.com/restauth/restauth/clients/go/guard/internal/problem"
	"github.com/restauth/restauth/clients/go/guard/internal/token"
	"github.com/restauth/restauth/clients/go/guard/internal/userid"
)

const (
	// DefaultLeeway is the server's.
	DefaultLeeway = 10 * time.Second
	// anyLifetime fills a field that only minting needs.
	anyLifetime = time.Second
)

// Algorithm is what the server signs tokens with: its --token-algorithm.
type Algorithm = keys.Algorithm

// The algorithms.
const (
	HS256 = keys.HS256
	HS384 = keys.HS384
	HS512 = keys.HS512
)

// Profile is a library whose access tokens are taken, each by rules of its own: the
// server's --accept.
type Profile = token.Profile

// The profiles. A token that fits several is judged by the first that is accepted.
const (
	FlaskJWT         = token.FlaskJWT
	FlaskJWTExtended = token.FlaskJWTExtended
	SimpleJWT        = token.SimpleJWT
	PyJWT            = token.PyJWT
)

// Config is what New needs. Secret, Algorithm, Accept, RequiredClaims, Leeway and Issuer
// are those of the server.
type Config struct {
	// Secret is the server's RESTAUTH_SECRET_KEY, at least as long as Algorithm wants:
	// 32 bytes for HS256, 48 for HS384, 64 for HS512.
	Secret []byte
	// Algorithm is the one that tokens are signed with, HS256 when "". A token that is
	// signed with another is refused.
	Algorithm Algorithm
	// Accept are the profiles whose access tokens are taken, FlaskJWT alone when nil.
	Accept []Profile
	// RequiredClaims are which of exp, iat and nbf a token of FlaskJWT or PyJWT must have,
	// all three when nil; exp has to be there.
	RequiredClaims []string
	// AllowWeakSecret takes a shorter secret, as the server's
	// --allow-weak-secret does.
	AllowWeakSecret bool
	// Leeway is how far this machine's clock and the server's may differ, in
	// whole seconds: DefaultLeeway when 0, none when negative.
	Leeway time.Duration
	// Issuer refuses tokens of another issuer, when set.
	Issuer string
	// AuthorizationPrefix is a word that a token may follow beside Bearer and JWT, as the
	// server's --authorization-prefix; none when "".
	AuthorizationPrefix string
	// Realm is what challenges name, as the server's --realm; Login Required when "".
	Realm string
	// TextIDs says that the keys of the server's users are texts, such as UUIDs: a token
	// then names its user in a string, and one with a number is refused. Without it a
	// token names its user by a number, and one with a text is refused.
	TextIDs bool
	// Online asks the server whether the user still exists; nil asks nobody.
	Online *Online
	// Logger receives what a client is not told of a 500 or 503; none when nil.
	Logger *slog.Logger
	// Now tells the time, time.Now when nil.
	Now func() time.Time
}

// Guard lets requests with a good token through. It is safe for concurrent use.
type Guard struct {
	tokens *token.Service
	prefix string
	realm  string  // as a challenge has it, "" for the usual one
	online *online // nil when nobody is asked
	logger *slog.Logger
}

// New returns a Guard, or an error that names the setting at fault and never
// its value.
func New(cfg Config) (*Guard, error) {
	cfg.Algorithm = cmp.Or(cfg.Algorithm, HS256)
	if least := cfg.Algorithm.MinSecretBytes(); len(cfg.Secret) < least && !cfg.AllowWeakSecret {
		return nil, fmt.Errorf("guard: the secret is shorter than %d bytes and can be guessed from one token; "+
			"take a longer one on both sides, or set AllowWeakSecret", least)
	}
	switch {
	case cfg.Leeway == 0:
		cfg.Leeway = DefaultLeeway
	case cfg.Leeway < 0:
		cfg.Leeway = 0
	}
	if err := cfg.checkWords(); err != nil {
		return nil, err
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	ring, err := cfg.Algorithm.Single(cfg.Secret)
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	tokens, err := token.New(token.Config{
		Keys: ring, Lifetime: anyLifetime, Leeway: cfg.Leeway, Issuer: cfg.Issuer, Now: cfg.Now,
		Accept: cfg.Accept, RequiredClaims: cfg.RequiredClaims, Mint: token.Nothing,
		IDs: func() userid.Kind {
			if cfg.TextIDs {
				return userid.Texts
			}
			return userid.Numbers
		},
	})
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	g := &Guard{tokens: tokens, logger: cfg.Logger, prefix: cfg.AuthorizationPrefix}
	if cfg.Realm != "" {
		g.realm = problem.RealmOf(cfg.Realm)
	}
	if cfg.Online != nil {
		if g.online, err = newOnline(*cfg.Online, cfg.Now); err != nil {
			return nil, fmt.Errorf("guard: %w", err)
		}
	}
	return g, nil
}

// checkWords says what cannot stand in a header.
func (cfg Config) checkWords() error {
	switch {
	case cfg.AuthorizationPrefix != "" && !problem.ValidScheme(cfg.AuthorizationPrefix):
		return errors.New("guard: AuthorizationPrefix must be one word (RFC 9110, section 11.1)")
	case cfg.Realm != "" && !problem.ValidRealm(cfg.Realm):
		return errors.New("guard: Realm must be 1 to 128 visible ASCII characters and blanks, without quotes and backslashes")
	}
	return nil
}

// Refusal is the answer to a request without a good token, in the server's words:
// its status, its detail, the challenges it sends. It writes itself.
type Refusal = problem.Problem

type userKey struct{}

// UserID is the id of the user whose token came with the request: the primary
// key in restauth's user table. ok is false where no Guard let the request in, and
// where the key is a text or a number beyond int64: [Subject] has every key.
func UserID(ctx context.Context) (id int64, ok bool) {
	of, ok := ctx.Value(userKey{}).(userid.ID)
	if !ok {
		return 0, false
	}
	return of.Int64()
}

// Subject is the same id as a text, as the token's sub has it. ok is false where no
// Guard let the request in.
func Subject(ctx context.Context) (subject string, ok bool) {
	of, ok := ctx.Value(userKey{}).(userid.ID)
	if !ok {
		return "", false
	}
	return of.String(), true
}

// Authenticate judges a token and returns the context in which [UserID] and [Subject]
// name its user. An error is a [*Refusal], or a fault of the guard's. It is the hook that
// restauth's package api wants (api.Scheme.Authenticate), which knows a Refusal.
func (g *Guard) Authenticate(ctx context.Context, compact string) (context.Context, error) {
	claims, err := g.tokens.Verify(compact)
	var refused *token.Error
	switch {
	case errors.As(err, &refused):
		return ctx, problem.BadToken(refused.Description)
	case err != nil:
		return ctx, fmt.Errorf("verify the token: %w", err)
	}
	if g.online != nil {
		if err := g.online.check(ctx, compact, claims.UserID.String()); err != nil {
			return ctx, err
		}
	}
	return context.WithValue(ctx, userKey{}, claims.UserID), nil
}

// Middleware lets requests with a good token through to next and answers the
// others: 401, or 400 for a second Authorization header, or 503 when the online
// check cannot be made.
func (g *Guard) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		compact, err := problem.BearerToken(r, g.prefix)
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		ctx, err := g.Authenticate(r.Context(), compact)
		if err != nil {
			g.refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// refuse answers as the server does. A request id that an outer middleware has
// set is kept.
func (g *Guard) refuse(w http.ResponseWriter, r *http.Request, err error) {
	header := w.Header()
	id := header.Get("X-Request-Id")
	if id == "" {
		id = problem.RequestID(r, rand.Reader)
		header.Set("X-Request-Id", id)
	}
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	var refused *problem.Problem
	switch {
	case !errors.As(err, &refused):
		g.logger.ErrorContext(r.Context(), "a token could not be judged", "request_id", id, "error", err.Error())
		refused = &problem.Problem{Status: http.StatusInternalServerError, Detail: problem.Fault}
	case refused.Cause != nil:
		g.logger.WarnContext(r.Context(), "a token could not be checked online", "request_id", id, "error", refused.Cause.Error())
	}
	if g.realm != "" {
		refused = refused.InRealm(g.realm)
	}
	refused.Write(w, id)
}
