package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Limits of every connection. A client that is slower or larger than these is
// cut off before it costs a handler anything.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	// net/http's own default: an oversized token is to get the contract's 401
	// and not a bare 431 (docs/decisions/0006).
	maxHeaderBytes = 1 << 20
	// repeatWindow is how long after the first signal others say the same:
	// timeout(1) and some supervisors send one to the process and one to its
	// group.
	repeatWindow = 500 * time.Millisecond
)

// checkListen finds what is wrong with an address before it is bound.
func checkListen(address string) error {
	if scheme, rest, is := strings.Cut(address, "://"); is {
		rest, _, _ = strings.Cut(rest, "/")
		return fmt.Errorf("--listen %q: write it without %s://, as %q", address, scheme, rest)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil || strings.ContainsAny(host, "/ ") {
		return fmt.Errorf("--listen %q is no HOST:PORT, such as 127.0.0.1:5000 or :5000", address)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("--listen %q: the port must be a number from 0 to 65535", address)
	}
	return nil
}

// network keeps an IPv4 address to IPv4: Go would take 0.0.0.0 for all
// addresses of either kind.
func network(address string) string {
	host, _, _ := net.SplitHostPort(address) // no host is no IPv4 address
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is4() {
		return "tcp4"
	}
	return "tcp"
}

// listen binds the address, and explains the ways in which that fails.
func listen(ctx context.Context, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, network(address), address)
	var dns *net.DNSError
	switch {
	case err == nil:
		return listener, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("the port of %s is taken by another program; stop that, or choose another port with --listen or RESTAUTH_LISTEN", address)
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s; choose a port from 1024 up with --listen", address)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &dns):
		return nil, fmt.Errorf("this machine has no address %s; use 127.0.0.1:PORT for this machine alone, :PORT for all networks", address)
	}
	return nil, fmt.Errorf("listen on %s: %w", address, err)
}

// baseURL is where a program on this machine reaches the listener.
func baseURL(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return "http://" + addr.String()
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		// `OPTIONS *` goes through the contract like everything else.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// serve answers requests until a signal comes or the listener fails, then
// closes the database. SIGTERM drains, SIGINT stops without the delay, and a
// second signal, other than a repeat of the first, stops at once.
func (a *app) serve(ctx context.Context, listener net.Listener, signals <-chan os.Signal) error {
	ctx, cancel := context.WithCancel(ctx)
	var tending sync.WaitGroup
	tending.Go(func() { a.tend(ctx) })
	closeAll := func() error {
		cancel()
		tending.Wait()
		return a.close()
	}

	server := newHTTPServer(a.handler, a.log.Logger)
	guarded := guard(server, listener)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(guarded) }()
	logBuild(a.log.Logger)
	a.log.Info("listening", "addr", listener.Addr().String(), "users", a.settings.redactedURL(), "ready", a.checked.Load())

	select {
	case err := <-failed:
		return errors.Join(fmt.Errorf("serve: %w", err), closeAll())
	case signal := <-signals:
		return errors.Join(a.shutDown(ctx, server, signal, signals), closeAll())
	}
}

// shutDown first fails /readyz, so that load balancers send nothing new, then
// stops listening and waits for the requests under way.
func (a *app) shutDown(ctx context.Context, server *http.Server, first os.Signal, signals <-chan os.Signal) error {
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
		done <- server.Shutdown(ctx)
	}()
	for {
		select {
		case second := <-signals:
			if time.Since(begin) < repeatWindow {
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
