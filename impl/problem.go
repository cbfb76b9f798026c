package impl

import (
	"context"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/api/reqctx"
	"github.com/restauth/restauth/gen"
)

// body is a refusal as a typed response carries it.
func body(ctx context.Context, refused *api.Problem) gen.Problem {
	b := refused.Body(reqctx.From(ctx).ID)
	return gen.Problem{
		Type: b.Type, Title: b.Title, Status: b.Status, Detail: b.Detail, RequestId: b.RequestID,
		StatusCode: b.StatusCode, Error: b.Error, Description: b.Description,
	}
}
