package impl

import (
	"context"
	"errors"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/api/reqctx"
	"github.com/restauth/restauth/gen"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
	"github.com/restauth/restauth/impl/throttle"
)

// tooManyAtOnce is said where nothing has failed.
const tooManyAtOnce = "Too many logins at once. Try again later."

// Login answers POST /auth.
func (s *Server) Login(ctx context.Context, request gen.LoginRequestObject) (gen.LoginResponseObject, error) {
	device := orEmpty(request.Body.DeviceToken)
	principal, err := s.accounts.Verify(ctx, account.Credentials{
		Username: request.Body.Username, Password: request.Body.Password, Address: reqctx.From(ctx).ClientKey(), DeviceToken: device,
	})
	var (
		busy      *gate.BusyError
		throttled *throttle.RefusedError
	)
	switch {
	case errors.As(err, &throttled) && throttled.AtOnce:
		return nil, api.TooManyRequests(tooManyAtOnce, seconds(throttled.RetryAfter))
	case throttled != nil:
		return nil, api.TooManyRequests("Too many failed logins. Try again later.", seconds(throttled.RetryAfter))
	case errors.As(err, &busy):
		return nil, tooBusy(busy)
	case errors.Is(err, pool.ErrEnded):
		return nil, api.Unavailable("The password could not be checked this time. Try again shortly.", retryAfterSeconds, nil)
	case errors.Is(err, account.ErrInvalidCredentials):
		return nil, api.CredentialsRefused()
	case err != nil:
		return nil, unexpected(err)
	}
	minted, err := s.accounts.Issue(principal)
	if err != nil {
		return nil, err
	}
	if device, err = s.accounts.IssueDevice(principal, device); err != nil {
		return nil, err
	}
	return gen.Login200JSONResponse{Body: gen.Token{
		AccessToken: minted.Compact,
		TokenType:   gen.TokenTokenTypeBearer,
		ExpiresIn:   int64(minted.ExpiresIn / time.Second),
		DeviceToken: orAbsent(device),
	}}, nil
}

// orEmpty is a member that may be absent, and then "".
func orEmpty(member *string) string {
	if member == nil {
		return ""
	}
	return *member
}

// orAbsent is a member that is left out where it is "".
func orAbsent(member string) *string {
	if member == "" {
		return nil
	}
	return &member
}

// tooBusy answers a login that the hashing gate has no room for: 429 where the
// client is why, else 503.
func tooBusy(busy *gate.BusyError) *api.Problem {
	after := seconds(busy.RetryAfter)
	if busy.OneClient {
		return api.TooManyRequests(tooManyAtOnce, after)
	}
	// No cause: a line for each would make the log the storm's next victim. The
	// request's own line has its status.
	return api.Unavailable("There are more logins than this server can check. Try again later.", after, nil)
}

// seconds are whole ones: who comes back then does not come too early.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// GetCurrentUser answers GET /auth/me.
func (s *Server) GetCurrentUser(ctx context.Context, _ gen.GetCurrentUserRequestObject) (gen.GetCurrentUserResponseObject, error) {
	by, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	return gen.GetCurrentUser200JSONResponse{Body: gen.User{
		Id: idOf(by), Subject: by.Subject, Username: orAbsent(by.User.Username),
	}}, nil
}

// idOf is the caller's key where an int64 holds it, as every language makes one of the
// contract's number; nil where it does not.
func idOf(by account.Principal) *int64 {
	if n, ok := by.User.ID.Int64(); ok {
		return &n
	}
	return nil
}
