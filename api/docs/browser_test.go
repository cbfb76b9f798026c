package docs_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/restauth/restauth/api/docs"
	"github.com/restauth/restauth/api/docs/docstest"
	"github.com/restauth/restauth/api/document"
	"github.com/restauth/restauth/gen"
)

// contractServer serves the docs of the real contract under prefix, as behind a
// proxy that puts a path in front; nothing answers outside of it.
func contractServer(t *testing.T, prefix string) string {
	t.Helper()
	specJSON, specYAML := served(t, "https://login.example.com/elsewhere")
	h, err := docs.New(docs.Config{SpecJSON: specJSON, SpecYAML: specYAML})
	if err != nil {
		t.Fatalf("New() error = %v", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("POST /auth", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, `{"access_token":"abc.def.ghi","token_type":"Bearer","expires_in":300}`)
	})
	mux.HandleFunc("GET /rest-auth", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer abc.def.ghi" {
			answer(w, http.StatusUnauthorized, `{"status":401}`)
			return
		}
		answer(w, http.StatusOK, `"let in"`)
	})
	server := httptest.NewServer(http.StripPrefix(prefix, mux))
	t.Cleanup(server.Close)
	return server.URL + prefix
}

// served is the contract as a server at that address serves it.
func served(t *testing.T, address string) (asJSON, asYAML []byte) {
	t.Helper()
	raw, err := gen.Document()
	if err != nil {
		t.Fatal(err)
	}
	contract, err := document.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if contract, err = contract.WithServer(address); err != nil {
		t.Fatal(err)
	}
	if asJSON, err = contract.JSON(); err != nil {
		t.Fatal(err)
	}
	if asYAML, err = contract.YAML(); err != nil {
		t.Fatal(err)
	}
	return asJSON, asYAML
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // the browser may be gone
}

func TestPathPrefixInBrowser(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "/shop/login"} {
		t.Run("prefix "+prefix, func(t *testing.T) {
			t.Parallel()
			page := docstest.Open(t, contractServer(t, prefix))
			if got := page.Execute("guarded-getRestAuth"); got.Status != http.StatusUnauthorized {
				t.Errorf("without a token: %+v, want 401", got)
			}
			login := page.Execute("auth-login")
			token, err := login.AccessToken()
			if err != nil {
				t.Fatalf("login shows %+v: %v", login, err)
			}
			page.Authorize(token)
			got := page.Execute("guarded-getRestAuth")
			if got.Status != http.StatusOK || !strings.Contains(got.Body, "let in") {
				t.Errorf("with a token: %+v, want 200", got)
			}
			if faults := page.Faults(); len(faults) != 0 {
				t.Errorf("faults on the page:\n%s", strings.Join(faults, "\n"))
			}
			page.Screenshot("../../artifacts/docs-prefix" + strings.ReplaceAll(prefix, "/", "-") + ".png")
		})
	}
}

// A page that breaks the rules must be seen to: the checks above mean nothing
// otherwise.
func TestBrowserSeesFaults(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/docs" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Security-Policy", "script-src 'nonce-x'; img-src *")
		answerHTML(w, `<p class="opblock">drawn</p>
			<script>let inline</script>
			<img src="/missing.png"><img src="http://elsewhere.example/pixel.png">
			<script nonce="x">console.error("complaint"); fetch("http://elsewhere.example/").catch(() => {});
			throw new Error("thrown")</script>`)
	}))
	t.Cleanup(server.Close)
	page := docstest.Open(t, server.URL)
	page.Kept() // a round trip, after which the events above are in
	seen := strings.Join(page.Faults(), "\n")
	for _, want := range []string{
		"policy: script-src", "missing.png answers 404", "thrown", "complaint",
		"another host: http://elsewhere.example/pixel.png", "another host: http://elsewhere.example/\n",
	} {
		if !strings.Contains(seen+"\n", want) {
			t.Errorf("Faults() lacks %q:\n%s", want, seen)
		}
	}
}

func answerHTML(w http.ResponseWriter, page string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(page)) // the browser may be gone
}
