package httpconn

import (
	"context"
	"errors"
	"fmt"
	stdlog "log"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
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
)

// network keeps an IPv4 address to IPv4: Go would take 0.0.0.0 for all
// addresses of either kind.
func network(address string) string {
	host, _, _ := net.SplitHostPort(address) // no host is no IPv4 address
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is4() {
		return "tcp4"
	}
	return "tcp"
}

// Listen binds the address of --listen, and explains the ways in which that fails.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	return ListenFor(ctx, "listen", address)
}

// ListenFor is Listen for the address of another setting.
func ListenFor(ctx context.Context, setting, address string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, network(address), address)
	var dns *net.DNSError
	switch {
	case err == nil:
		return listener, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("the port of %s is taken by another program; stop that, or choose another port with --%s or RESTAUTH_%s", address, setting, strings.ToUpper(strings.ReplaceAll(setting, "-", "_")))
	case errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("this user may not listen on %s; choose a port from 1024 up with --%s", address, setting)
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, &dns):
		return nil, fmt.Errorf("this machine has no address %s; use 127.0.0.1:PORT for this machine alone, :PORT for all networks", address)
	}
	return nil, fmt.Errorf("listen on %s: %w", address, err)
}

// BaseURL is where a program on this machine reaches the listener, which speaks HTTPS or
// HTTP.
func BaseURL(addr net.Addr, https bool) string {
	scheme := "http://"
	if https {
		scheme = "https://"
	}
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return scheme + addr.String()
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + net.JoinHostPort(host, strconv.Itoa(tcp.Port))
}

// NewServer is an HTTP server with the limits of every connection set.
func NewServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    MostHeaderBytes, // and a little more: Limit is exact
		// `OPTIONS *` goes through the contract like everything else.
		DisableGeneralOptionsHandler: true,
		ErrorLog:                     stdlog.New(complaints{log}, "", 0),
	}
}

// complaints are what net/http has to say to the log. Of HTTP/2 it says what each client
// did wrong, which any client could fill the log with.
type complaints struct{ log *slog.Logger }

// Write implements io.Writer.
func (c complaints) Write(line []byte) (int, error) {
	text, level := strings.TrimSuffix(string(line), "\n"), slog.LevelWarn
	if strings.HasPrefix(text, "http2: ") && !strings.HasPrefix(text, "http2: panic") {
		level = slog.LevelDebug
	}
	c.log.Log(context.Background(), level, text)
	return len(line), nil
}
