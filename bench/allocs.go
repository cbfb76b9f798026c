package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/impl"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
)

// allocations counts those of a guarded request within this process: the
// handlers alone, without net/http's connection.
func (b *bench) allocations(ctx context.Context) error {
	table, err := state.OpenEmbedded(ctx, state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + b.file("small.db")}})
	if err != nil {
		return err
	}
	defer table.Close()
	handler, err := b.handler(table)
	if err != nil {
		return err
	}
	minted, err := b.people.tokens.Mint(userid.Number(1))
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "/rest-auth", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+minted.Compact)
	request.RemoteAddr = "127.0.0.1:50000"
	answer := &discard{header: http.Header{}}
	handler.ServeHTTP(answer, request)
	if answer.status != http.StatusOK {
		return fmt.Errorf("the guarded request answers %d", answer.status)
	}
	plain := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range answer.header {
			w.Header()[name] = values
		}
		_, _ = w.Write(answer.body) // it cannot fail
	})
	each := func(h http.Handler) float64 {
		return testing.AllocsPerRun(2000, func() { h.ServeHTTP(&discard{header: http.Header{}}, request) })
	}
	least, ours := each(plain), each(handler)
	b.note("allocations", bare, least)
	b.note("allocations", onSQLite, ours)
	b.note("allocations added", onSQLite, ours-least)
	return nil
}

// handler is put together as `restauth serve` does.
func (b *bench) handler(table *state.Embedded) (http.Handler, error) {
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	accounts, err := account.New(account.Config{
		Users: table, Tokens: b.people.tokens, Keys: b.people.keys, AllowWeakHashes: true, Logger: log,
		IdentityMaxAge: time.Second, IdentityOutageGrace: 30 * time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("set up accounts: %w", err)
	}
	server := impl.New(impl.Config{Accounts: accounts, Ready: func(context.Context) error { return errors.New("not asked") }})
	handler, err := api.New(api.Config{Server: server.Bind(), Schemes: server.Schemes(), Logger: log})
	if err != nil {
		return nil, fmt.Errorf("set up the API: %w", err)
	}
	return handler, nil
}

// discard keeps the first answer's body and forgets the rest.
type discard struct {
	header http.Header
	status int
	body   []byte
}

func (d *discard) Header() http.Header { return d.header }

func (d *discard) WriteHeader(status int) { d.status = status }

func (d *discard) Write(p []byte) (int, error) {
	if d.status == 0 {
		d.status = http.StatusOK
	}
	d.body = p
	return len(p), nil
}
