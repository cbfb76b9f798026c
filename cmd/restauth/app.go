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
	// retryEvery is how soon a database that comes up is noticed, and retryLasting
	// how soon that somebody put right what kept it from being used: a server may
	// lock out who asks too often with a wrong password.
	retryEvery   = 500 * time.Millisecond
	retryLasting = 2 * time.Second
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
	watch    *watch // users, as everybody but check asks it
	accounts *account.Service
	gate     *password.Gate // nil until assembled
	handler  http.Handler
	log      logs
	settings *serveSettings

	checked  atomic.Bool // the table was found to be as it must
	draining atomic.Bool
}

// newApp puts the parts together. It opens the database but asks nothing of
// it that a server may do without: that is check's. The contract names base.
func newApp(ctx context.Context, settings *serveSettings, secret []byte, base string, log logs) (*app, error) {
	users, err := settings.open(ctx, log.Logger)
	if err != nil {
		return nil, err
	}
	a := &app{users: users, watch: newWatch(users, log.Logger, settings.redactedURL(), time.Now), log: log, settings: settings}
	if err := a.assemble(ctx, secret, base); err != nil {
		return nil, errors.Join(err, users.Close())
	}
	return a, nil
}

func (a *app) assemble(ctx context.Context, secret []byte, base string) error {
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
		Users:               a.watch,
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
		PublicURL:      base,
		Docs:           a.settings.Docs,
		Probes:         impl.Probes(),
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
		return errors.Join(errUnchecked, a.watch.wrong())
	}
	return a.watch.Ready(ctx)
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
	if err := a.accounts.LearnCost(ctx); err != nil && !errors.Is(err, account.ErrUnavailable) { // else it is said by watch
		a.log.Warn("the usual cost of a login could not be learnt; will try again", "error", err)
	}
	return nil
}

// tend goes on with check's work until ctx ends: often while the table is not
// known to be right, or fails, so that a database that was down heals without a
// restart and the log has the end of it; seldom otherwise.
func (a *app) tend(ctx context.Context) {
	learn := time.NewTicker(learnEvery)
	defer learn.Stop()
	for {
		wrong := !a.checked.Load() || a.watch.failing.Load()
		select {
		case <-ctx.Done():
			return
		case <-a.watch.woken:
			continue // how long to wait has changed
		case <-learn.C:
		case <-after(wrong, a.retryAfter()):
		}
		if wrong {
			if err := a.users.Check(ctx); err != nil {
				a.watch.note(ctx, err)
				continue
			}
			a.watch.sound(ctx)
			if a.checked.Load() {
				continue // no need to learn
			}
		}
		if err := a.check(ctx); err != nil {
			a.watch.note(ctx, err)
		}
	}
}

// after is time.After, or never.
func after(ever bool, d time.Duration) <-chan time.Time {
	if !ever {
		return nil
	}
	return time.After(d)
}

func (a *app) retryAfter() time.Duration {
	if errors.Is(a.watch.wrong(), account.ErrUnusable) {
		return retryLasting
	}
	return retryEvery
}

// outage reports whether err is of a kind that ends without anybody putting
// something right.
func outage(err error) bool {
	return errors.Is(err, account.ErrUnavailable) && !errors.Is(err, account.ErrUnusable)
}

// empty reports whether the table is known to have no users.
func (a *app) empty(ctx context.Context) bool {
	hashes, err := a.users.SampleHashes(ctx, 1)
	return err == nil && len(hashes) == 0
}

// close ends what goes on in the background, and then the database: what it would
// say to a question after that is no fault to be logged.
func (a *app) close() error {
	if a.accounts != nil {
		a.accounts.Close()
	}
	if a.gate != nil {
		a.gate.Close()
	}
	if err := a.users.Close(); err != nil {
		return fmt.Errorf("close the user database: %w", err)
	}
	return nil
}
