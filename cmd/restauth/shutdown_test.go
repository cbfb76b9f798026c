package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/serve"
)

// TestShutdownEndsWorkFirst: logins and look-ups go on until the server ends, and
// what it does in the background ends before its database does. So the log has no
// fault that is none.
func TestShutdownEndsWorkFirst(t *testing.T) {
	t.Parallel()
	for range 3 {
		s := startServer(t, "--demo", "--identity-max-age", "1ms", "--drain-delay", "0s", "--shutdown-timeout", "10s")
		token := s.login("roy", "roy")
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				client := &http.Client{Timeout: patience}
				for {
					r, err := http.NewRequest(http.MethodGet, s.URL+"/rest-auth", nil)
					if err != nil {
						return
					}
					r.Header.Set("Authorization", "JWT "+token)
					resp, err := client.Do(r)
					if err != nil {
						return // it has stopped
					}
					_ = resp.Body.Close()
				}
			})
		}
		time.Sleep(50 * time.Millisecond)
		s.signals <- syscall.SIGTERM
		<-s.exited
		clients.Wait()
		if s.code != 0 {
			t.Errorf("exit code %d", s.code)
		}
		for line := range strings.Lines(s.log.String()) {
			if strings.Contains(line, `"level":"WARN"`) || strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, "closed") {
				t.Errorf("the log says: %s", line)
			}
		}
	}
}

// TestDrain has no login to be done within a delay that one would wait for: the machine
// may be too busy for it.
func TestDrain(t *testing.T) {
	t.Parallel()
	t.Run("before the delay is over", func(t *testing.T) {
		t.Parallel()
		s := startServer(t, "--demo", "--drain-delay", "5m")
		if status, body := s.do("GET", "/readyz", "", ""); status != 200 {
			t.Fatalf("before the signal: /readyz = %d %s", status, body)
		}
		s.signals <- syscall.SIGTERM
		eventually(t, "/readyz fails first", func() bool {
			status, _ := s.do("GET", "/readyz", "", "")
			return status == 503
		})
		// Whoever has not noticed yet is still served.
		s.login("roy", "roy")
		if status, body := s.do("GET", "/livez", "", ""); status != 200 {
			t.Errorf("while draining: /livez = %d %s", status, body)
		}
		time.Sleep(serve.RepeatWindow)
		if code := s.Stop(syscall.SIGTERM); code != exitFailed { // It is a second one, and ends the delay.
			t.Errorf("exit code = %d, want 1", code)
		}
	})
	t.Run("after it", func(t *testing.T) {
		t.Parallel()
		const delay = time.Second
		s := startServer(t, "--demo", "--drain-delay", delay.String())
		slow := startLogin(t, s)
		signalled := time.Now()
		s.signals <- syscall.SIGTERM
		eventually(t, "the listener closes", func() bool {
			status, _ := s.do("GET", "/livez", "", "")
			return status == 0
		})
		if after := time.Since(signalled); after < delay {
			t.Errorf("the listener closed after %v, want %v at least", after, delay)
		}
		if status := slow.finish(); status != 200 {
			t.Errorf("the request under way = %d, want 200", status)
		}
		<-s.exited
		if s.code != exitOK {
			t.Errorf("exit code = %d, want 0:\n%s", s.code, s.log)
		}
		for _, message := range []string{"starting", "listening", "draining", "stopped"} {
			if s.logLine(message) == nil {
				t.Errorf("the log has no line %q:\n%s", message, s.log)
			}
		}
	})
}

// TestInterruptDoesNotDelay: Stop waits for much less than five minutes.
func TestInterruptDoesNotDelay(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo", "--drain-delay", "5m")
	if code := s.Stop(os.Interrupt); code != exitOK {
		t.Errorf("exit code = %d, want 0:\n%s", code, s.log)
	}
}

func TestShutdownTimeout(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo", "--drain-delay", "0s", "--shutdown-timeout", "200ms")
	startLogin(t, s)
	if code := s.Stop(syscall.SIGTERM); code != exitFailed {
		t.Errorf("exit code = %d, want 1", code)
	}
	if !strings.Contains(s.log.String(), "still under way after --shutdown-timeout 200ms and were cut off") {
		t.Errorf("the log does not tell what happened:\n%s", s.log)
	}
}

func TestSecondSignal(t *testing.T) {
	t.Parallel()
	for _, delay := range []string{"0s", "5m"} {
		t.Run("drain delay "+delay, func(t *testing.T) {
			t.Parallel()
			s := startServer(t, "--demo", "--drain-delay", delay, "--shutdown-timeout", "1h")
			startLogin(t, s)
			s.signals <- syscall.SIGTERM
			eventually(t, "it drains", func() bool { return s.logLine("draining") != nil })
			time.Sleep(serve.RepeatWindow) // It had begun by then.
			if code := s.Stop(syscall.SIGTERM); code != exitFailed {
				t.Errorf("exit code = %d, want 1", code)
			}
			if !strings.Contains(s.log.String(), "stopped by a second SIGTERM,") {
				t.Errorf("the log does not tell what happened:\n%s", s.log)
			}
		})
	}
}

// slowLogin is a login of which the last byte has not been sent.
type slowLogin struct {
	t       *testing.T
	conn    net.Conn
	answers *bufio.Reader
	rest    string
}

func startLogin(t *testing.T, s *testServer) *slowLogin {
	t.Helper()
	address := strings.TrimPrefix(s.URL, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	const body = `{"username":"roy","password":"roy"}`
	fmt.Fprintf(conn, "POST /auth HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n%s",
		address, len(body), body[:len(body)-1])
	l := &slowLogin{t, conn, bufio.NewReader(conn), body[len(body)-1:]}
	// Only the handler that begins to read the body says 100. Nothing less will do: a
	// request whose header nobody has read yet is none under way to net/http.
	if status, err := l.answer(); status != http.StatusContinue || err != nil {
		t.Fatalf("the login that has begun = %d, %v, want 100", status, err)
	}
	return l
}

// finish sends the rest and returns the answer's status.
func (l *slowLogin) finish() int {
	l.t.Helper()
	status, err := l.tryFinish()
	if err != nil {
		l.t.Fatalf("the request under way: %v", err)
	}
	return status
}

// tryFinish is finish for who expects that it may be cut off.
func (l *slowLogin) tryFinish() (int, error) {
	if _, err := io.WriteString(l.conn, l.rest); err != nil {
		return 0, err
	}
	return l.answer()
}

// answer returns the status of the next one.
func (l *slowLogin) answer() (int, error) {
	l.conn.SetReadDeadline(time.Now().Add(patience))
	resp, err := http.ReadResponse(l.answers, nil)
	if err != nil {
		return 0, err
	}
	resp.Body.Close()
	return resp.StatusCode, nil
}
