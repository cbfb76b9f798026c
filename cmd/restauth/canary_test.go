package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/restauth/restauth/internal/canary"
	"github.com/restauth/restauth/internal/flaskjwt"
)

// exitLeak is what a command of a script ends with that has told a secret.
const exitLeak = 97

// watched is main, and then a search for secrets in what it said.
func watched() {
	w := thisProcess()
	if len(w.args) > 0 && w.args[0] == childCommand {
		os.Exit(run(context.Background(), w))
	}
	var said buffer
	w.stdout, w.stderr = io.MultiWriter(os.Stdout, &said), io.MultiWriter(os.Stderr, &said)
	code := profiled(func() int { return run(context.Background(), w) })
	nest := canary.New()
	keepSecrets(nest, w)
	if found := nest.Find(said.String()); len(found) > 0 {
		fmt.Fprintf(os.Stderr, "canary: what the command said has %s\n", strings.Join(found, "\n"))
		os.Exit(exitLeak)
	}
	os.Exit(code)
}

// secretFiles are variables that name a file with a secret and do not end so.
var secretFiles = []string{"RESTAUTH_SECRET_KEY_FILE", "RESTAUTH_HASH_PEPPER_FILE", "RESTAUTH_FLASK_SECURITY_SALT_FILE"}

// keepSecrets keeps those that a command is told: by variables, in URLs, in files.
func keepSecrets(nest *canary.Nest, w world) {
	for _, common := range []string{"correct horse battery staple", "hunter2hunter2"} { // of the scripts
		nest.Keep("a password that was typed", common)
	}
	told := slices.Clone(w.env)
	for i, arg := range w.args {
		if name, is := strings.CutPrefix(arg, "--"); is && !strings.Contains(name, "=") && i+1 < len(w.args) {
			arg = arg + "=" + w.args[i+1]
		}
		if name, value, ok := strings.Cut(strings.TrimPrefix(arg, "--"), "="); ok {
			told = append(told, "RESTAUTH_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+value)
		}
	}
	for _, setting := range told {
		name, value, _ := strings.Cut(setting, "=")
		switch {
		case name == "RESTAUTH_SECRET_KEY":
			if value != flaskjwt.Secret { // a part of a setting's name
				nest.Keep("the secret", value)
			}
		case name == "RESTAUTH_USERS", name == "RESTAUTH_STATE":
			if u, err := url.Parse(value); err == nil {
				password, _ := u.User.Password()
				nest.Keep("a database's password", password)
			}
		case strings.HasPrefix(name, "RESTAUTH_") && (strings.HasSuffix(name, "_PASSWORD_FILE") || slices.Contains(secretFiles, name)):
			if info, err := os.Stat(value); err == nil && info.Mode().IsRegular() {
				if text, err := os.ReadFile(value); err == nil {
					nest.Keep("what is in a file with a secret", strings.TrimSpace(string(text)))
				}
			}
		}
	}
}

// watch has the server stopped at the end of the test, and all that it said searched for
// the secrets that it was told, or told who asked it.
func (s *testServer) watch(w world) {
	s.keep(w)
	s.t.Cleanup(func() {
		s.t.Helper()
		s.checkMetrics()
		s.Stop(os.Interrupt)
		s.search()
	})
}

// keep keeps the secrets that the server was started with.
func (s *testServer) keep(w world) {
	keepSecrets(s.nest, w)
	if i := slices.Index(w.args, "--audit-file"); i >= 0 {
		s.audit = w.args[i+1]
	}
}

// search searches what the server has said for secrets.
func (s *testServer) search() {
	s.t.Helper()
	s.nest.Check(s.t, "standard output", s.stdout.String())
	s.nest.Check(s.t, "the log", s.log.String())
	s.checkAudit()
	s.nest.CheckRefusals(s.t)
}

// checkMetrics searches what the server says at its operator's address, if it still runs
// and has one.
func (s *testServer) checkMetrics() {
	s.t.Helper()
	line := s.logLine("metrics are served")
	if line == nil {
		return
	}
	resp, err := http.Get("http://" + line["addr"].(string) + "/metrics")
	if err != nil {
		return // It was stopped.
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Errorf("read /metrics: %v", err)
	}
	s.nest.Check(s.t, "/metrics", string(text))
}

// checkAudit searches the audit file, and those it was before it was turned over.
func (s *testServer) checkAudit() {
	s.t.Helper()
	if s.audit == "" {
		return
	}
	names, err := filepath.Glob(s.audit + "*")
	if err != nil {
		s.t.Error(err)
	}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.t.Error(err)
		}
		s.nest.Check(s.t, name, string(text))
	}
}

// planting is a test that notes what fails in it, and ends by hand.
type planting struct {
	testing.TB
	failed   []string
	cleanups []func()
}

func (p *planting) Helper()          {}
func (p *planting) Cleanup(f func()) { p.cleanups = append(p.cleanups, f) }
func (p *planting) Errorf(format string, args ...any) {
	p.failed = append(p.failed, fmt.Sprintf(format, args...))
}

func (p *planting) end() {
	for _, f := range slices.Backward(p.cleanups) {
		f()
	}
}

// TestCanaries: a secret that is planted in any of what a server says fails the test that
// ran it, and a server that keeps them does not.
func TestCanaries(t *testing.T) {
	t.Parallel()
	const password = "canary-c0rrect-h0rse"
	for _, place := range []string{"", "log", "stdout", "audit"} {
		t.Run(place, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "audit.log")
			p := &planting{TB: t}
			defer func() {
				if t.Failed() {
					t.Log(p.failed)
				}
			}()
			s := startServer(p, "RESTAUTH_SECRET_KEY="+strings.Repeat("canary-secret-", 3), "--users", legacySQLite(t), "--audit-file", file, "--metrics-listen", "127.0.0.1:0")
			compact := s.login("roy", "roy")
			s.attempt("roy", password)
			s.do("GET", "/rest-auth", "", "Bearer "+compact)
			switch place {
			case "log":
				fmt.Fprintf(s.log, "{\"msg\":\"%s\"}\n", password)
			case "stdout":
				fmt.Fprintln(s.stdout, compact)
			case "audit":
				s.Stop(os.Interrupt)
				if err := os.WriteFile(file, []byte(strings.Repeat("canary-secret-", 3)), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p.end()
			if leaks := strings.Count(strings.Join(p.failed, "\n"), "canary: "); (leaks > 0) != (place != "") {
				t.Errorf("planted in %q: %v", place, p.failed)
			}
		})
	}
}
