package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest/process"
)

// How long a server may take, on a machine that is busy with other tests.
const (
	startLimit = 3 * time.Minute
	stopLimit  = time.Minute
)

// Server is a database server in a temporary folder, on a port of its own. It
// is not safe for concurrent use.
type Server struct {
	kind     Kind
	program  program
	settings []string // of the server's, behind the usual ones, so they win
	dir      string
	port     *port // nil until chosen
	password string
	process  *process.Process // nil while stopped
	frozen   bool
}

// errEnded: the server ended instead of serving, as it does on a taken port.
var errEnded = errors.New("it ended by itself")

const adminName = "dbtest"

// Start gives the test a server of its own, removed when the test ends. settings
// are the server's, such as --max-connections=1, and stand above the usual ones.
func Start(t testing.TB, kind Kind, settings ...string) *Server {
	t.Helper()
	Want(t, kind)
	s, err := Launch(t.Context(), kind, settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Launch starts a server outside of a test; the caller must Close it. The
// context bounds the start only.
func Launch(ctx context.Context, kind Kind, settings ...string) (*Server, error) {
	program, err := find(kind)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "restauth-"+string(kind)+"-")
	if err != nil {
		return nil, fmt.Errorf("make the server's folder: %w", err)
	}
	s := &Server{kind: kind, program: program, settings: settings, dir: dir, password: randomHex(16)}
	if err := s.create(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// create fills the data folder and starts the server for the first time. Between
// choosing a free port and the server taking it a program that knows nothing of
// these tests may come, so a few ports are tried.
func (s *Server) create(ctx context.Context) error {
	if err := s.writeInitFile(); err != nil {
		return err
	}
	install := s.program.install(s.path("data"))
	// MariaDB, when it starts, deletes the temporary tables of any other that is
	// being set up in the same folder.
	install.Env = append(os.Environ(), "TMPDIR="+s.dir)
	if err := process.Run(ctx, install, s.path("install.log"), nil); err != nil {
		return fmt.Errorf("initialize %s: %w\n%s", s.kind, err, excerpt(s.path("install.log")))
	}
	var err error
	for range 3 {
		s.port.release()
		if s.port, err = choosePort(); err != nil {
			return fmt.Errorf("find a free port: %w", err)
		}
		if err = s.start(ctx); !errors.Is(err, errEnded) {
			return err
		}
	}
	return err
}

// writeInitFile writes what the server runs at every start, before it accepts
// anyone: the admin user that tests log in as. root has no password after
// installing, but may only come through the socket.
func (s *Server) writeInitFile() error {
	script := fmt.Sprintf("CREATE USER IF NOT EXISTS '%[1]s'@'%%' IDENTIFIED BY '%[2]s';\n"+
		"GRANT ALL PRIVILEGES ON *.* TO '%[1]s'@'%%' WITH GRANT OPTION;\n", adminName, s.password)
	if err := os.WriteFile(s.path("init.sql"), []byte(script), 0o600); err != nil {
		return fmt.Errorf("write the server's init file: %w", err)
	}
	return nil
}

// AdminURL is the URL of a user that may do anything on the server, without a
// database.
func (s *Server) AdminURL() string {
	u := url.URL{Scheme: "mysql", User: url.UserPassword(adminName, s.password), Host: s.Addr(), Path: "/"}
	return u.String()
}

// Kind is the server's engine.
func (s *Server) Kind() Kind { return s.kind }

// Addr is the host:port that the server listens on, the same after a restart.
func (s *Server) Addr() string { return s.port.address() }

// CA is the file with the certificate (PEM) that signed the one MySQL made for
// itself, whose name it does not say in a way a client could check. MariaDB
// 10.11 makes none.
func (s *Server) CA() string { return filepath.Join(s.path("data"), "ca.pem") }

// Database creates a fresh database and returns its URL. It stays when the
// server is stopped and started again.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return createDatabase(t, s.AdminURL())
}

// Stop stops the server the way a service manager does, and waits for it.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.stop(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// Start starts a stopped server with the same port and data, and returns when
// it accepts connections.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	if s.process != nil {
		t.Fatal("the server runs already")
	}
	if err := s.start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Freeze stops the server from answering while its connections stay open, as a
// host that vanished from the network looks; Thaw lets it go on.
func (s *Server) Freeze(t testing.TB) {
	t.Helper()
	if err := s.process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	s.frozen = true
	if err := s.process.AwaitStopped(); err != nil {
		t.Fatal(err)
	}
}

// Thaw ends Freeze.
func (s *Server) Thaw(t testing.TB) {
	t.Helper()
	if err := s.process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	s.frozen = false
}

// Close ends the server at once and removes its data.
func (s *Server) Close() error {
	stopErr := s.stop(syscall.SIGKILL)
	s.port.release()
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("remove the server's folder: %w", err)
	}
	return stopErr
}

func (s *Server) stop(sig syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	p := s.process
	if s.frozen {
		_ = p.Signal(syscall.SIGCONT)
		s.frozen = false
	}
	s.process = nil
	if err := p.Signal(sig); err != nil {
		return fmt.Errorf("stop %s: %w", s.kind, err)
	}
	select {
	case <-p.Done():
		return nil
	case <-time.After(stopLimit):
	}
	_ = p.Signal(syscall.SIGKILL)
	<-p.Done()
	return fmt.Errorf("stop %s: still running after %v\n%s", s.kind, stopLimit, excerpt(s.path("server.log")))
}

func (s *Server) start(ctx context.Context) error {
	cmd := s.program.serve(s.dir, s.port.number())
	cmd.Args = append(cmd.Args, s.settings...)
	p, err := process.Start(cmd, s.path("server.log"), nil)
	if err != nil {
		return fmt.Errorf("start %s: %w", s.kind, err)
	}
	s.process, s.frozen = p, false
	if err := s.awaitReady(ctx, p); err != nil {
		_ = s.stop(syscall.SIGKILL)
		return fmt.Errorf("start %s: %w\n%s", s.kind, err, excerpt(s.path("server.log")))
	}
	return nil
}

// awaitReady waits until the admin user can log in, or the server has ended. Until
// then who answers, refuses or says nothing may be another, whose port it was.
func (s *Server) awaitReady(ctx context.Context, p *process.Process) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	db, err := open(s.AdminURL())
	if err != nil {
		return err
	}
	defer db.Close()
	go func() {
		select {
		case <-p.Done():
			cancel() // also a ping that waits for another
		case <-ctx.Done():
		}
	}()
	for {
		pingErr := db.PingContext(ctx)
		if pingErr == nil {
			return nil
		}
		select {
		case <-p.Done():
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
		switch {
		case p.Ended():
			return fmt.Errorf("%w: %w", errEnded, p.Err())
		case ctx.Err() != nil:
			return fmt.Errorf("%w; last answer: %w", ctx.Err(), pingErr)
		}
	}
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// excerpt is how a log begins and ends, for the error that it explains.
func excerpt(file string) string {
	const lines = 15
	content, err := os.ReadFile(file)
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	all := strings.Split(strings.TrimSpace(string(content)), "\n")
	if len(all) > 2*lines {
		all = slices.Concat(all[:lines], []string{"..."}, all[len(all)-lines:])
	}
	return strings.Join(all, "\n")
}
