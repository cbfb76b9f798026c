package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// healthTimeout is more than /readyz takes when the database does not answer.
const healthTimeout = 5 * time.Second

// healthCmd is for health checks of containers, which have no other program to ask with.
type healthCmd struct {
	settings.Server
}

// Help implements kong.HelpProvider.
func (*healthCmd) Help() string {
	return "It asks /readyz where --listen says that the server is, with the settings that serve has: " +
		"give it the same flags, or the same environment."
}

// Run implements the command.
func (c *healthCmd) Run(ctx context.Context, w world) error {
	url, err := c.readyURL()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", url, err)
	}
	client := &http.Client{
		// No proxy of the environment stands between this and its own machine.
		Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
			// The certificate is for the name that clients know. Nothing secret is sent, and
			// the answer is worth what the machine is.
			InsecureSkipVerify: true, //nolint:gosec // as above
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return unreached(url, err)
	}
	defer func() { _ = resp.Body.Close() }() // nothing of it is read
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s answers %s; the server's log says why", url, resp.Status)
	}
	_, err = io.WriteString(w.stdout, "ready\n")
	return err
}

// readyURL is where a program on this machine reaches the server.
func (c *healthCmd) readyURL() (string, error) {
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return "", settings.Errorf("--listen: %w", err)
	}
	if port == "0" {
		return "", settings.Usagef("--listen %q does not say where the server is: it takes another port at each start; name one", c.Listen)
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.IsUnspecified() && addr.Is6() {
		host = "::1"
	} else if host == "" || err == nil && addr.IsUnspecified() {
		host = "127.0.0.1"
	}
	scheme := "http"
	if c.TLSCert != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port) + "/readyz", nil
}

// unreached names what keeps an answer away, in words.
func unreached(url string, err error) error {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("not ready: nobody listens at %s; is the server running, and --listen the same?", url)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("not ready: no answer from %s within %v", url, healthTimeout)
	}
	return fmt.Errorf("not ready: %w", err)
}
