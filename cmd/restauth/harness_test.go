package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/commandtest"
	"github.com/restauth/restauth/internal/canary"
	"github.com/restauth/restauth/internal/certtest"
)

const patience = commandtest.Patience

type buffer = commandtest.Buffer

// eventually waits until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	commandtest.Eventually(t, what, ok)
}

// patient is how a server is started that is to answer on a busy machine too: after a
// minute, not after 800 ms. What a test sets itself is stronger.
var patient = []string{"RESTAUTH_USERS_TIMEOUT=1m", "RESTAUTH_LOGIN_MAX_WAIT=10s"}

// testServer is `restauth serve`, all of it, in a goroutine of the test, on a
// free port of 127.0.0.1.
type testServer struct {
	URL     string // such as http://127.0.0.1:41234
	t       testing.TB
	stdout  *buffer
	log     *buffer
	signals chan os.Signal
	hangups chan os.Signal
	exited  chan struct{}
	code    int // valid once exited is closed
	nest    *canary.Nest
	audit   string // the file of --audit-file
}

// startServer runs the server until the test ends. args are flags of serve;
// NAME=value before them are environment variables, as in env(1):
//
//	s := startServer(t, "RESTAUTH_SECRET_KEY="+secret, "--users", url)
//
// It fails the test unless the server comes to listen. It does not wait for
// /readyz.
func startServer(t testing.TB, args ...string) *testServer {
	t.Helper()
	s := launch(t, args...)
	if s.listens(); s.URL == "" {
		t.FailNow()
	}
	return s
}

// listens waits until the server does, and fails the test unless it comes to it.
func (s *testServer) listens() {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for s.URL == "" {
		select {
		case <-s.exited:
			s.t.Errorf("serve exited with %d:\n%s", s.code, s.log)
			return
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.t.Errorf("serve does not listen after %v:\n%s", patience, s.log)
			return
		}
		if line := s.logLine("listening"); line != nil {
			s.URL = urlOf(line)
		}
	}
}

// urlOf is where the server is that wrote the line `listening`.
func urlOf(line map[string]any) string {
	if line["tls"] == true {
		return "https://" + line["addr"].(string)
	}
	return "http://" + line["addr"].(string)
}

// secured are the flags with which a server has a certificate of its own, and that.
func secured(t testing.TB) ([]string, certtest.Pair) {
	t.Helper()
	pair := certtest.Valid(t)
	cert, key := pair.Write(t, t.TempDir())
	return []string{"--tls-cert", cert, "--tls-key", key}, pair
}

// bothWays runs a test on the demo server in plain text and over TLS.
func bothWays(t *testing.T, run func(t *testing.T, s *testServer)) {
	t.Run("plain", func(t *testing.T) { run(t, startServer(t, "--demo")) })
	t.Run("TLS", func(t *testing.T) {
		flags, _ := secured(t)
		run(t, startServer(t, append(flags, "--demo")...))
	})
}

// anyone is a client's TLS that trusts whoever is there, and asks for these protocols.
func anyone(protocols ...string) *tls.Config {
	return &tls.Config{InsecureSkipVerify: true, NextProtos: protocols}
}

// dial connects to the server, as its URL says.
func (s *testServer) dial(dialer net.Dialer) (net.Conn, error) {
	scheme, address, _ := strings.Cut(s.URL, "://")
	if scheme == "https" {
		return tls.DialWithDialer(&dialer, "tcp", address, anyone("http/1.1"))
	}
	return dialer.Dial("tcp", address)
}

func launch(t testing.TB, args ...string) *testServer {
	env := slices.Clone(patient)
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") && strings.Contains(args[0], "=") {
		env, args = append(env, args[0]), args[1:]
	}
	s := &testServer{
		t:       t,
		stdout:  new(buffer),
		log:     new(buffer),
		signals: make(chan os.Signal, 2),
		hangups: make(chan os.Signal, 1),
		exited:  make(chan struct{}),
		nest:    canary.New(),
	}
	w := world{
		args:    append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json"}, args...),
		env:     env,
		stdin:   strings.NewReader(""),
		stdout:  s.stdout,
		stderr:  s.log,
		signals: s.signals,
		hangups: s.hangups,
		cores:   runtime.NumCPU(),
	}
	go func() {
		defer close(s.exited)
		s.code = run(context.WithoutCancel(t.Context()), w) // it outlives the test body: cleanup stops it
	}()
	s.watch(w)
	return s
}

// Stop sends the signal, unless the server has exited, and returns its exit
// code.
func (s *testServer) Stop(signal os.Signal) int {
	s.t.Helper()
	select {
	case s.signals <- signal:
	case <-s.exited:
	}
	select {
	case <-s.exited:
	case <-time.After(patience):
		s.t.Errorf("the server runs on %v after %v:\n%s", patience, signal, s.log)
		return -1
	}
	return s.code
}

// logLine returns the first line of the log with that message, nil when there
// is none.
func (s *testServer) logLine(message string) map[string]any {
	for line := range strings.Lines(s.log.String()) {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) == nil && entry["msg"] == message {
			return entry
		}
	}
	return nil
}

// login returns the token of POST /auth, and fails the test without one.
func (s *testServer) login(username, password string) string {
	s.t.Helper()
	body, err := json.Marshal(map[string]string{"username": username, "password": password})
	if err != nil {
		s.t.Fatal(err)
	}
	status, answer := s.do("POST", "/auth", string(body), "")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(answer), &token); status != 200 || err != nil || token.AccessToken == "" {
		s.t.Fatalf("login of %s = %d %s", username, status, answer)
	}
	return token.AccessToken
}

// do sends a request, with a JSON body and an Authorization header where these
// are not empty, and returns status and body; status 0 when nobody answers.
func (s *testServer) do(method, path, body, authorization string) (int, string) {
	s.t.Helper()
	status, answer, _ := s.send(method, path, body, authorization)
	return status, answer
}

func (s *testServer) send(method, path, body, authorization string) (int, string, http.Header) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	client := &http.Client{Timeout: patience, Transport: s.nest.Transport(&http.Transport{DisableKeepAlives: true, TLSClientConfig: anyone()})}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err.Error(), nil
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	return resp.StatusCode, string(answer), resp.Header
}
