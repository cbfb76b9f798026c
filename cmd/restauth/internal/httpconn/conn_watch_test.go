package httpconn

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/commandtest"
)

// TestConnNoticesTheClientsEnd while a handler runs, at every moment of its
// clock.
func TestConnNoticesTheClientsEnd(t *testing.T) {
	for _, kind := range []kind{limited, overTLSs} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			noticesTheEnd(t, kind)
		})
	}
}

func noticesTheEnd(t *testing.T, kind kind) {
	for i := range 5 {
		gone := make(chan time.Duration, 1)
		into := time.Duration(i) * tickEvery / 4
		scenario(t, newConnServer(t, kind, slow(gone)), func(c *client) {
			c.send("GET /1h HTTP/1.1\r\nHost: x\r\n\r\n")
			time.Sleep(into)
			c.Close()
			select {
			case took := <-gone:
				if limit := into + 2*tickEvery + tickEvery/2; took > limit {
					c.errorf("noticed after %v, want %v at most", took, limit)
				}
			case <-time.After(commandtest.Patience):
				c.errorf("not noticed")
			}
		})
	}
}

// TestConnClosedByTheServer ends the context of a handler, whether the watch for
// the client's end has begun, waits or reads.
func TestConnClosedByTheServer(t *testing.T) {
	for _, kind := range kinds {
		for _, into := range []time.Duration{0, time.Millisecond, tickEvery, 3 * tickEvery} {
			t.Run(fmt.Sprintf("%s, after %v", kind, into), func(t *testing.T) {
				t.Parallel()
				begun, ended := make(chan struct{}), make(chan bool, 1)
				server, address := startConnServer(t, kind, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					close(begun)
					select {
					case <-r.Context().Done():
						ended <- true
					case <-time.After(commandtest.Patience):
						ended <- false
					}
				}))
				c := connect(t, address)
				c.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
				<-begun
				time.Sleep(into)
				server.Close()
				if !<-ended {
					t.Error("the handler's context goes on")
				}
			})
		}
	}
}

// TestHeaderOfABufferLessOne: net/http's buffer of 4 KiB may want a single
// byte, which must not be taken for its watch. That would wait for a tick each
// time, a busy machine does not.
func TestHeaderOfABufferLessOne(t *testing.T) {
	for _, kind := range kinds {
		scenario(t, newConnServer(t, kind, slow(nil)), func(c *client) {
			for range 2 { // a connection's first request, and its second
				header := "GET /0s HTTP/1.1\r\nHost: x\r\nX: "
				header += strings.Repeat("x", 4095-len(header))
				c.send(header)
				time.Sleep(50 * time.Millisecond)
				begin := time.Now()
				c.send("y\r\n\r\n")
				c.want("after 0s")
				if took := time.Since(begin); took > tickEvery/2 {
					c.errorf("%s: the answer took %v", kind, took)
				}
			}
		})
	}
}
