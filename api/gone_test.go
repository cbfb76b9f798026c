package api_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/gen"
)

// TestClientGone: who does not wait for the answer is in the log as that, and not
// as an outage or a fault of the server's.
func TestClientGone(t *testing.T) {
	began := make(chan struct{})
	server, log := start(t, operations{restAuth: func(ctx context.Context) (gen.GetRestAuthResponseObject, error) {
		close(began)
		<-ctx.Done()
		return nil, fmt.Errorf("find the user: %w", ctx.Err())
	}})
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, get("/rest-auth", authority)); err != nil {
		t.Fatal(err)
	}
	<-began
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(log.String(), `"msg":"request"`); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the log has no line of the request:\n%s", log)
		}
	}
	if text := log.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, `"status":499`) || !strings.Contains(text, `"level":"INFO"`) {
		t.Errorf("the log says\n%s\nwant one line with status 499", text)
	}
}
