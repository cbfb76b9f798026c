package main

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/httpconn"
	"github.com/restauth/restauth/internal/canary"
)

func TestServerLimits(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo")
	tests := []struct {
		name, request string
		want          int
	}{
		{"a token of 60,000 dots", "GET /rest-auth HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat(".", 60_000) + "\r\n\r\n", 401},
		// Such a header would take a mebibyte before anybody could judge it.
		{"a token of a million dots", "GET /rest-auth HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat(".", 1_000_000) + "\r\n\r\n", 431},
		{"headers of 2 MiB", "GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("x", 2<<20) + "\r\n\r\n", 431},
		{"OPTIONS of the server", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404},
		{"no Host", "GET /livez HTTP/1.1\r\n\r\n", 400},
		{"two lengths", "POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(patience))
			io.WriteString(conn, tt.request)
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != tt.want {
				t.Errorf("status = %d, want %d", resp.StatusCode, tt.want)
			}
		})
	}
	server := httpconn.NewServer(nil, slog.New(slog.DiscardHandler))
	if server.ReadHeaderTimeout == 0 || server.ReadTimeout == 0 || server.WriteTimeout == 0 || server.IdleTimeout == 0 || server.MaxHeaderBytes == 0 {
		t.Errorf("a limit is not set: %+v", server)
	}
}

// TestDemoLines runs what the demo prints in a shell, as it stands there. Where
// standard error is a file, what it has already stays.
func TestDemoLines(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo")
	var script strings.Builder
	for line := range strings.Lines(s.stdout.String()) {
		if code, ok := strings.CutPrefix(line, "    "); ok {
			script.WriteString(code)
		}
	}
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	io.WriteString(log, "what was there before\n")
	lines := exec.Command("sh", "-euc", script.String())
	lines.Stderr = log
	out, err := lines.Output()
	if said, err := os.ReadFile(log.Name()); err != nil || !strings.HasPrefix(string(said), "what was there before\n{\"access_token\":") {
		t.Errorf("standard error, with a line in it before, has %q, %v", said, err)
	}
	if want := `"You are an authenticate person to see this message"`; err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("the printed lines give %q, %v, want %s\n%s", out, err, want, script.String())
	}
	for _, want := range []string{s.URL + "/docs", "user roy, password roy", "Ctrl-C"} {
		if !strings.Contains(s.stdout.String(), want) {
			t.Errorf("the demo does not print %q:\n%s", want, s.stdout)
		}
	}
	if status, _ := s.do("GET", "/docs", "", ""); status != 200 {
		t.Errorf("/docs = %d, want 200", status)
	}
}

func TestNoDocs(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo", "--no-docs")
	if status, _ := s.do("GET", "/docs", "", ""); status != 404 {
		t.Errorf("/docs = %d, want 404", status)
	}
	if strings.Contains(s.stdout.String(), "/docs") {
		t.Errorf("the demo names docs that are not served:\n%s", s.stdout)
	}
}

// TestFirstStart: nothing configured at all, in a process of its own.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := startBinary(t, dir, "serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s")
	eventually(t, "the greeting is whole", func() bool { return strings.HasSuffix(first.stdout.String(), "\n\n") })
	if out := first.stdout.String(); !strings.Contains(out, "There are no users yet") || !strings.Contains(out, "\n    restauth user add NAME\n") {
		t.Errorf("the first start does not say how to go on:\n%s", out)
	}
	if info, err := os.Stat(filepath.Join(dir, "restauth.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("restauth.db: %v, %v, want mode 0600", info, err)
	}

	// The next command it was told to type, while the server runs.
	add := exec.Command("restauth", "user", "add", "ann")
	add.Dir, add.Stdin = dir, strings.NewReader("correct horse battery staple\n")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("user add: %v\n%s", err, out)
	}
	token := first.login("ann", "correct horse battery staple")

	// The secret is kept: a restart does not end anyone's session.
	first.terminate()
	second := startBinary(t, dir, "serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s")
	if status, body := second.do("GET", "/rest-auth", "", "Bearer "+token); status != 200 {
		t.Errorf("after a restart: /rest-auth = %d %s", status, body)
	}
	if strings.Contains(second.stdout.String(), "There are no users yet") {
		t.Errorf("the second start misses the user:\n%s", second.stdout)
	}

	// A deleted user's token ends within --identity-max-age.
	del := exec.Command("restauth", "user", "delete", "--yes", "ann")
	del.Dir = dir
	if out, err := del.CombinedOutput(); err != nil {
		t.Fatalf("user delete: %v\n%s", err, out)
	}
	time.Sleep(time.Second)
	if status, body := second.do("GET", "/rest-auth", "", "Bearer "+token); status != 401 || !strings.Contains(body, "User does not exist") {
		t.Errorf("deleted user: /rest-auth = %d %s, want 401 User does not exist", status, body)
	}
	second.terminate()
	for _, s := range []*binary{first, second} {
		if log := s.log.String(); strings.Contains(log, token) || strings.Contains(log, "correct horse") {
			t.Errorf("a token or a password is in the log:\n%s", log)
		}
	}
}

// binary is a server in a process of its own.
type binary struct {
	testServer
	cmd *exec.Cmd
}

func startBinary(t *testing.T, dir string, args ...string) *binary {
	t.Helper()
	return startProcess(t, dir, exec.Command("restauth", args...))
}

// startProcess is startBinary for a command that comes to run it.
func startProcess(t testing.TB, dir string, cmd *exec.Cmd) *binary {
	t.Helper()
	b := &binary{
		testServer: testServer{t: t, stdout: new(buffer), log: new(buffer), nest: canary.New()},
		cmd:        cmd,
	}
	b.cmd.Dir, b.cmd.Stdout, b.cmd.Stderr = dir, b.stdout, b.log
	b.cmd.Env = append(os.Environ(), patient...)
	b.keep(world{args: b.cmd.Args, env: b.cmd.Env})
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		b.cmd.Process.Kill() // an error says that it has ended
		b.search()
	})
	eventually(t, "it listens", func() bool {
		line := b.logLine("listening")
		if line != nil {
			b.URL = urlOf(line)
		}
		// Two pipes: what was written first need not arrive first.
		return line != nil && strings.Contains(b.stdout.String(), "Try it at")
	})
	return b
}

// terminate stops it with a real SIGTERM.
func (b *binary) terminate() {
	b.t.Helper()
	if err := b.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.t.Fatal(err)
	}
	if err := b.cmd.Wait(); err != nil {
		b.t.Errorf("after SIGTERM: %v, want exit code 0\n%s", err, b.log)
	}
}
