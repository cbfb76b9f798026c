package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/httpconn"
	"github.com/restauth/restauth/impl/audit"
)

// RepeatWindow is how long after the first signal others say the same: timeout(1)
// and some supervisors send one to the process and one to its group.
const RepeatWindow = 500 * time.Millisecond

// Serve answers requests until a signal comes or the listener fails, then
// closes the database. SIGTERM drains, SIGINT stops without the delay, and a
// second signal, other than a repeat of the first, stops at once.
func (a *App) Serve(ctx context.Context, listener net.Listener, signals <-chan os.Signal) error {
	ctx, cancel := context.WithCancel(ctx)
	a.audit.Record(ctx, audit.Event{
		Kind: audit.KindStart, Outcome: audit.OutcomeSuccess, Reason: audit.ReasonStarted,
		Program: slog.Group("", a.build...).Value.Group(),
	})
	var tending sync.WaitGroup
	tending.Go(func() { a.tend(ctx) })
	tending.Go(func() { a.state.tend(ctx) })
	tending.Go(func() { a.sum(ctx) })
	opened, looked := make(chan os.Signal, 1), make(chan os.Signal, 1)
	tending.Go(func() { pass(ctx, a.hangups, opened, looked) })
	tending.Go(func() { a.audit.tend(ctx, opened) })
	stopOperator := a.serveOperator(ctx, a.operate)
	if a.limiter != nil {
		tending.Go(func() { a.limiter.Run(ctx) })
	}
	closeAll := func() error {
		stopOperator()
		cancel()
		tending.Wait()
		a.sumUp()
		return a.Close()
	}

	server := httpconn.NewServer(a.handler, a.log.Logger)
	if a.cert != nil {
		server.TLSConfig = a.cert.config()
		tending.Go(func() { a.cert.tend(ctx, looked) })
	}
	limited := httpconn.Limit(server, listener, a.bounded)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(limited) }()
	a.log.Info("listening", "addr", listener.Addr().String(), "users", a.settings.RedactedURL(), "tls", a.cert != nil, "ready", a.checked.Load(), "max_connections", a.bounded.Connections)

	select {
	case err := <-failed:
		return errors.Join(fmt.Errorf("serve: %w", err), closeAll())
	case signal := <-signals:
		return errors.Join(a.shutDown(ctx, server, limited, signal, signals), closeAll())
	}
}

// pass hands each signal on to all that want it. Who has one to come already needs no
// other.
func pass(ctx context.Context, signals <-chan os.Signal, to ...chan<- os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case signal := <-signals:
			for _, one := range to {
				select {
				case one <- signal:
				default:
				}
			}
		}
	}
}

// shutDown first fails /readyz, so that load balancers send nothing new, then
// stops listening and waits for the requests under way, and for clients that are
// still sending what was answered early.
func (a *App) shutDown(ctx context.Context, server *http.Server, listener *httpconn.Listener, first os.Signal, signals <-chan os.Signal) error {
	begin := time.Now()
	a.draining.Store(true)
	delay := a.settings.DrainDelay
	if first == os.Interrupt {
		delay = 0 // a person at a terminal waits for this
	}
	a.log.Info("draining", "signal", first.String(), "delay", delay.String(), "timeout", a.settings.ShutdownTimeout.String())

	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), delay+a.settings.ShutdownTimeout)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		select {
		case <-time.After(delay):
		case <-ctx.Done():
		}
		err := server.Shutdown(ctx)
		if err == nil {
			listener.Wait(ctx)
		}
		done <- err
	}()
	for {
		select {
		case second := <-signals:
			if time.Since(begin) < RepeatWindow {
				continue
			}
			return errors.Join(fmt.Errorf("stopped by a second %s, requests under way were cut off", signalName(second)), server.Close())
		case err := <-done:
			if err == nil {
				a.log.Info("stopped")
				return nil
			}
			return errors.Join(fmt.Errorf("requests were still under way after --shutdown-timeout %v and were cut off: %w", a.settings.ShutdownTimeout, err), server.Close())
		}
	}
}

// signalName is what people type after kill, not "terminated".
func signalName(signal os.Signal) string {
	switch signal {
	case os.Interrupt:
		return "SIGINT"
	case syscall.SIGTERM:
		return "SIGTERM"
	}
	return signal.String()
}
