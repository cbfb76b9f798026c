package api_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/restauth/restauth/api"
)

const withScopes = `{"openapi":"3.0.3","info":{"title":"t","version":"1"},"paths":{
 "/read":{"get":{"operationId":"read","security":[{"oauth":["read"]}],"responses":{"200":{"description":"ok"}}}},
 "/write":{"get":{"operationId":"write","security":[{"oauth":["read","write"]}],"responses":{"200":{"description":"ok"}}}},
 "/other":{"get":{"operationId":"other","security":[{"service":[]}],"responses":{"200":{"description":"ok"}}}}},
 "components":{"securitySchemes":{
  "oauth":{"type":"oauth2","flows":{}},
  "service":{"type":"http","scheme":"bearer"},
  "basic":{"type":"http","scheme":"basic"}},
 "schemas":{"Problem":{"type":"object"}}}}`

type scopesKey struct{}

// schemes are two authenticators: one takes its scopes from the token, the other
// takes only the token "service".
func schemes() map[string]api.Scheme {
	return map[string]api.Scheme{
		"oauth": {
			Authenticate: func(ctx context.Context, token string) (context.Context, error) {
				if token == "service" {
					return nil, api.TokenRefused("Invalid token", "no")
				}
				return context.WithValue(ctx, scopesKey{}, strings.Split(token, ".")), nil
			},
			Allows: func(ctx context.Context, scope string) bool {
				has, _ := ctx.Value(scopesKey{}).([]string)
				return slices.Contains(has, scope)
			},
		},
		"service": {Authenticate: func(ctx context.Context, token string) (context.Context, error) {
			if token != "service" {
				return nil, api.TokenRefused("Invalid token", "no")
			}
			return ctx, nil
		}},
	}
}

func scoped(t *testing.T, document string, schemes map[string]api.Scheme) (http.Handler, error) {
	t.Helper()
	ok := func(http.ResponseWriter, *http.Request) {}
	return api.New(api.Config{
		Server:  api.BoundTo([]byte(document), map[string]http.HandlerFunc{"GET /read": ok, "GET /write": ok, "GET /other": ok}),
		Schemes: schemes, Logger: slog.New(slog.NewJSONHandler(io.Discard, nil)),
	})
}

// TestScopes: each operation asks its own scheme, and a token that is good but
// does not reach far enough is 403 and not 401, which would have clients renew it.
func TestScopes(t *testing.T) {
	handler, err := scoped(t, withScopes, schemes())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	const missing = `Bearer realm="Login Required", error="insufficient_scope", scope="read write"`
	for _, c := range []struct {
		path, token string
		status      int
		challenge   string
	}{
		{"/read", "read", 200, ""},
		{"/write", "read.write", 200, ""},
		{"/write", "write.read.more", 200, ""},
		{"/write", "read", 403, missing},
		{"/write", "write", 403, missing},
		{"/read", "readonly", 403, `Bearer realm="Login Required", error="insufficient_scope", scope="read"`},
		{"/read", "service", 401, ""},
		{"/other", "service", 200, ""},
		{"/other", "read.write", 401, ""},
	} {
		a := raw(t, server, get(c.path, "Authorization: Bearer "+c.token))
		if a.StatusCode != c.status {
			t.Errorf("%s with %s = %d, want %d: %s", c.path, c.token, a.StatusCode, c.status, a.body)
		}
		if got := a.Header.Get("WWW-Authenticate"); c.challenge != "" && got != c.challenge {
			t.Errorf("%s with %s: WWW-Authenticate = %q, want %q", c.path, c.token, got, c.challenge)
		}
	}
	if a := raw(t, server, get("/write")); a.StatusCode != 401 {
		t.Errorf("without a token = %d, want 401", a.StatusCode)
	}
}

// TestUnansweredSchemes: what nobody answers for is refused with its place.
func TestUnansweredSchemes(t *testing.T) {
	change := func(old, replacement string) string {
		if !strings.Contains(withScopes, old) {
			t.Fatalf("the document has no %s", old)
		}
		return strings.Replace(withScopes, old, replacement, 1)
	}
	without := func(name string, edit func(*api.Scheme)) map[string]api.Scheme {
		all := schemes()
		scheme := all[name]
		edit(&scheme)
		all[name] = scheme
		return all
	}
	for name, c := range map[string]struct {
		document string
		schemes  map[string]api.Scheme
		want     string
	}{
		"nobody":            {withScopes, nil, `/security/0/`},
		"no authenticator":  {withScopes, without("service", func(s *api.Scheme) { s.Authenticate = nil }), `#/paths/~1other/get/security/0/service: nobody here answers`},
		"no scopes":         {withScopes, without("oauth", func(s *api.Scheme) { s.Allows = nil }), `nobody here can tell whether a caller has the scope "read"`},
		"undeclared":        {change(`{"service":[]}`, `{"nope":[]}`), schemes(), `#/paths/~1other/get/security/0/nope: the document declares no such scheme`},
		"basic":             {change(`{"service":[]}`, `{"basic":[]}`), schemes(), `a scheme of this type is not enforced`},
		"key in a query":    {change(`"scheme":"bearer"}`, `"scheme":"bearer","in":"query"}`), schemes(), ""},
		"alternatives":      {change(`[{"service":[]}]`, `[{"service":[]},{}]`), schemes(), `#/paths/~1other/get/security: alternatives`},
		"both":              {change(`{"service":[]}`, `{"service":[],"oauth":[]}`), schemes(), `exactly one scheme`},
		"not stated":        {change(`"security":[{"service":[]}],`, ``), schemes(), `#/paths/~1other/get/security: must be stated`},
		"scope with quotes": {change(`["read"]`, `["re\"ad"]`), schemes(), `RFC 6749`},
	} {
		_, err := scoped(t, c.document, c.schemes)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: New() = %v, want %q", name, err, c.want)
		}
	}
}
