package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/httpconn"
)

// early are requests that are answered before all of them was read, whatever the
// size of the rest.
func early(rest int) map[string]struct {
	request string
	status  int
} {
	type request = struct {
		request string
		status  int
	}
	body := strings.Repeat("x", rest)
	with := func(first string, headers ...string) string {
		return first + " HTTP/1.1\r\nHost: x\r\n" + strings.Join(append(headers, fmt.Sprintf("Content-Length: %d", rest)), "\r\n") + "\r\n\r\n" + body
	}
	const json = "Content-Type: application/json"
	chunks := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", rest, body)
	return map[string]request{
		"too large, declared":     {with("POST /auth", json), 413},
		"too large, in chunks":    {"POST /auth HTTP/1.1\r\nHost: x\r\n" + json + "\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, 413},
		"another type":            {with("POST /auth", "Content-Type: text/plain"), 413}, // the length comes first
		"no such path":            {with("POST /nowhere", json), 404},
		"no such method":          {with("PUT /auth", json), 405},
		"a body on GET":           {with("GET /rest-auth"), 401},
		"HTTP/1.0":                {strings.Replace(with("POST /auth", json), "HTTP/1.1", "HTTP/1.0", 1), 413},
		"asked to close":          {with("POST /nowhere", "Connection: close"), 404},
		"more behind the end":     {"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + body, 200},
		"no HTTP":                 {"GET /livez HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n" + body, 400},
		"no host":                 {"POST /auth HTTP/1.1\r\n" + json + "\r\n\r\n" + body, 400},
		"another coding":          {"POST /auth HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n" + body, 501},
		"two lengths":             {"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n" + body, 400},
		"too many header lines":   {"GET /livez HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("a: b\r\n", httpconn.MostHeaderLines+2000) + "\r\n" + body, 400},
		"too large a header":      {"GET /livez HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", httpconn.MostHeaderBytes) + "\r\n\r\n" + body, 431},
		"another version of HTTP": {"GET /livez HTTP/9.9\r\nHost: x\r\n\r\n" + body, 505},
	}
}

// TestEarlyAnswersArrive: a client that sends all of its request before it reads
// gets the answer and no reset in its place.
func TestEarlyAnswersArrive(t *testing.T) {
	t.Parallel()
	bothWays(t, earlyAnswersArrive)
}

func earlyAnswersArrive(t *testing.T, s *testServer) {
	times, rests := 40, []int{20_000, 200_000, 1 << 20}
	if strings.HasPrefix(s.URL, "https") { // each is a handshake, and the same below it
		times, rests = 10, rests[1:]
	}
	for _, rest := range rests {
		for name, c := range early(rest) {
			t.Run(fmt.Sprintf("%s, %d", name, rest), func(t *testing.T) {
				t.Parallel()
				lost := 0
				for i := range times {
					if got, err := sendAll(s, c.request, i%2 == 1); err != nil || got != c.status {
						lost++
						t.Logf("%d, %v", got, err)
					}
				}
				if lost > 0 {
					t.Errorf("%d of %d answers were lost or others than %d", lost, times, c.status)
				}
			})
		}
	}
}

// sendAll sends a request to its end, and reads the answer only then. In parts, what
// follows the header is sent when the server has refused that already, as most
// clients' libraries write the two.
func sendAll(s *testServer, request string, inParts bool) (status int, err error) {
	conn, err := s.dial(net.Dialer{})
	if err != nil {
		return 0, err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if end := strings.Index(request, "\r\n\r\n") + 4; inParts {
		if _, err := io.WriteString(conn, request[:end]); err != nil {
			return 0, fmt.Errorf("send the header: %w", err)
		}
		time.Sleep(time.Millisecond)
		request = request[end:]
	}
	if _, err := io.WriteString(conn, request); err != nil {
		return 0, fmt.Errorf("send: %w", err)
	}
	time.Sleep(2 * time.Millisecond) // a reset would be here by now
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, fmt.Errorf("read: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// TestLingering: who goes on sending after an early answer is hung up on soon.
func TestLingering(t *testing.T) {
	t.Parallel()
	bothWays(t, lingering)
}

func lingering(t *testing.T, s *testServer) {
	conn, err := s.dial(net.Dialer{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	var sending sync.WaitGroup
	sending.Go(func() {
		for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			if _, err := conn.Write([]byte("x")); err != nil {
				return
			}
		}
		t.Error("the server goes on reading")
	})
	sending.Wait()
}

// TestShutdownLingers: a shutdown that comes between an early answer and the end of
// what its client sends does not take the answer away, and does not wait for who does
// not end.
func TestShutdownLingers(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{true, false} {
		for !shutdownLingers(t, ends) {
			t.Log("the machine was so busy that the connection's time was up; once more")
		}
	}
}

// shutdownLingers reports false where this test was too slow to say anything.
func shutdownLingers(t *testing.T, ends bool) bool {
	t.Helper()
	s := startBinary(t, t.TempDir(), "serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s", "--log-format", "json")
	conn, err := s.dial(net.Dialer{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	begin := time.Now()
	if _, err := io.WriteString(conn, "POST /auth HTTP/1.1\r\nHost: x\r\nbad header\r\nContent-Length: 20000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer := bufio.NewReader(conn)
	if _, err := answer.Peek(1); err != nil { // It has been refused.
		t.Fatal(err)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- s.cmd.Wait() }()
	var early bool
	select {
	case err = <-exited:
		early = true
	case <-time.After(100 * time.Millisecond):
	}
	_, sending := io.WriteString(conn, strings.Repeat("x", 20000))
	if time.Since(begin) > time.Second { // which is how long the server reads on
		return false
	}
	if early || sending != nil {
		t.Fatalf("ends: %v: it has ended before its client did: %v, %v\n%s", ends, err, sending, s.log)
	}
	if ends {
		resp, err := http.ReadResponse(answer, nil)
		if err != nil || resp.StatusCode != http.StatusBadRequest {
			t.Errorf("the answer = %v, %v, want 400", resp, err)
		}
		_ = conn.Close()
	}
	if err := <-exited; err != nil { // that it ends at all is the test where the client does not
		t.Errorf("ends: %v: %v, want exit code 0\n%s", ends, err, s.log)
	}
	return true
}
