// Command orders is a small API of its own that takes a login server's tokens:
// spec first, everything the spec promises enforced by package api, the caller
// named by package guard. README.md adds an endpoint to it, step by step.
//
// Give it the login server's secret in RESTAUTH_SECRET_KEY:
//
//	go -C examples run ./orders -listen 127.0.0.1:8080
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/clients/go/guard"
	"github.com/restauth/restauth/examples/orders/impl"
	"github.com/restauth/restauth/examples/orders/impl/store"
)

// drain is how long requests under way may take when the service ends.
const drain = 20 * time.Second

//go:embed openapi.yaml
var openapi []byte

// contract is the document as it was written, in its author's order.
func contract() ([]byte, error) { return openapi, nil }

//go:generate go tool oapi-codegen -config oapi-codegen.yaml openapi.yaml

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to listen on")
	file := flag.String("orders", "orders.db", "database file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *listen, *file, []byte(os.Getenv("RESTAUTH_SECRET_KEY")))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "orders:", err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, listen, file string, secret []byte) error {
	if len(secret) == 0 {
		return errors.New("RESTAUTH_SECRET_KEY is not set: set it to the login server's secret")
	}
	orders, err := store.Open(ctx, file)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return errors.Join(err, orders.Close())
	}
	address := "http://" + listener.Addr().String()
	handler, err := newHandler(secret, orders, address, slog.Default())
	if err != nil {
		return errors.Join(err, listener.Close(), orders.Close())
	}
	fmt.Fprintf(os.Stdout, "orders is listening on %[1]s; try it at %[1]s/docs\n", address)
	// The rows are closed after the last request that may need them.
	return errors.Join(serve(ctx, listener, handler), orders.Close())
}

// serve answers until ctx ends, and then returns once the requests under way
// have their answers.
func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	return server.Shutdown(ctx)
}

// newHandler puts the parts together: this is all that a service of your own
// needs beside its openapi.yaml and its methods. The contract names address.
func newHandler(secret []byte, orders *store.Store, address string, log *slog.Logger) (http.Handler, error) {
	tokens, err := guard.New(guard.Config{Secret: secret, Logger: log})
	if err != nil {
		return nil, err
	}
	return api.New(api.Config{
		Server:    impl.New(orders, time.Now).Bind(contract),
		Schemes:   map[string]api.Scheme{"bearer": {Authenticate: tokens.Authenticate}},
		Logger:    log,
		PublicURL: address,
		Docs:      true,
	})
}
