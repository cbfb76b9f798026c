package impl

import (
	"context"

	"github.com/restauth/restauth/gen"
)

// greeting is the tutorial's, word for word: clients compare it.
const greeting = "You are an authenticate person to see this message"

// GetRestAuth answers GET /rest-auth.
func (s *Server) GetRestAuth(ctx context.Context, _ gen.GetRestAuthRequestObject) (gen.GetRestAuthResponseObject, error) {
	if _, err := caller(ctx); err != nil {
		return nil, err
	}
	return gen.GetRestAuth200JSONResponse{Body: greeting}, nil
}
