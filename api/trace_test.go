package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/api/reqctx"
	"github.com/restauth/restauth/gen"
)

// TestTraceIsLogged: a request's line names the trace that it is part of, and has
// no such member where there is none. Whatever is wrong with the header, which is
// none of the contract's, the answer is the same.
func TestTraceIsLogged(t *testing.T) {
	const trace = "12345678901234567890123456789012"
	const sent = "00-" + trace + "-1234567890123456-01"
	for _, c := range []struct{ name, header, want string }{
		{"one", "traceparent: " + sent, trace},
		{"in capitals", "TRACEPARENT: " + sent, trace},
		{"in both", "TrAcEpArEnT: " + sent, trace},
		{"blanks around it", "traceparent: \t " + sent + " \t", trace},
		{"a later version", "traceparent: cc-" + sent[3:] + "-what-the-future-will-be-like", trace},
		{"with a state, which says nothing", "traceparent: " + sent + "\r\ntracestate: foo=1", trace},
		{"none", "X-Other: 1", ""},
		{"a state alone", "tracestate: foo=1", ""},
		{"another name", "trace-parent: " + sent, ""},
		{"empty", "traceparent:", ""},
		{"nonsense", "traceparent: \"\\\xff\u202e", ""},
		{"two", "traceparent: " + sent + "\r\ntraceparent: " + sent, ""},
		{"two in one", "traceparent: " + sent + "," + sent, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, log := start(t, operations{})
			a := raw(t, server, "GET /livez HTTP/1.1\r\nHost: x\r\nX-Request-Id: r1\r\n"+c.header+"\r\nConnection: close\r\n\r\n")
			server.Close() // ends after the line is written
			if a.StatusCode != http.StatusOK || a.Header.Get("Traceparent") != "" || a.Header.Get("Traceresponse") != "" {
				t.Errorf("answer = %d %v, want 200 without a word of traces", a.StatusCode, a.Header)
			}
			var line map[string]any
			if err := json.Unmarshal([]byte(log.String()), &line); err != nil {
				t.Fatal(err)
			}
			if got, has := line["trace_id"]; has != (c.want != "") || has && got != c.want {
				t.Errorf("logged trace_id = %v, want %q in %s", got, c.want, log.String())
			}
			if line["request_id"] != "r1" {
				t.Errorf("logged request_id = %v, want r1", line["request_id"])
			}
		})
	}
}

// TestTextLineNamesTheTrace once, as the JSON line does.
func TestTextLineNamesTheTrace(t *testing.T) {
	var log bytes.Buffer
	handler, err := api.New(config(operations{}, slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	handler.ServeHTTP(httptest.NewRecorder(), traced(t, http.MethodGet, "/livez", ""))
	if got, want := log.String(), " msg=request request_id=r1 trace_id=4bf92f3577b34da6a3ce929d0e0e4736 method=GET route=/livez "; !strings.Contains(got, want) || strings.Count(got, "_id=") != 2 {
		t.Errorf("line = %s, want %s in it", got, want)
	}
}

// TestFaultsNameTheRequest: every line about a request names it, whoever writes it.
func TestFaultsNameTheRequest(t *testing.T) {
	for _, c := range []struct {
		name   string
		login  func(context.Context) error
		status int
	}{
		{"unexpected fault", func(context.Context) error { return errors.New("boom") }, 500},
		{"request not served", func(context.Context) error { return api.Unavailable("Later.", 1, errors.New("down")) }, 503},
		{"panic", func(context.Context) error { panic("boom") }, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			handler, err := api.New(config(operations{login: func(ctx context.Context, _ gen.LoginRequestObject) (gen.LoginResponseObject, error) {
				return nil, c.login(ctx)
			}}, slog.New(slog.NewJSONHandler(&log, nil))))
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, traced(t, http.MethodPost, "/auth", `{"username":"a","password":"b"}`))
			lines := strings.Split(strings.TrimSpace(log.String()), "\n")
			if w.Code != c.status || len(lines) != 2 {
				t.Fatalf("status %d, lines %q, want %d and two lines", w.Code, lines, c.status)
			}
			want := fmt.Sprintf(`"msg":%q,"request_id":"r1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",`, c.name)
			if !strings.Contains(lines[0], want) || strings.Count(lines[0], "request_id") != 1 {
				t.Errorf("line = %s, want %s in it", lines[0], want)
			}
			if !strings.Contains(w.Body.String(), `"request_id":"r1"`) || strings.Contains(w.Body.String(), "trace") {
				t.Errorf("problem = %s, want its request_id and nothing of the trace", w.Body)
			}
		})
	}
}

// TestOperationsKnowTheRequest, and so does whoever judges the token.
func TestOperationsKnowTheRequest(t *testing.T) {
	type caller struct{}
	var judged, served reqctx.Request
	cfg := config(operations{restAuth: func(ctx context.Context) (gen.GetRestAuthResponseObject, error) {
		served = reqctx.From(ctx)
		return gen.GetRestAuth200JSONResponse{Body: "hello"}, nil
	}}, slog.New(slog.DiscardHandler))
	cfg.Schemes = map[string]api.Scheme{"bearer": {Authenticate: func(ctx context.Context, _ string) (context.Context, error) {
		judged = reqctx.From(ctx)
		return context.WithValue(ctx, caller{}, 1), nil
	}}}
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r := traced(t, http.MethodGet, "/rest-auth", "")
	r.Header.Set("Authorization", "Bearer "+goodToken)
	handler.ServeHTTP(httptest.NewRecorder(), r)
	if served != judged {
		t.Errorf("the operation sees %+v, the authenticator %+v", served, judged)
	}
	if served.ID != "r1" || served.ClientKey() != "192.0.2.1" || served.UserAgent() != "curl/8?" || served.TraceID() != "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Errorf("the operation sees %+v", served)
	}
}

// traced is a request with all that package reqctx knows of one.
func traced(t *testing.T, method, path, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2.1:4711"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("X-Request-Id", "r1")
	r.Header.Set("User-Agent", "curl/8\x7f")
	r.Header.Set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	return r
}
