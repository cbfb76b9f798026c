package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/api/docs/docstest"
	"github.com/restauth/restauth/gen"
)

// operations lists what the contract has, sorted.
func operations(t *testing.T) []string {
	t.Helper()
	spec, err := api.LoadDocument(gen.Document)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for path, item := range spec.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// A newcomer's first minute: start the demo, open the docs, log in there with
// the example, and use the token, all in a real browser that has no internet.
func TestDocsInBrowser(t *testing.T) {
	t.Parallel()
	server := startServer(t, "--demo")
	page := docstest.Open(t, server.URL)

	shown := page.Operations()
	slices.Sort(shown)
	if diff := cmp.Diff(operations(t), shown); diff != "" {
		t.Errorf("operations shown (-want +got):\n%s", diff)
	}

	const guarded = "guarded-getRestAuth"
	refused := page.Execute(guarded)
	if refused.Status != http.StatusUnauthorized || !strings.Contains(refused.Body, "Request does not contain an access token") {
		t.Errorf("without a token the page shows %+v, want 401", refused)
	}

	login := page.Execute("auth-login")
	token, err := login.AccessToken()
	if err != nil {
		t.Fatalf("login with the example shows status %d: %v", login.Status, err)
	}
	page.Authorize(token)
	const message = `"You are an authenticate person to see this message"`
	if got := page.Execute(guarded); got.Status != http.StatusOK || strings.TrimSpace(got.Body) != message {
		t.Errorf("with the token the page shows %+v, want 200 and %s", got, message)
	}
	page.Screenshot("../../artifacts/docs.png")

	// The token ends with the page: a shared computer must not keep it.
	if kept := page.Kept(); len(kept) != 0 {
		t.Errorf("the page left %q in the browser", kept)
	}
	page.Reload()
	if got := page.Execute(guarded); got.Status != http.StatusUnauthorized {
		t.Errorf("after a reload the page shows status %d, want 401", got.Status)
	}

	if faults := page.Faults(); len(faults) != 0 {
		t.Errorf("faults on the page:\n%s", strings.Join(faults, "\n"))
	}
}

// behindProxy is a reverse proxy's address: another port, another name and a path
// in front, none of which the server is told.
func behindProxy(t *testing.T, server, prefix string) string {
	t.Helper()
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }}
	front := httptest.NewServer(http.StripPrefix(prefix, proxy))
	t.Cleanup(front.Close)
	return strings.Replace(front.URL, "127.0.0.1", "login.localhost", 1) + prefix
}

// TestDocsBehindProxy: the page goes on calling the place that it came from,
// whatever address the contract names.
func TestDocsBehindProxy(t *testing.T) {
	t.Parallel()
	server := startServer(t, "--demo", "--public-url", "https://login.example.com/app")
	for _, prefix := range []string{"", "/shop/login"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			t.Parallel()
			page := docstest.Open(t, behindProxy(t, server.URL, prefix))
			token, err := page.Execute("auth-login").AccessToken()
			if err != nil {
				t.Fatalf("login with the example: %v", err)
			}
			page.Authorize(token)
			if got := page.Execute("guarded-getRestAuth"); got.Status != http.StatusOK {
				t.Errorf("with the token the page shows %+v, want 200", got)
			}
			if faults := page.Faults(); len(faults) != 0 {
				t.Errorf("faults on the page:\n%s", strings.Join(faults, "\n"))
			}
		})
	}
}
