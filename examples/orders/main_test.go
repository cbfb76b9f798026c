package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/restauth/restauth/api/contracttest"
	"github.com/restauth/restauth/clients/go/restauthtest"
	"github.com/restauth/restauth/examples/orders/gen"
	"github.com/restauth/restauth/examples/orders/impl/store"
)

var servers restauthtest.Builder

func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }

// service is the real handler over a real database, every answer validated.
type service struct {
	client   *gen.ClientWithResponses
	contract *contracttest.Transport
}

func serve(t *testing.T, secret string) service {
	t.Helper()
	orders, err := store.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = orders.Close() })
	handler, err := newHandler([]byte(secret), orders, slog.New(slog.NewJSONHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	contract := contracttest.New(t, gen.GetSpecJSON)
	client, err := gen.NewClientWithResponses(server.URL, gen.WithHTTPClient(&http.Client{Transport: contract}))
	if err != nil {
		t.Fatal(err)
	}
	return service{client: client, contract: contract}
}

// as sends a request with the token.
func as(token string) gen.RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// TestEveryOperation drives each operation to a success and to a failure. A new
// one fails here until it has both.
func TestEveryOperation(t *testing.T) {
	logins := servers.WithUsers(t, []string{"ann", "ben"})
	s, ann, ben := serve(t, restauthtest.Secret), logins.Token("ann"), logins.Token("ben")
	for _, c := range []struct {
		name string
		call func(context.Context) (int, []byte, error)
		want int
		body string // matched where it is not empty
	}{
		{"place", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.PlaceOrderWithResponse(ctx, gen.NewOrder{Item: "tea", Quantity: 2}, as(ann))
			return r.StatusCode(), r.Body, err
		}, 201, ""},
		{"place nothing", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.PlaceOrderWithResponse(ctx, gen.NewOrder{Item: "tea"}, as(ann))
			return r.StatusCode(), r.Body, err
		}, 400, ""},
		{"place, no token", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.PlaceOrderWithResponse(ctx, gen.NewOrder{Item: "tea", Quantity: 2})
			return r.StatusCode(), r.Body, err
		}, 401, ""},
		{"list", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.ListOrdersWithResponse(ctx, nil, as(ann))
			if err == nil && (len(r.JSON200.Orders) != 1 || r.JSON200.Orders[0].Item != "tea") {
				t.Errorf("ann's orders = %s", r.Body)
			}
			return r.StatusCode(), r.Body, err
		}, 200, ""},
		{"list another's", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.ListOrdersWithResponse(ctx, nil, as(ben))
			return r.StatusCode(), r.Body, err
		}, 200, `{"orders":[]}` + "\n"},
		{"list too many", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.ListOrdersWithResponse(ctx, &gen.ListOrdersParams{Limit: new(101)}, as(ann))
			return r.StatusCode(), r.Body, err
		}, 400, ""},
		{"list, no token", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.ListOrdersWithResponse(ctx, nil)
			return r.StatusCode(), r.Body, err
		}, 401, ""},
		// New cases go here.
	} {
		status, body, err := c.call(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if status != c.want || (c.body != "" && string(body) != c.body) {
			t.Errorf("%s = %d %s, want %d %s", c.name, status, body, c.want, c.body)
		}
	}
	for _, missing := range s.contract.MissingCases() {
		t.Error(missing)
	}
}

// TestNoSecretNoService: a forgotten setting ends the start.
func TestNoSecretNoService(t *testing.T) {
	if err := run(t.Context(), "127.0.0.1:0", ":memory:", nil); err == nil {
		t.Error("run() without a secret = nil")
	}
	if err := run(t.Context(), "127.0.0.1:0", ":memory:", []byte("short")); err == nil {
		t.Error("a secret that can be guessed is taken")
	}
}
