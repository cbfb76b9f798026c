package impl

import (
	"context"
	"errors"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/gen"
	"github.com/restauth/restauth/impl/account"
)

// Probes are the operations that supervisors ask for every few seconds.
func Probes() []string { return []string{"live", "ready"} }

// Live answers GET /livez: that it answers is the answer.
func (s *Server) Live(context.Context, gen.LiveRequestObject) (gen.LiveResponseObject, error) {
	return gen.Live200JSONResponse{Body: healthy()}, nil
}

// Ready answers GET /readyz.
func (s *Server) Ready(ctx context.Context, _ gen.ReadyRequestObject) (gen.ReadyResponseObject, error) {
	switch err := s.ready(ctx); {
	case errors.Is(err, account.ErrUnavailable), errors.Is(err, account.ErrUnusable):
		return nil, unexpected(err)
	case err != nil:
		return nil, api.Unavailable("The server cannot answer logins now.", retryAfterSeconds, err)
	}
	return gen.Ready200JSONResponse{Body: healthy()}, nil
}

func healthy() gen.Health { return gen.Health{Status: gen.HealthStatusOk} }
