package impl

import (
	"context"
	"errors"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/gen"
	"github.com/restauth/restauth/impl/account"
)

// Login answers POST /auth.
func (s *Server) Login(ctx context.Context, request gen.LoginRequestObject) (gen.LoginResponseObject, error) {
	minted, err := s.accounts.Login(ctx, request.Body.Username, request.Body.Password)
	switch {
	case errors.Is(err, account.ErrInvalidCredentials):
		refused := api.CredentialsRefused()
		return gen.Login401ApplicationProblemPlusJSONResponse{
			InvalidCredentialsApplicationProblemPlusJSONResponse: gen.InvalidCredentialsApplicationProblemPlusJSONResponse{
				Body:    refused.Body(ctx),
				Headers: gen.InvalidCredentialsResponseHeaders{WWWAuthenticate: refused.Challenges[0]},
			},
		}, nil
	case err != nil:
		return nil, unexpected(err)
	}
	return gen.Login200JSONResponse{Body: gen.Token{
		AccessToken: minted.Compact,
		TokenType:   gen.TokenTypeBearer,
		ExpiresIn:   int64(minted.ExpiresIn / time.Second),
	}}, nil
}

// GetCurrentUser answers GET /auth/me.
func (s *Server) GetCurrentUser(ctx context.Context, _ gen.GetCurrentUserRequestObject) (gen.GetCurrentUserResponseObject, error) {
	user, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	body := gen.User{Id: user.ID}
	if user.Username != "" {
		body.Username = &user.Username
	}
	return gen.GetCurrentUser200JSONResponse{Body: body}, nil
}
