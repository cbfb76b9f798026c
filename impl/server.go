// Package impl answers the operations of the contract, one method for each
// operationId: it reads the typed request, asks the domain, and returns a typed
// response. It sees no http.Request and parses no header; what reaches it has
// been validated and, where the contract says so, authenticated.
package impl

import (
	"context"
	"errors"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/gen"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/token"
)

// retryAfterSeconds is sent while the database is away, or hashing processes are
// killed: clients may come back as soon as it can possibly have been noticed.
const retryAfterSeconds = 1

// Config is what New needs.
type Config struct {
	// Accounts is the domain.
	Accounts *account.Service
	// Ready says whether requests can be served now. Its error is logged, unless it
	// is account.ErrUnavailable or account.ErrUnusable: who asks often shall not
	// fill the log with what stands in it.
	Ready func(context.Context) error
}

// Server implements gen.StrictServerInterface.
type Server struct {
	accounts *account.Service
	ready    func(context.Context) error
}

// New returns the operations over the given domain.
func New(cfg Config) *Server {
	return &Server{accounts: cfg.Accounts, ready: cfg.Ready}
}

// Bind ties the methods to the operations of the contract, for api.Config.
func (s *Server) Bind() api.Bound {
	return api.Bind(gen.Document, gen.NewStrictHandlerWithOptions, gen.HandlerWithOptions, gen.StrictServerInterface(s))
}

// Schemes answer for the security schemes of the contract, for api.Config.
func (s *Server) Schemes() map[string]api.Scheme {
	return map[string]api.Scheme{"bearer": {Authenticate: s.Authenticate}}
}

type callerKey struct{}

// called is a guarded operation's context: context.WithValue in one allocation, not
// in two.
type called struct {
	context.Context
	by account.Principal
}

// Value hands out by, which nobody changes, under callerKey.
func (c *called) Value(key any) any {
	if _, ok := key.(callerKey); ok {
		return &c.by
	}
	return c.Context.Value(key)
}

// caller returns whom Authenticate let in. It is there in every guarded
// operation.
func caller(ctx context.Context) (account.Principal, error) {
	by, ok := ctx.Value(callerKey{}).(*account.Principal)
	if !ok {
		return account.Principal{}, errors.New("impl: a guarded operation ran without a caller")
	}
	return *by, nil
}

// Authenticate is the api.Authenticate of this server: the token has to be
// good and its user in the table at this moment.
func (s *Server) Authenticate(ctx context.Context, compact string) (context.Context, error) {
	principal, err := s.accounts.Identify(ctx, compact)
	var refused *token.Error
	switch {
	case err == nil:
		return &called{ctx, principal}, nil
	case errors.As(err, &refused):
		return ctx, api.TokenRefused("Invalid token", refused.Description)
	case errors.Is(err, account.ErrUserNotFound):
		return ctx, api.TokenRefused("Invalid JWT", "User does not exist")
	default:
		return ctx, unexpected(err)
	}
}

// unexpected turns an outage into 503; anything else stays an opaque 500. A 503
// has no cause: that a database fails is logged where it begins, and a line for
// each request would say no more. The request's own line has its status.
func unexpected(err error) error {
	switch {
	case errors.Is(err, account.ErrUnusable):
		return api.Unavailable(unusable, retryAfterSeconds, nil)
	case errors.Is(err, account.ErrUnavailable):
		return api.Unavailable("The user database cannot be reached. Try again shortly.", retryAfterSeconds, nil)
	}
	return err
}

// unusable is the detail where trying again does not help. What is wrong is for
// the operator's eyes only.
const unusable = "The user table cannot be used until its operator puts something right; the server's log says what."
