package httpconn

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/commandtest"
	"github.com/restauth/restauth/internal/certtest"
)

// Deadlines of the servers in these tests: so many ticks of the clock apart that
// what is to happen between two of them does so on a busy machine too.
const (
	testHeader = 3 * tickEvery
	testRead   = 8 * tickEvery
	testWrite  = 14 * tickEvery
	testIdle   = 8 * tickEvery
)

// kind is what connections a server has: net/http's own deadlines are what ours are held
// against.
type kind string

const (
	netHTTPs kind = "net/http's"
	limited  kind = "limited"
	overTLSs kind = "limited, TLS"
)

var kinds = [...]kind{netHTTPs, limited, overTLSs}

func newConnServer(t *testing.T, kind kind, handler http.Handler) string {
	t.Helper()
	_, address := startConnServer(t, kind, handler)
	return address
}

// secured is before the address of a server that speaks TLS.
const secured = "tls:"

func startConnServer(t *testing.T, kind kind, handler http.Handler, options ...func(*http.Server)) (*http.Server, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: testHeader, ReadTimeout: testRead,
		WriteTimeout: testWrite, IdleTimeout: testIdle,
	}
	for _, option := range options {
		option(server)
	}
	address := listener.Addr().String()
	switch kind {
	case netHTTPs:
	case overTLSs:
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certtest.Valid(t).TLS(t)}}
		address = secured + address
		fallthrough
	case limited:
		listener = Limit(server, listener, Bounds{})
	}
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(listener) })
	t.Cleanup(func() {
		server.Close()
		serving.Wait()
	})
	return server, address
}

// client is a connection with its time, and what went wrong with it.
type client struct {
	net.Conn
	*bufio.Reader
	begun  time.Time // before the server could know of it
	faults []string
}

func (c *client) errorf(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// tries is how often a scenario with deadlines may go wrong: a busy machine spoils one
// now and then, a fault all.
const tries = 20

// scenario runs one on new connections until it goes well.
func scenario(t *testing.T, address string, run func(*client)) {
	t.Helper()
	var c *client
	for range tries {
		c = connect(t, address)
		run(c)
		c.Close()
		if len(c.faults) == 0 {
			return
		}
	}
	for _, fault := range c.faults {
		t.Errorf("each of %d times, as in: %s", tries, fault)
	}
}

func connect(t *testing.T, address string) *client {
	t.Helper()
	begun := time.Now()
	address, secure := strings.CutPrefix(address, secured)
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if secure {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
		if err := conn.(*tls.Conn).Handshake(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(begun.Add(commandtest.Patience))
	return &client{Conn: conn, Reader: bufio.NewReader(conn), begun: begun}
}

func (c *client) Read(p []byte) (int, error) { return c.Reader.Read(p) }

func (c *client) send(text string) {
	if _, err := io.WriteString(c.Conn, text); err != nil {
		c.errorf("send: %v", err)
	}
}

// answer reads one answer's body.
func (c *client) answer() (string, error) {
	resp, err := http.ReadResponse(c.Reader, nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func (c *client) want(body string) {
	if got, err := c.answer(); got != body || err != nil {
		c.errorf("answer = %q, %v, want %q", got, err, body)
	}
}

// closes waits for the server to hang up, which it must do after that time.
func (c *client) closes(after time.Duration) {
	io.Copy(io.Discard, c.Reader)
	took := time.Since(c.begun)
	// Two ticks late at most, and a moment.
	if took < after || took > after+2*tickEvery+tickEvery/2 {
		c.errorf("closed after %v, want %v", took, after)
	}
}

// slow answers after the time that the path names, at once when the client has
// gone, and says which.
func slow(gone chan<- time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wait, _ := time.ParseDuration(strings.Trim(r.URL.Path, "/"))
		begin := time.Now()
		if r.Method == http.MethodPost {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				fmt.Fprint(w, "cut off")
				return
			}
		}
		select {
		case <-time.After(wait):
			fmt.Fprintf(w, "after %v", wait)
		case <-r.Context().Done():
			select {
			case gone <- time.Since(begin):
			default:
			}
		}
	})
}

// TestConnTimeouts: the same things happen at the same times as with net/http's
// own deadlines.
func TestConnTimeouts(t *testing.T) {
	const get = "GET /%v HTTP/1.1\r\nHost: x\r\n\r\n"
	now := fmt.Sprintf(get, time.Duration(0))
	scenarios := map[string]func(*client){
		"nothing is sent":         func(c *client) { c.closes(testHeader) },
		"half a header":           func(c *client) { c.send(now[:20]); c.closes(testHeader) },
		"header bit by bit":       func(c *client) { c.send(now[:9]); time.Sleep(testHeader / 2); c.send(now[9:]); c.want("after 0s") },
		"idle":                    func(c *client) { c.send(now); c.want("after 0s"); c.closes(testIdle) },
		"half of a second header": func(c *client) { c.send(now); c.want("after 0s"); c.send("G"); c.closes(testIdle) },
		"idle past the header's deadline": func(c *client) {
			for range 2 {
				c.send(now)
				c.want("after 0s")
				time.Sleep(testHeader + 2*tickEvery)
			}
			c.send(now)
			c.want("after 0s")
		},
		"a body that never comes": func(c *client) {
			c.send("POST /0s HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
			c.want("cut off")
			c.closes(testRead)
		},
		"a body late, within its time": func(c *client) {
			c.send("POST /0s HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\nhalf")
			time.Sleep(testHeader + 3*tickEvery/2)
			c.send("half")
			c.want("after 0s")
		},
		"a slow handler": func(c *client) {
			for range 2 {
				c.send(fmt.Sprintf(get, 5*tickEvery/2))
				c.want("after 625ms")
			}
		},
		"a request behind a slow one": func(c *client) {
			c.send(fmt.Sprintf(get, 5*tickEvery/2))
			time.Sleep(5 * tickEvery / 4) // the watch for the client's end finds it
			c.send(now + now)
			c.want("after 625ms")
			c.want("after 0s")
			c.want("after 0s")
		},
		"requests in a row, all at once": func(c *client) {
			c.send(strings.Repeat(now, 50))
			for range 50 {
				c.want("after 0s")
			}
		},
	}
	for name, run := range scenarios {
		for _, kind := range kinds {
			t.Run(fmt.Sprintf("%s, %s", name, kind), func(t *testing.T) {
				t.Parallel()
				scenario(t, newConnServer(t, kind, slow(nil)), run)
			})
		}
	}
}

// TestConnWriteTimeout: who does not read is cut off.
func TestConnWriteTimeout(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			cutsOffWriters(t, kind)
		})
	}
}

func cutsOffWriters(t *testing.T, kind kind) {
	failed := make(chan time.Time, 1)
	address := newConnServer(t, kind, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				failed <- time.Now()
				return
			}
		}
	}))
	c := connect(t, address)
	c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case at := <-failed:
		if took := at.Sub(c.begun); took < testWrite {
			t.Errorf("the write failed after %v, before its time", took)
		}
	case <-time.After(commandtest.Patience):
		t.Error("the write goes on for ever")
	}
}

// TestConnManyAtOnce is for the race detector: handlers that are done before,
// while and after the watch begins.
func TestConnManyAtOnce(t *testing.T) {
	for _, kind := range []kind{limited, overTLSs} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			manyAtOnce(t, kind)
		})
	}
}

func manyAtOnce(t *testing.T, kind kind) {
	server, address := startConnServer(t, kind, slow(nil), func(server *http.Server) { // Nobody is to be cut off.
		server.ReadHeaderTimeout, server.ReadTimeout, server.WriteTimeout, server.IdleTimeout = commandtest.Patience, commandtest.Patience, commandtest.Patience, commandtest.Patience
	})
	defer server.Close()
	var running sync.WaitGroup
	for i := range 32 {
		c := connect(t, address)
		running.Go(func() {
			wait := []time.Duration{0, 0, 0, time.Microsecond, 50 * time.Microsecond, time.Millisecond, tickEvery}[i%7]
			for until := time.Now().Add(2 * time.Second); time.Now().Before(until); {
				c.send(fmt.Sprintf("GET /%v HTTP/1.1\r\nHost: x\r\n\r\n", wait))
				c.want(fmt.Sprintf("after %v", wait))
			}
			for _, fault := range c.faults {
				t.Error(fault)
			}
		})
	}
	running.Wait()
}

// TestClockStops when there is nobody to tick for, and begins again.
func TestClockStops(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: slow(nil), ReadHeaderTimeout: testHeader}
	limited := Limit(server, listener, Bounds{})
	go server.Serve(limited)
	defer server.Close()
	runs := func() bool {
		limited.clock.mu.Lock()
		defer limited.clock.mu.Unlock()
		return limited.clock.runs
	}
	for range 2 {
		c := connect(t, listener.Addr().String())
		commandtest.Eventually(t, "the clock runs", runs)
		c.Close()
		commandtest.Eventually(t, "the clock stops", func() bool { return !runs() })
	}
}
