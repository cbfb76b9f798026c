package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

func newService(t *testing.T, secret string) service {
	t.Helper()
	orders, err := store.Open(t.Context(), ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = orders.Close() })
	handler, err := newHandler([]byte(secret), orders, "", slog.New(slog.NewJSONHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	answers := contracttest.New(t, contract)
	client, err := gen.NewClientWithResponses(server.URL, gen.WithHTTPClient(&http.Client{Transport: answers}))
	if err != nil {
		t.Fatal(err)
	}
	return service{client: client, contract: answers}
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
	s, ann, ben := newService(t, restauthtest.Secret), logins.Token("ann"), logins.Token("ben")
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
	if err := run(t.Context(), "127.0.0.1:0", ":memory:", nil); err == nil || !strings.Contains(err.Error(), "RESTAUTH_SECRET_KEY is not set") {
		t.Errorf("run() without a secret = %v", err)
	}
	if err := run(t.Context(), "127.0.0.1:0", ":memory:", []byte("short")); err == nil {
		t.Error("a secret that can be guessed is taken")
	}
}

// TestPlacedOrderIsTheListedOne: what POST answers is what GET finds later.
func TestPlacedOrderIsTheListedOne(t *testing.T) {
	logins := servers.WithUsers(t, []string{"ann"})
	s, ann := newService(t, restauthtest.Secret), logins.Token("ann")
	placed, err := s.client.PlaceOrderWithResponse(t.Context(), gen.NewOrder{Item: "tea", Quantity: 2}, as(ann))
	if err != nil || placed.JSON201 == nil {
		t.Fatalf("place: %v, %v", placed, err)
	}
	listed, err := s.client.ListOrdersWithResponse(t.Context(), nil, as(ann))
	if err != nil || listed.JSON200 == nil {
		t.Fatalf("list: %v, %v", listed, err)
	}
	if diff := cmp.Diff([]gen.Order{*placed.JSON201}, listed.JSON200.Orders); diff != "" {
		t.Errorf("placed (-), listed (+):\n%s", diff)
	}
}

// TestEndWaitsForRequests: a request that is under way when the service is told
// to end gets its answer before serve returns.
func TestEndWaitsForRequests(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	reached, release := make(chan struct{}), make(chan struct{})
	ended, answered := make(chan error, 1), make(chan error, 1)
	go func() {
		ended <- serve(ctx, listener, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			close(reached)
			<-release
		}))
	}()
	go func() {
		r, err := http.Get("http://" + listener.Addr().String())
		if err == nil {
			err = r.Body.Close()
		}
		answered <- err
	}()
	<-reached
	end()
	select {
	case err := <-ended:
		close(release)
		t.Fatalf("serve() = %v while a request was under way", err)
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	if err := <-answered; err != nil {
		t.Errorf("the request under way: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("serve() = %v", err)
	}
}
