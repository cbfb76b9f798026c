package api_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/restauth/restauth/api"
)

func withOrigins(t *testing.T, origins ...string) (http.Handler, error) {
	t.Helper()
	return api.New(api.Config{
		Server:      bound(operations{}),
		Schemes:     anyone(),
		Logger:      slog.New(slog.NewJSONHandler(io.Discard, nil)),
		CORSOrigins: origins,
	})
}

// TestCORS: nobody unless configured, then exactly those, on errors too.
func TestCORS(t *testing.T) {
	const page = "https://app.example.com"
	for _, c := range []struct {
		name          string
		origins       []string
		method, path  string
		origin, asked string
		status        int
		allowed, vary string
	}{
		{"off", nil, "GET", "/livez", page, "", 200, "", ""},
		{"off, preflight", nil, "OPTIONS", "/auth", page, "POST", 405, "", ""},
		{"listed", []string{page}, "GET", "/livez", page, "", 200, page, "Origin"},
		{"listed, error", []string{page}, "GET", "/nope", page, "", 404, page, "Origin"},
		{"listed, preflight", []string{page}, "OPTIONS", "/auth", page, "POST", 204, page, "Origin"},
		{"listed, preflight of nothing", []string{page}, "OPTIONS", "/nope", page, "POST", 404, page, "Origin"},
		{"listed, plain OPTIONS", []string{page}, "OPTIONS", "/auth", page, "", 405, page, "Origin"},
		{"another", []string{page}, "GET", "/livez", "https://evil.example.com", "", 200, "", "Origin"},
		{"another, preflight", []string{page}, "OPTIONS", "/auth", "https://evil.example.com", "POST", 405, "", "Origin"},
		{"a longer name", []string{page}, "GET", "/livez", page + ".evil.net", "", 200, "", "Origin"},
		{"another scheme", []string{page}, "GET", "/livez", "http://app.example.com", "", 200, "", "Origin"},
		{"null", []string{page}, "GET", "/livez", "null", "", 200, "", "Origin"},
		{"no origin", []string{page}, "GET", "/livez", "", "", 200, "", "Origin"},
		{"listed, docs", []string{page}, "GET", "/openapi.json", page, "", 200, page, "Origin, Accept-Encoding"},
		{"another, docs", []string{page}, "GET", "/openapi.json", "https://evil.example.com", "", 200, "", "Origin, Accept-Encoding"},
		{"any", []string{"*"}, "GET", "/livez", page, "", 200, "*", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			handler, err := withOrigins(t, c.origins...)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(c.method, c.path, nil)
			if c.origin != "" {
				r.Header.Set("Origin", c.origin)
			}
			if c.asked != "" {
				r.Header.Set("Access-Control-Request-Method", c.asked)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != c.status || w.Header().Get("Access-Control-Allow-Origin") != c.allowed || strings.Join(w.Header().Values("Vary"), ", ") != c.vary {
				t.Errorf("%d %v", w.Code, w.Header())
			}
			if w.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials mode is offered")
			}
			if c.status == 204 && w.Header().Get("Access-Control-Allow-Methods") != "POST" {
				t.Errorf("methods = %q", w.Header().Get("Access-Control-Allow-Methods"))
			}
		})
	}
	for _, wrong := range []string{"app.example.com", "https://a.b/", "https://a.b/c", "https://", "ftp://a.b", "https://u@a.b", ""} {
		if _, err := withOrigins(t, wrong); err == nil {
			t.Errorf("origin %q is taken", wrong)
		}
	}
}
