package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/impl"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/store"
	"github.com/restauth/restauth/impl/token"
)

const (
	// retryEvery is how soon a database that comes up is noticed.
	retryEvery = 500 * time.Millisecond
	// learnEvery is how often the usual cost of a login is looked up again.
	learnEvery = 5 * time.Minute
)

var (
	errShuttingDown = errors.New("the server is shutting down")
	errUnchecked    = errors.New("the user table has not been checked yet")
)

// app is the assembled server without its listener.
type app struct {
	users    *store.Store
	accounts *account.Service
	gate     *password.Gate // nil until assembled
	handler  http.Handler
	log      logs
	settings *serveSettings

	checked  atomic.Bool // the table was found to be as it must
	draining atomic.Bool
	reported string // the last problem of the table that was logged
}

// newApp puts the parts together. It opens the database but asks nothing of
// it that a server may do without: that is check's.
func newApp(ctx context.Context, settings *serveSettings, secret []byte, log logs) (*app, error) {
	users, err := settings.open(ctx)
	if err != nil {
		return nil, err
	}
	a := &app{users: users, log: log, settings: settings}
	if err := a.assemble(ctx, secret); err != nil {
		return nil, errors.Join(err, users.Close())
	}
	return a, nil
}

func (a *app) assemble(ctx context.Context, secret []byte) error {
	secret, err := a.settings.orKept(ctx, secret, a.users, a.settings.embedded())
	if err != nil {
		return err
	}
	tokens, err := token.New(token.Config{
		Secret:   secret,
		Lifetime: a.settings.TokenLifetime,
		Leeway:   a.settings.Leeway,
		Issuer:   a.settings.Issuer,
	})
	if err != nil {
		return fmt.Errorf("set up tokens: %w", err)
	}
	gate, err := a.settings.gate(a.log.Logger)
	if err != nil {
		return err
	}
	a.gate = gate
	a.accounts, err = account.New(account.Config{
		Users:               a.users,
		Tokens:              tokens,
		Gate:                gate,
		AllowWeakHashes:     a.settings.AllowWeakHashes,
		IdentityMaxAge:      a.settings.IdentityMaxAge,
		IdentityOutageGrace: a.settings.IdentityOutageGrace,
		Logger:              a.log.Logger,
	})
	if err != nil {
		return fmt.Errorf("set up accounts: %w", err)
	}
	server := impl.New(impl.Config{Accounts: a.accounts, Ready: a.ready})
	a.handler, err = api.New(api.Config{
		Server:         server.Bind(),
		Schemes:        server.Schemes(),
		Logger:         a.log.Logger,
		AccessLog:      a.log.access,
		Docs:           a.settings.Docs,
		CORSOrigins:    a.settings.CORSOrigins,
		TrustedProxies: a.settings.TrustedProxies,
	})
	if err != nil {
		return fmt.Errorf("set up the API: %w", err)
	}
	return nil
}

// ready is what /readyz asks.
func (a *app) ready(ctx context.Context) error {
	switch {
	case a.draining.Load():
		return errShuttingDown
	case !a.checked.Load():
		return errUnchecked
	}
	return a.users.Ready(ctx)
}

// check looks the table over until it was once found right, and learns what a
// login usually costs. A failure to learn is no failure of the check.
func (a *app) check(ctx context.Context) error {
	if !a.checked.Load() {
		if err := a.users.Check(ctx); err != nil {
			return err
		}
		a.checked.Store(true)
	}
	if err := a.accounts.LearnCost(ctx); err != nil {
		a.log.Warn("the usual cost of a login could not be learnt; will try again", "error", err)
	}
	return nil
}

// tend goes on with check's work until ctx ends: often while the table is not
// known to be right, so that a database that was down at the start heals
// without a restart; seldom afterwards.
func (a *app) tend(ctx context.Context) {
	for {
		wait := learnEvery
		if !a.checked.Load() {
			wait = retryEvery
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		was := a.checked.Load()
		if err := a.check(ctx); err != nil {
			a.reportCheck(ctx, err)
		} else if !was {
			a.log.Info("the user table can be read now", "users", a.settings.redactedURL())
		}
	}
}

// reportCheck logs what is wrong with the table, once for each thing. An
// outage was logged when it began, at the start.
func (a *app) reportCheck(ctx context.Context, err error) {
	if ctx.Err() != nil || outage(err) || err.Error() == a.reported {
		return
	}
	a.reported = err.Error()
	a.log.Error("the user table cannot be used; not ready until that is put right", "error", err)
}

// outage reports whether err is of a kind that ends without anybody changing
// the settings.
func outage(err error) bool {
	return errors.Is(err, account.ErrUnavailable) && !errors.Is(err, store.ErrNoTLS)
}

// empty reports whether the table is known to have no users.
func (a *app) empty(ctx context.Context) bool {
	hashes, err := a.users.SampleHashes(ctx, 1)
	return err == nil && len(hashes) == 0
}

func (a *app) close() error {
	if a.gate != nil {
		a.gate.Close()
	}
	if err := a.users.Close(); err != nil {
		return fmt.Errorf("close the user database: %w", err)
	}
	return nil
}
