package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"

	"github.com/restauth/restauth/impl/store"
)

const (
	demoUser = "roy"
	// demoHash is the row of the Flask-JWT tutorial; its password is roy. The
	// demo so shows a hash that Werkzeug wrote, not one of restauth's own.
	demoHash = "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e"
	memory   = "sqlite::memory:"
)

// demoSetting belongs to one invocation: a demo is nothing to be left on.
type demoSetting struct {
	Demo bool `help:"Try it out: a throwaway database in memory with the user roy, password roy. Loopback only."`
}

// becomeDemo points the settings at a throwaway database. Its password is
// known to everyone, so it refuses to be reached from other machines and to
// stand beside a real database or secret.
func (s *serveSettings) becomeDemo(env environment) error {
	if !loopback(s.Listen) {
		return usagef("--demo has a password that everyone knows, so it listens on 127.0.0.1 or localhost only, not on %s", s.Listen)
	}
	if s.Users != defaultUsers || s.UsersPasswordFile != "" {
		return usagef("--demo brings a database of its own; leave out --users and RESTAUTH_USERS")
	}
	if _, ok := env[keyVariable]; ok || s.SecretKeyFile != "" {
		return usagef("--demo makes a random secret of its own; leave out RESTAUTH_SECRET_KEY and --secret-key-file")
	}
	s.Users = memory
	return nil
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

func addDemoUser(ctx context.Context, users *store.Store) error {
	if _, err := users.Add(ctx, demoUser, demoHash); err != nil {
		return fmt.Errorf("add the demo user: %w", err)
	}
	return nil
}

// printDemo prints lines that can be pasted into a shell as they are.
func printDemo(out io.Writer, base string, docs bool) {
	fmt.Fprintf(out, `restauth is listening on %[1]s with a throwaway database: user roy, password roy.

Log in, keep the token, use it:

    TOKEN=$(curl -s -H 'Content-Type: application/json' \
      -d '{"username":"roy","password":"roy"}' %[1]s/auth | tee /dev/stderr |
      sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    curl -s -H "Authorization: Bearer $TOKEN" %[1]s/rest-auth

`, base)
	if docs {
		fmt.Fprintf(out, "Or try it in a browser: %s/docs\n", base)
	}
	fmt.Fprintln(out, "Ctrl-C stops it, and everything in it is gone.")
}
