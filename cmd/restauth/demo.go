package main

import (
	"fmt"
	"io"
	"net"
	"net/netip"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// demoSetting belongs to one invocation: a demo is nothing to be left on.
type demoSetting struct {
	Demo bool `help:"Try it out: a throwaway database in memory with the user roy, password roy. Loopback only."`
}

// becomeDemo points the settings at a throwaway database. Its password is
// known to everyone, so it refuses to be reached from other machines and to
// stand beside a real database or secret.
func becomeDemo(s *settings.Serve, env environment) error {
	if !loopback(s.Listen) {
		return settings.Usagef("--demo has a password that everyone knows, so it listens on 127.0.0.1 or localhost only, not on %s", s.Listen)
	}
	if s.URL != settings.DefaultUsers || s.PasswordFile != "" {
		return settings.Usagef("--demo brings a database of its own; leave out --users and RESTAUTH_USERS")
	}
	if _, ok := env[settings.KeyVariable]; ok || s.SecretKeyFile != "" {
		return settings.Usagef("--demo makes a random secret of its own; leave out RESTAUTH_SECRET_KEY and --secret-key-file")
	}
	s.URL = settings.InMemory
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

// printDemo prints lines that can be pasted into a shell as they are.
func printDemo(out io.Writer, base string, s *settings.Serve) {
	fmt.Fprintf(out, `restauth is listening on %[1]s with a throwaway database: user roy, password roy.

Log in, keep the token, use it:

    TOKEN=$(curl -s -H 'Content-Type: application/json' \
      -d '{"%[3]s":"roy","%[4]s":"roy"}' %[1]s%[2]s | tee -a /dev/stderr |
      sed 's/.*"%[5]s":"\([^"]*\)".*/\1/')
    curl -s -H "Authorization: Bearer $TOKEN" %[1]s/rest-auth

`, base, s.LoginPath, s.LoginUsernameMember, s.LoginPasswordMember, s.LoginTokenMember)
	if s.Docs {
		fmt.Fprintf(out, "Or try it in a browser: %s/docs\n", base)
	}
	fmt.Fprintln(out, "Ctrl-C stops it, and everything in it is gone.")
}
