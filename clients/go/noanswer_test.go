package restauth_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	restauth "github.com/restauth/restauth/clients/go"
)

// noAnswer is a case of the table that the tests of all clients share.
type noAnswer struct {
	Name, Listen, Scheme, Send, Then, Error string
	Status                                  *int
	RetryAfter                              *int `json:"retry_after"` // seconds
}

func noAnswers(t *testing.T) []noAnswer {
	t.Helper()
	content, err := os.ReadFile("../testdata/no-answer.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct{ Cases []noAnswer }
	if err := json.Unmarshal(content, &table); err != nil || len(table.Cases) == 0 {
		t.Fatalf("%d cases, %v", len(table.Cases), err)
	}
	return table.Cases
}

// serve listens as the case says and returns the address to call. A login is
// answered well where only a guarded call is to meet the fault.
func (c noAnswer) serve(t *testing.T, goodLogin bool) string {
	t.Helper()
	if c.Listen == "unknown name" {
		return c.Scheme + "://restauth.invalid" // RFC 2606, section 2
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := c.Scheme + "://" + listener.Addr().String()
	if c.Listen == "nowhere" {
		_ = listener.Close()
		return address
	}
	t.Cleanup(func() { _ = listener.Close() })
	if c.Listen == "untrusted" {
		certificate, err := tls.LoadX509KeyPair("../testdata/untrusted.pem", "../testdata/untrusted.pem")
		if err != nil {
			t.Fatal(err)
		}
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}})
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go c.answer(t.Context(), conn, goodLogin)
		}
	}()
	return address
}

func (c noAnswer) answer(ctx context.Context, conn net.Conn, goodLogin bool) {
	defer func() { _ = conn.Close() }()
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err == nil {
		_, _ = io.Copy(io.Discard, r.Body)
	}
	if goodLogin && r != nil && r.URL.Path == "/auth" {
		const token = `{"access_token":"a.b.c","token_type":"Bearer","expires_in":300}`
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", len(token), token)
		return
	}
	_, _ = io.WriteString(conn, c.Send)
	switch c.Then {
	case "reset":
		time.Sleep(20 * time.Millisecond) // what was sent is to arrive
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
	case "hang":
		<-ctx.Done()
	}
}

// TestNoAnswer: whatever keeps an answer from coming, the error is the same.
func TestNoAnswer(t *testing.T) {
	for _, c := range noAnswers(t) {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			calls := map[string]func(*restauth.Client) error{
				"live":  func(client *restauth.Client) error { _, err := client.LiveWithResponse(t.Context()); return err },
				"login": func(client *restauth.Client) error { _, err := client.Token(t.Context()); return err },
			}
			if c.Listen == "plain" && c.Scheme == "http" {
				calls["guarded"] = func(client *restauth.Client) error {
					_, err := client.GetCurrentUserWithResponse(t.Context())
					return err
				}
			}
			for name, call := range calls {
				timeout := 10 * time.Second
				if c.Then == "hang" {
					timeout = time.Second / 2
				}
				address := c.serve(t, name == "guarded")
				client := newClient(t, address, restauth.WithLogin("roy", "SECRET"), restauth.WithTimeout(timeout), restauth.WithTransport(&http.Transport{}))
				c.check(t, name, call(client))
			}
		})
	}
}

func (c noAnswer) check(t *testing.T, call string, err error) {
	t.Helper()
	var unavailable *restauth.UnavailableError
	var problem *restauth.ProblemError
	if got, want := errors.As(err, &unavailable), c.Error == "Unavailable"; got != want {
		t.Errorf("%s: %v (%T), want %s", call, err, err, c.Error)
		return
	}
	if got, want := errors.As(err, &problem), c.Status != nil; got != want || got && problem.Status != *c.Status {
		t.Errorf("%s: %v, want status %v", call, err, c.Status)
	}
	if unavailable == nil {
		return
	}
	if want := time.Duration(*c.RetryAfter) * time.Second; unavailable.RetryAfter != want {
		t.Errorf("%s: RetryAfter = %v, want %v", call, unavailable.RetryAfter, want)
	}
	if (unavailable.Cause == nil) != (c.Status != nil) || (unavailable.Refusal == nil) != (c.Status == nil) {
		t.Errorf("%s: refusal %v and cause %v, want one of them", call, unavailable.Refusal, unavailable.Cause)
	}
	var urlError *url.Error
	if c.Listen == "nowhere" && !errors.As(err, &urlError) {
		t.Errorf("%s: net/http's error is not the cause: %v", call, err)
	}
	if strings.Contains(err.Error(), "SECRET") || strings.Contains(err.Error(), "a.b.c") {
		t.Errorf("%s: the error holds the password or the token: %v", call, err)
	}
}

// TestOwnContext: who gives up is told so, whatever he waited for.
func TestOwnContext(t *testing.T) {
	silent := noAnswer{Listen: "plain", Scheme: "http", Then: "hang"}
	half := noAnswer{Listen: "plain", Scheme: "http", Then: "hang", Send: "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"}
	for name, c := range map[string]noAnswer{"silent": silent, "silent inside the body": half} {
		for call, send := range map[string]func(context.Context, *restauth.Client) error{
			"live": func(ctx context.Context, client *restauth.Client) error {
				_, err := client.LiveWithResponse(ctx)
				return err
			},
			"login": func(ctx context.Context, client *restauth.Client) error { _, err := client.Token(ctx); return err },
			"guarded": func(ctx context.Context, client *restauth.Client) error {
				_, err := client.GetRestAuthWithResponse(ctx)
				return err
			},
		} {
			client := newClient(t, c.serve(t, call == "guarded"), restauth.WithLogin("roy", "roy"))
			cancelled, cancel := context.WithCancel(t.Context())
			time.AfterFunc(100*time.Millisecond, cancel)
			limited, end := context.WithTimeout(t.Context(), 100*time.Millisecond)
			for want, ctx := range map[error]context.Context{context.Canceled: cancelled, context.DeadlineExceeded: limited} {
				var unavailable *restauth.UnavailableError
				if err := send(ctx, client); !errors.Is(err, want) || errors.As(err, &unavailable) {
					t.Errorf("%s, %s: %v (%T), want %v", name, call, err, err, want)
				}
			}
			cancel()
			end()
		}
	}
}
