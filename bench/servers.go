package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/restauth/restauth/bench/load"
	"github.com/restauth/restauth/impl/userid"
)

// The columns of the table, in its order.
const (
	bare       column = "bare net/http"
	gin        column = "gin-jwt"
	ginSQLite  column = "gin-jwt, look-up in SQLite"
	ginMariaDB column = "gin-jwt, look-up in MariaDB"
	flask      column = "Flask-JWT, MariaDB"
	onSQLite   column = "restauth, SQLite"
	onMariaDB  column = "restauth, MariaDB"
)

// server is one that runs.
type server struct {
	column
	process *process
	target  netip.AddrPort
}

func (s *server) url(path string) string { return "http://" + s.target.String() + path }

// resident is its memory now, in MiB.
func (s *server) resident() (float64, error) { return resident(s.process.cmd.Process.Pid) }

// hashingSeconds is the processor time of restauth's hashing processes so far, 0
// for other servers.
func (s *server) hashingSeconds() (float64, error) {
	if s.column != onSQLite && s.column != onMariaDB {
		return 0, nil
	}
	root := s.process.cmd.Process.Pid
	members, err := tree(root)
	ticks := 0
	for _, member := range members {
		if member.pid == root {
			ticks += member.ended
		} else {
			ticks += member.ticks
		}
	}
	return float64(ticks) / ticksPerSecond, err
}

// quiet empties the log, so that minutes of it do not fill the disk's cache.
func (s *server) quiet() error { return os.Truncate(s.process.log, 0) }

// start runs a program that is told its address by arguments, and returns when
// it answers a guarded request. Between choosing a port and the server taking it
// another process may come, so a few ports are tried.
func (b *bench) start(ctx context.Context, c column, file string, command func(address string) *exec.Cmd) (*server, error) {
	var err error
	for range 3 {
		var target netip.AddrPort
		if target, err = freePort(ctx); err != nil {
			return nil, err
		}
		cmd := command(target.String())
		cmd.Dir = b.work
		cmd.Env = append(environment(), cmd.Env...)
		s := &server{column: c, target: target}
		if s.process, err = spawn(string(c), filepath.Join(b.work, file+".log"), cmd); err != nil {
			return nil, err
		}
		b.servers = append(b.servers, s)
		err = s.process.await(ctx, func() error { return b.probe(ctx, s) })
		if !errors.Is(err, errEnded) {
			return s, err
		}
	}
	return nil, err
}

// environment is what servers inherit: nothing that configures one of them.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool {
		return strings.HasPrefix(entry, "RESTAUTH_") || strings.HasPrefix(entry, "LEGACY_") ||
			strings.HasPrefix(entry, "GUNICORN_") || strings.HasPrefix(entry, "GO")
	})
}

// probe sends one guarded request, whole, through the load generator: a server
// that it cannot read is no use here.
func (b *bench) probe(ctx context.Context, s *server) error {
	held, err := load.Hold(ctx, s.target, 1, 0, b.requests[0])
	if err != nil {
		return err
	}
	return held.Close()
}

func freePort(ctx context.Context) (netip.AddrPort, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return netip.ParseAddrPort(l.Addr().String())
}

// startRestauth runs the built server with its defaults: every check on, a line
// of JSON in the log for each request; more are flags beside them.
func (b *bench) startRestauth(ctx context.Context, c column, file, users string, more ...string) (*server, error) {
	return b.start(ctx, c, file, func(address string) *exec.Cmd {
		args := append([]string{"serve", "--listen", address, "--users", users, "--drain-delay", "0s"}, more...)
		args = append(args, b.opts.serve...)
		cmd := exec.Command(b.program("restauth"), args...)
		cmd.Env = []string{"RESTAUTH_SECRET_KEY=" + b.people.secret}
		return cmd
	})
}

// startBare runs the bare handler with the answer that a running server gives.
func (b *bench) startBare(ctx context.Context, like *server) (*server, error) {
	header, body, err := b.answer(ctx, like)
	if err != nil {
		return nil, err
	}
	return b.start(ctx, bare, "bare", func(address string) *exec.Cmd {
		args := []string{"-listen", address, "-body", body}
		for name, values := range header {
			if name == "Date" || name == "Content-Length" {
				continue // net/http's own
			}
			for _, value := range values {
				args = append(args, "-header", name+": "+value)
			}
		}
		return exec.Command(b.program("bare"), args...)
	})
}

func (b *bench) answer(ctx context.Context, s *server) (http.Header, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url("/rest-auth"), nil)
	if err != nil {
		return nil, "", err
	}
	minted, err := b.people.tokens.Mint(userid.Number(1))
	if err != nil {
		return nil, "", err
	}
	request.Header.Set("Authorization", "Bearer "+minted.Compact)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true}}
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	response.Header.Del("Connection")
	return response.Header, string(body), err
}

func (b *bench) startGin(ctx context.Context, c column, file, driver, source string, lookup bool) (*server, error) {
	return b.start(ctx, c, file, func(address string) *exec.Cmd {
		args := []string{"-listen", address, "-driver", driver, "-dsn", source}
		if lookup {
			args = append(args, "-lookup")
		}
		cmd := exec.Command(b.program("gin"), args...)
		cmd.Env = []string{"PEER_SECRET=" + b.people.secret}
		return cmd
	})
}
