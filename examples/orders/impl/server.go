// Package impl answers the operations of the contract, one method for each
// operationId. What reaches it was validated and has a caller.
package impl

import (
	"context"
	"errors"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/clients/go/guard"
	"github.com/restauth/restauth/examples/orders/gen"
	"github.com/restauth/restauth/examples/orders/impl/store"
)

// Server implements gen.StrictServerInterface.
type Server struct {
	orders *store.Store
	now    func() time.Time
}

// New returns the operations over the given rows.
func New(orders *store.Store, now func() time.Time) *Server {
	return &Server{orders: orders, now: now}
}

// Bind ties the methods to the operations of the contract, for api.Config.
func (s *Server) Bind(contract func() ([]byte, error)) api.Bound {
	return api.Bind(contract, gen.NewStrictHandlerWithOptions, gen.HandlerWithOptions, gen.StrictServerInterface(s))
}

// caller is the user whose token came with the request. Every operation of
// this contract is guarded, so one is always there.
func caller(ctx context.Context) (int64, error) {
	id, ok := guard.UserID(ctx)
	if !ok {
		return 0, errors.New("impl: a guarded operation ran without a caller")
	}
	return id, nil
}
