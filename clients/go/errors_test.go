package restauth_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	restauth "github.com/restauth/restauth/clients/go"
	"github.com/restauth/restauth/clients/go/restauthtest"
)

// TestErrors are the contract's, each from the real server as its typed value.
func TestErrors(t *testing.T) {
	server := servers.Demo(t)
	wrong := newClient(t, server.URL, restauth.WithLogin("roy", "SECRET-wrong"))
	plain := newClient(t, server.URL)
	send := func(contentType, body string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := plain.LoginWithBodyWithResponse(ctx, contentType, strings.NewReader(body))
			return err
		}
	}
	for name, c := range map[string]struct {
		call   func(context.Context) error
		status int
		kind   error
		detail string
	}{
		"400":                   {send("application/json", `{"username":"SECRET"}`), 400, nil, "The request does not match the API description."},
		"401 login":             {send("application/json", `{"username":"roy","password":"SECRET"}`), 401, restauth.ErrInvalidCredentials, "Invalid credentials"},
		"401 login of a client": {func(ctx context.Context) error { _, err := wrong.GetRestAuthWithResponse(ctx); return err }, 401, restauth.ErrInvalidCredentials, "Invalid credentials"},
		"401 no token":          {func(ctx context.Context) error { _, err := plain.GetRestAuthWithResponse(ctx); return err }, 401, restauth.ErrUnauthorized, "Request does not contain an access token"},
		"413":                   {send("application/json", strings.Repeat("SECRET", 4000)), 413, nil, "The request body is longer than 16384 bytes."},
		"415":                   {send("text/plain", "SECRET"), 415, nil, "Send the body with Content-Type: application/json."},
	} {
		err := c.call(t.Context())
		var problem *restauth.ProblemError
		if !errors.As(err, &problem) || problem.Status != c.status || problem.Detail != c.detail || problem.RequestId == "" {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, kind := range []error{restauth.ErrInvalidCredentials, restauth.ErrUnauthorized} {
			if got, want := errors.Is(err, kind), errors.Is(c.kind, kind); got != want {
				t.Errorf("%s: errors.Is(%v) = %v", name, kind, got)
			}
		}
		if strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: the error holds what was submitted: %v", name, err)
		}
		if c.status == 400 {
			if diff := cmp.Diff(&[]restauth.Violation{{Pointer: "/password", Keyword: "required"}}, problem.Errors); diff != "" {
				t.Errorf("%s: violations (-want +got):\n%s", name, diff)
			}
		}
	}
}

// TestUnavailable: the database is away, for a login and by a client's own.
func TestUnavailable(t *testing.T) {
	server := servers.Serve(t, []string{"RESTAUTH_SECRET_KEY=" + restauthtest.Secret}, "--users", "mysql://u:p@127.0.0.1:1/x")
	client := newClient(t, server.URL, restauth.WithLogin("roy", "roy"))
	_, ready := client.ReadyWithResponse(t.Context())
	_, guarded := client.GetRestAuthWithResponse(t.Context())
	for name, err := range map[string]error{"ready": ready, "guarded": guarded} {
		var unavailable *restauth.UnavailableError
		var problem *restauth.ProblemError
		if !errors.As(err, &unavailable) || unavailable.RetryAfter < time.Second || !errors.As(err, &problem) || problem.Status != 503 {
			t.Errorf("%s: %v", name, err)
		}
		if errors.Is(err, restauth.ErrInvalidCredentials) || errors.Is(err, restauth.ErrUnauthorized) {
			t.Errorf("%s: an outage says something of the credentials", name)
		}
	}
	server.Stop()
	var unavailable *restauth.UnavailableError
	if _, err := client.LiveWithResponse(t.Context()); !errors.As(err, &unavailable) || unavailable.Refusal != nil {
		t.Errorf("nobody answers: %v", err)
	}
}

// TestThrottled: more logins at once than the server's queue has room for. The
// ones that cannot wait are told how long, some get in, nothing else happens.
func TestThrottled(t *testing.T) {
	server := servers.WithUsers(t, []string{"ann", "roy"}, "--login-threads", "1", "--login-queue", "2")
	in, waits := 0, 0
	// On a busy machine they may come one after the other.
	for deadline := time.Now().Add(time.Minute); (in == 0 || waits == 0) && time.Now().Before(deadline); {
		results := make(chan error)
		for range 30 {
			go func() {
				_, err := newClient(t, server.URL, restauth.WithLogin("roy", restauthtest.Password)).Token(t.Context())
				results <- err
			}()
		}
		for range 30 {
			err := <-results
			var throttled *restauth.ThrottledError
			var unavailable *restauth.UnavailableError
			switch {
			case err == nil:
				in++
			case errors.As(err, &throttled) && throttled.RetryAfter >= time.Second && throttled.Refusal.Status == 429:
				waits++
			case errors.As(err, &unavailable) && unavailable.RetryAfter >= time.Second && unavailable.Refusal.Status == 503:
				// Too busy, and not for this client's doing.
			default:
				t.Errorf("neither in nor told to wait: %v", err)
			}
		}
	}
	if in == 0 || waits == 0 {
		t.Errorf("%d logged in and %d were throttled, want some of each", in, waits)
	}
}

// TestAnswersOfOthers: what proxies and wrong addresses answer.
func TestAnswersOfOthers(t *testing.T) {
	answer := func(status int, header map[string]string, body string) error {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for name, value := range header {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}))
		defer server.Close()
		_, err := newClient(t, server.URL).LoginWithResponse(t.Context(), restauth.Credentials{Username: "roy", Password: "roy"})
		return err
	}
	const problem = `{"type":"about:blank","title":"Too Many Requests","status":429,"detail":"Too many logins at once. Try again later.",
		"request_id":"r","status_code":429,"error":"Too Many Requests","description":"Too many logins at once. Try again later."}`
	var throttled *restauth.ThrottledError
	err := answer(429, map[string]string{"Content-Type": "application/problem+json", "Retry-After": "7"}, problem)
	if !errors.As(err, &throttled) || throttled.RetryAfter != 7*time.Second || throttled.Refusal.RequestId != "r" {
		t.Errorf("429: %v", err)
	}
	err = answer(429, map[string]string{"Content-Type": "text/html", "Retry-After": "soon"}, "<h1>slow down</h1>")
	if !errors.As(err, &throttled) || throttled.RetryAfter != time.Second || throttled.Refusal.Title != "Too Many Requests" {
		t.Errorf("429 of a proxy: %v", err)
	}
	soon := time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)
	err = answer(429, map[string]string{"Retry-After": soon}, "")
	if !errors.As(err, &throttled) || throttled.RetryAfter < 25*time.Second || throttled.RetryAfter > 30*time.Second {
		t.Errorf("429 with a date: %v", err)
	}
	var refusal *restauth.ProblemError
	if err = answer(502, map[string]string{"Content-Type": "application/problem+json"}, `{"status":200,`); !errors.As(err, &refusal) || refusal.Status != 502 {
		t.Errorf("502 with half a problem: %v", err)
	}
	if err = answer(307, map[string]string{"Location": "http://127.0.0.1:1/elsewhere"}, ""); !errors.As(err, &refusal) || refusal.Status != 307 {
		t.Errorf("a redirect was followed: %v", err)
	}
	if err = answer(200, map[string]string{"Content-Type": "text/html"}, "<h1>welcome</h1>"); err == nil {
		t.Error("a page of HTML is taken for a token")
	}
}
