package impl

import (
	"context"

	"github.com/restauth/restauth/examples/orders/gen"
	"github.com/restauth/restauth/examples/orders/impl/store"
)

// usualLimit is what a caller gets who does not say how many orders to list.
const usualLimit = 20

// PlaceOrder answers POST /orders.
func (s *Server) PlaceOrder(ctx context.Context, request gen.PlaceOrderRequestObject) (gen.PlaceOrderResponseObject, error) {
	userID, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	order, err := s.orders.Add(ctx, store.Order{
		UserID: userID, Item: request.Body.Item, Quantity: request.Body.Quantity, PlacedAt: s.now().UTC(),
	})
	if err != nil {
		return nil, err
	}
	return gen.PlaceOrder201JSONResponse{Body: body(order)}, nil
}

// ListOrders answers GET /orders.
func (s *Server) ListOrders(ctx context.Context, request gen.ListOrdersRequestObject) (gen.ListOrdersResponseObject, error) {
	userID, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	limit := usualLimit
	if request.Params.Limit != nil {
		limit = *request.Params.Limit
	}
	orders, err := s.orders.List(ctx, userID, limit)
	if err != nil {
		return nil, err
	}
	list := gen.Orders{Orders: make([]gen.Order, 0, len(orders))} // [], not null, when there are none
	for _, o := range orders {
		list.Orders = append(list.Orders, body(o))
	}
	return gen.ListOrders200JSONResponse{Body: list}, nil
}

// body is a row as the contract has it.
func body(o store.Order) gen.Order {
	return gen.Order{Id: o.ID, Item: o.Item, Quantity: o.Quantity, PlacedAt: o.PlacedAt}
}
