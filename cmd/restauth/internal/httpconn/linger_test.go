package httpconn

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/commandtest"
)

// TestWait: for clients that were answered early, until they end, and no longer than
// its context; for no others.
func TestWait(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: slow(nil), ReadHeaderTimeout: commandtest.Patience}
	limited := Limit(server, listener, Bounds{})
	go server.Serve(limited)
	defer server.Close()
	idle := connect(t, listener.Addr().String())
	idle.send("GET /0s HTTP/1.1\r\nHost: x\r\n\r\n")
	idle.want("after 0s")
	limited.Wait(t.Context())

	refused, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Close()
	if _, err := io.WriteString(refused, "GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(refused); err != nil { // the answer, and the server's half of the end
		t.Fatal(err)
	}
	if err := server.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	limited.Wait(over)
	waited := make(chan struct{})
	go func() {
		limited.Wait(t.Context())
		close(waited)
	}()
	select {
	case <-waited:
		t.Error("nobody was waited for")
	case <-time.After(lingerTime / 10):
	}
	refused.Close()
	<-waited
}
