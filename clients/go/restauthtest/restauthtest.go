// Package restauthtest runs the real restauth server for tests of what talks to
// it: a login, a token and a refusal are then the real ones.
//
//	var servers restauthtest.Builder
//
//	func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }
//
//	func TestOrders(t *testing.T) {
//		server := servers.WithUsers(t, []string{"ann"})
//		token := server.Token("ann")
//		...
//
// It builds the server with the go command, in a second once that has what it needs:
// of the clone that this package is in, or else of the release that it belongs to. A
// module under test that requires github.com/restauth/restauth itself has the server
// of that version, or clone. The server is built as a module of its own: what it is
// made of is neither in the module under test nor changed by it.
package restauthtest

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	restauth "github.com/restauth/restauth/clients/go"
)

// Secret is what tests share with the servers of [Builder.WithUsers].
const Secret = "a secret that only these tests and their servers share"

// Password is that of every user of [Builder.WithUsers].
const Password = "correct horse battery staple"

// patience is how long a test waits for what takes milliseconds on an idle
// machine.
const patience = time.Minute

// Builder builds the binary when a test of its package first needs it.
type Builder struct {
	once sync.Once
	dir  string
	path string
	err  error
}

// Main runs the tests of a package and then removes what was built for them. It
// returns the exit code.
func (b *Builder) Main(m *testing.M) int {
	code := m.Run()
	if b.dir != "" {
		if err := os.RemoveAll(b.dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return code
}

// Binary returns the path of the binary.
func (b *Builder) Binary(t testing.TB) string {
	t.Helper()
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "restauthtest-"); b.err != nil {
			return
		}
		b.path = filepath.Join(b.dir, "restauth")
		b.err = build(t.Context(), b.dir)
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.path
}

// Server is a running restauth.
type Server struct {
	URL     string // such as http://127.0.0.1:41234
	t       testing.TB
	builder *Builder
	users   string // of WithUsers
	cmd     *exec.Cmd
	log     string // the file's name
	end     chan error
}

// Demo serves the demo user roy, password roy.
func (b *Builder) Demo(t testing.TB, args ...string) *Server {
	t.Helper()
	return b.Serve(t, nil, append([]string{"--demo"}, args...)...)
}

// WithUsers serves an SQLite file with these users, given [Secret]. Their ids
// count from 1.
func (b *Builder) WithUsers(t testing.TB, names []string, args ...string) *Server {
	t.Helper()
	users := "sqlite:" + filepath.Join(t.TempDir(), "users.db")
	for _, name := range names {
		b.user(t, users, "add", name)
	}
	s := b.Serve(t, []string{"RESTAUTH_SECRET_KEY=" + Secret}, append([]string{"--users", users}, args...)...)
	s.users = users
	return s
}

// user runs `restauth user`, with Password on standard input.
func (b *Builder) user(t testing.TB, users string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), b.Binary(t), append(append([]string{"user"}, args...), "--users", users)...) //nolint:gosec // the binary was built here
	cmd.Env, cmd.Stdin = environment(nil), strings.NewReader(Password+"\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("restauth user %q: %v\n%s", args, err, out)
	}
}

// Delete deletes a user of [Builder.WithUsers] while the server runs.
func (s *Server) Delete(name string) {
	s.t.Helper()
	s.builder.user(s.t, s.users, "delete", name, "--yes")
}

// Token logs a user of [Builder.WithUsers] in.
func (s *Server) Token(name string) string {
	s.t.Helper()
	client, err := restauth.New(s.URL, restauth.WithLogin(name, Password))
	if err != nil {
		s.t.Fatal(err)
	}
	token, err := client.Token(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// Serve runs `restauth serve` on a free port of 127.0.0.1 until the test ends.
// It does not wait for /readyz.
func (b *Builder) Serve(t testing.TB, env []string, args ...string) *Server {
	t.Helper()
	s := &Server{t: t, builder: b, end: make(chan error, 1), log: filepath.Join(t.TempDir(), "log")}
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // The server has its own handle.
	flags := []string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--drain-delay", "0s"}
	s.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), b.Binary(t), append(flags, args...)...) //nolint:gosec // the binary was built here
	// On a busy machine too it is to answer; what env says is stronger.
	env = append([]string{"RESTAUTH_USERS_TIMEOUT=1m", "RESTAUTH_LOGIN_MAX_WAIT=10s"}, env...)
	s.cmd.Dir, s.cmd.Env, s.cmd.Stderr = filepath.Dir(s.log), environment(env), log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.end <- s.cmd.Wait() }()
	t.Cleanup(s.Stop)
	for deadline := time.Now().Add(patience); s.URL == ""; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("restauth %q does not listen:\n%s", args, s.Log())
		}
		select {
		case err := <-s.end:
			s.end <- err
			t.Fatalf("restauth %q ended: %v\n%s", args, err, s.Log())
		default:
		}
		s.URL = s.address()
	}
	return s
}

// environment is this one without settings of restauth in it.
func environment(more []string) []string {
	var env []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "RESTAUTH_") {
			env = append(env, variable)
		}
	}
	return append(env, more...)
}

// address is what the log says that the server listens on, "" until it does.
func (s *Server) address() string {
	lines := bufio.NewScanner(strings.NewReader(s.Log()))
	for lines.Scan() {
		var line struct{ Msg, Addr string }
		if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "listening" {
			return "http://" + line.Addr
		}
	}
	return ""
}

// Log is what the server has written of its log so far. It writes in blocks;
// [Server.Count] waits for what is on its way.
func (s *Server) Log() string {
	s.t.Helper()
	log, err := os.ReadFile(s.log)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(log)
}

// Count counts the requests so far to an operation that were answered with
// status, by the server's log.
func (s *Server) Count(operation string, status int) int {
	s.t.Helper()
	s.settle()
	n := 0
	for line := range strings.Lines(s.Log()) {
		var entry struct {
			Operation string
			Status    int
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Operation == operation && entry.Status == status {
			n++
		}
	}
	return n
}

// settle waits until the log has a request that is sent now, and so all before
// it. A line is made when its answer is already out, hence the pause.
func (s *Server) settle() {
	s.t.Helper()
	time.Sleep(20 * time.Millisecond)
	id := "settle-" + rand.Text()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.URL+"/settle", nil) // which is nowhere, as probes are not logged
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("X-Request-Id", id)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = resp.Body.Close() // Only the log matters.
	for deadline := time.Now().Add(patience); !strings.Contains(s.Log(), id); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("a request is not in the log after %v", patience)
		}
	}
}

// Stop ends the server. It may be called twice.
func (s *Server) Stop() {
	s.t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGTERM) // It may have ended.
	select {
	case err := <-s.end:
		s.end <- err
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		s.t.Errorf("the server ran on after SIGTERM:\n%s", s.Log())
	}
}
