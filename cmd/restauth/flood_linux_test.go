package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
)

// fewFiles is what a process may have open that a single client could once use up.
const fewFiles = 200

// startWithFiles runs the program as `go build` makes it, so that what it takes of
// memory is what a real one does, with a user ann in a file. It may have so many files open.
func startWithFiles(t testing.TB, files int, flags ...string) *binary {
	t.Helper()
	program, folder := dbtest.Restauth(t), t.TempDir()
	add := exec.Command(program, "user", "add", "ann")
	add.Dir, add.Stdin = folder, strings.NewReader("correct horse battery staple\n")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("user add: %v\n%s", err, out)
	}
	script := fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, files)
	arguments := []string{"-c", script, program, "serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s", "--log-format", "json"}
	return startProcess(t, folder, exec.Command("sh", append(arguments, flags...)...))
}

// from is a client with an address of its own, and a new connection for each request.
func from(address string) *http.Client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
	return &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true, DialContext: dialer.DialContext, TLSClientConfig: anyone()}}
}

// rounds is how often a client of another address comes by.
const rounds = 40

// served counts how many of its rounds went well: both health checks, a login, and a
// guarded request in each.
func served(t *testing.T, s *binary, address string) (well int) {
	t.Helper()
	return servedOf(t, s, address, rounds)
}

// servedOf is served with another number of rounds.
func servedOf(t *testing.T, s *binary, address string, rounds int) (well int) {
	t.Helper()
	client := from(address)
	token := ""
	ask := func(method, path, body, token string) (string, error) {
		req, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
		if err != nil {
			return "", err
		}
		req.Header.Set("Content-Type", "application/json")
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := client.Do(req)
		if err != nil {
			return "", err
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err == nil && resp.StatusCode != 200 {
			err = fmt.Errorf("%s %s = %d %s", method, path, resp.StatusCode, answer)
		}
		return string(answer), err
	}
	round := func() error {
		for _, path := range []string{"/livez", "/readyz"} {
			if _, err := ask("GET", path, "", ""); err != nil {
				return err
			}
		}
		answer, err := ask("POST", "/auth", `{"username":"ann","password":"correct horse battery staple"}`, "")
		if err != nil {
			return err
		}
		var got struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal([]byte(answer), &got); err != nil {
			return err
		}
		token = got.Token
		_, err = ask("GET", "/rest-auth", "", token)
		return err
	}
	for range rounds {
		if err := round(); err != nil {
			t.Logf("from %s: %v", address, err)
			continue
		}
		well++
	}
	return well
}

// flood keeps so many connections, begins each of them with begin, and makes another
// a while after each that ends, until the test does. It returns how many were made.
func flood(t testing.TB, s *binary, conns int, again time.Duration, address func(i int) string, begin func(ctx context.Context, i int, conn net.Conn)) *atomic.Int64 {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	_, to, _ := strings.Cut(s.URL, "://")
	made, first := new(atomic.Int64), new(sync.WaitGroup)
	var running sync.WaitGroup
	first.Add(conns)
	for i := range conns {
		running.Go(func() {
			dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address(i))}}
			for begun := false; ctx.Err() == nil; begun = true {
				conn, err := dialer.DialContext(ctx, "tcp", to)
				if err == nil {
					made.Add(1)
					ended := context.AfterFunc(ctx, func() { conn.Close() })
					begin(ctx, i, conn)
					if !begun {
						first.Done()
					}
					io.Copy(io.Discard, conn) // until it is hung up on
					ended()
					conn.Close()
				} else if !begun {
					first.Done()
				}
				select {
				case <-ctx.Done():
				case <-time.After(again):
				}
			}
		})
	}
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	first.Wait()
	return made
}

// oneAddress is that of somebody who wants all connections.
func oneAddress(int) string { return "127.0.0.66" }

// request sends one, and waits for its answer.
func request(_ context.Context, conn net.Conn) {
	io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
	if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

// TestConnectionsOfOneAddress: who takes all connections that there are, and more
// than the process may have files, takes them from nobody else.
func TestConnectionsOfOneAddress(t *testing.T) {
	t.Parallel()
	kinds := []func(context.Context, net.Conn){
		request, // and then idle, most of them
		request,
		func(context.Context, net.Conn) {}, // silent from the first
		func(_ context.Context, conn net.Conn) { io.WriteString(conn, "GET /livez HT") },
		func(_ context.Context, conn net.Conn) {
			io.WriteString(conn, "POST /auth HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
		},
	}
	tests := map[string]func(ctx context.Context, i int, conn net.Conn){
		"idle":      func(ctx context.Context, _ int, conn net.Conn) { request(ctx, conn) },
		"all kinds": func(ctx context.Context, i int, conn net.Conn) { kinds[i%len(kinds)](ctx, conn) },
	}
	for name, begin := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWithFiles(t, fewFiles)
			made := flood(t, s, 400, time.Second, oneAddress, begin)
			if got := served(t, s, "127.0.0.7"); got != rounds {
				t.Errorf("beside %d connections of one address, %d of %d rounds went well, want all\n%s", made.Load(), got, rounds, tail(s.log.String()))
			}
			if strings.Contains(s.log.String(), "too many open files") {
				t.Errorf("descriptors ran out:\n%s", tail(s.log.String()))
			}
			if files := openFiles(t, s); files >= fewFiles {
				t.Errorf("%d files are open, want fewer than %d", files, fewFiles)
			}
			if line := s.logLine("all connections are taken; the address with most of them gives way to others"); line == nil || line["address"] != oneAddress(0)+"/32" {
				t.Errorf("the log says of it %v, want the address %s", line, oneAddress(0))
			}
		})
	}
}

// TestUnfinishedHeaders: unfinished headers, as large as one may be, take little
// memory together, and nobody else's place.
func TestUnfinishedHeaders(t *testing.T) {
	t.Parallel()
	large := "GET /livez HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 65_000)
	var lines strings.Builder
	lines.WriteString("GET /livez HTTP/1.1\r\nHost: x\r\n")
	for i := range 1_990 {
		fmt.Fprintf(&lines, "%d: %s\r\n", 10_000+i, strings.Repeat("x", 20))
	}
	headers := []string{large, lines.String()}
	for name, address := range map[string]func(int) string{"of one": oneAddress, "of many": manyAddresses} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startWithFiles(t, 1000)
			made := flood(t, s, 250, time.Second, address, func(_ context.Context, i int, conn net.Conn) { io.WriteString(conn, headers[i%2]) })
			if got := served(t, s, "127.0.0.7"); got != rounds {
				t.Errorf("beside %d unfinished headers, %d of %d rounds went well, want all\n%s", made.Load(), got, rounds, tail(s.log.String()))
			}
			peak := peakMemory(t, s)
			t.Logf("peak: %d MiB after %d headers", peak>>20, made.Load())
			if most := int64(160 << 20); peak > most {
				t.Errorf("the server took %d MiB at its peak, want at most %d", peak>>20, most>>20)
			}
		})
	}
}

// manyAddresses is another one for each connection.
func manyAddresses(i int) string { return fmt.Sprintf("127.1.%d.%d", i/250, i%250+1) }

// TestHeaderDripsOfManyAddresses: each of many addresses has one connection at a time,
// and sends its header byte by byte. There is no telling a newcomer among them until its
// request is whole, which then goes first.
func TestHeaderDripsOfManyAddresses(t *testing.T) {
	t.Parallel()
	s := startWithFiles(t, fewFiles)
	made := flood(t, s, 400, 2*time.Second, manyAddresses, func(ctx context.Context, _ int, conn net.Conn) {
		io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: x\r\nX: ")
		go func() {
			for ctx.Err() == nil {
				if _, err := conn.Write([]byte("x")); err != nil {
					return
				}
				time.Sleep(100 * time.Millisecond)
			}
		}()
	})
	if got := served(t, s, "127.0.0.7"); 10*got < 9*rounds {
		t.Errorf("beside %d slow headers, %d of %d rounds went well, want nine of ten\n%s", made.Load(), got, rounds, tail(s.log.String()))
	}
}

func tail(log string) string { return log[max(0, len(log)-3000):] }

func openFiles(t *testing.T, s *binary) int {
	t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// peakMemory is the most that the process had resident, in bytes.
func peakMemory(t *testing.T, s *binary) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kilobytes << 10
}
