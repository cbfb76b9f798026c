package impl

import (
	"context"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/gen"
)

// Live answers GET /livez: that it answers is the answer.
func (s *Server) Live(context.Context, gen.LiveRequestObject) (gen.LiveResponseObject, error) {
	return gen.Live200JSONResponse{Body: healthy()}, nil
}

// Ready answers GET /readyz.
func (s *Server) Ready(ctx context.Context, _ gen.ReadyRequestObject) (gen.ReadyResponseObject, error) {
	if err := s.ready(ctx); err != nil {
		return nil, api.Unavailable("The server cannot answer logins now.", retryAfterSeconds, err)
	}
	return gen.Ready200JSONResponse{Body: healthy()}, nil
}

func healthy() gen.Health { return gen.Health{Status: gen.HealthStatusOk} }
