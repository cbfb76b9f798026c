package impl

import (
	"context"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/gen"
)

// body is a refusal as a typed response carries it.
func body(ctx context.Context, refused *api.Problem) gen.Problem {
	b := refused.Body(api.RequestID(ctx))
	return gen.Problem{
		Type: b.Type, Title: b.Title, Status: b.Status, Detail: b.Detail, RequestId: b.RequestID,
		StatusCode: b.StatusCode, Error: b.Error, Description: b.Description,
	}
}
