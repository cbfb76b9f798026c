package docs_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/api/docs"
)

const (
	specJSON = `{"openapi":"3.0.3","info":{"title":"restauth & co"}}`
	specYAML = "openapi: 3.0.3\n"
)

func newHandler(t *testing.T) http.Handler {
	t.Helper()
	h, err := docs.New(docs.Config{SpecJSON: []byte(specJSON), SpecYAML: []byte(specYAML)})
	if err != nil {
		t.Fatalf("New() error = %v", err)
	}
	return h
}

// do sends one request; header is name, value, name, value.
func do(h http.Handler, method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = path // not all that a test asks for could be sent
	for pair := range slices.Chunk(header, 2) {
		r.Header.Add(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) []byte {
	t.Helper()
	content, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("read body: %v", err)
	}
	return content
}

func gunzip(t *testing.T, content []byte) []byte {
	t.Helper()
	zr, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatalf("open gzip: %v", err)
	}
	plain, err := io.ReadAll(zr)
	if err != nil {
		t.Fatalf("read gzip: %v", err)
	}
	return plain
}

func TestServes(t *testing.T) {
	h := newHandler(t)
	tests := []struct {
		path, contentType, contains string
	}{
		{"/docs", "text/html; charset=utf-8", "<title>restauth &amp; co API</title>"},
		{"/docs/LICENSE.txt", "text/plain; charset=utf-8", "Copyright 2020-2021 SmartBear Software Inc."},
		{"/docs/access.js", "text/javascript; charset=utf-8", "MutationObserver"},
		{"/docs/dark.css", "text/css; charset=utf-8", "color-scheme:dark"},
		{"/docs/favicon-32x32.png", "image/png", "\x89PNG"},
		{"/docs/page.css", "text/css; charset=utf-8", "body {"},
		{"/docs/page.js", "text/javascript; charset=utf-8", "SwaggerUIBundle({"},
		{"/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8", "SwaggerUIBundle"},
		{"/docs/swagger-ui-bundle.js.LICENSE.txt", "text/plain; charset=utf-8", "DOMPurify"},
		{"/docs/swagger-ui.css", "text/css; charset=utf-8", ".swagger-ui"},
		{"/openapi.json", "application/json", specJSON},
		{"/openapi.yaml", "application/yaml", specYAML},
	}
	var served []string
	for _, tt := range tests {
		served = append(served, tt.path)
		t.Run(tt.path, func(t *testing.T) {
			res := do(h, http.MethodGet, tt.path)
			plain := body(t, res)
			if res.StatusCode != http.StatusOK {
				t.Fatalf("status = %d, want 200", res.StatusCode)
			}
			if !bytes.Contains(plain, []byte(tt.contains)) {
				t.Errorf("body of %d bytes lacks %q", len(plain), tt.contains)
			}
			want := map[string]string{
				"Cache-Control":          "no-cache",
				"Content-Encoding":       "",
				"Content-Type":           tt.contentType,
				"Referrer-Policy":        "no-referrer",
				"Vary":                   "Accept-Encoding",
				"X-Content-Type-Options": "nosniff",
			}
			got := make(map[string]string)
			for name := range want {
				got[name] = res.Header.Get(name)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if res.ContentLength != int64(len(plain)) {
				t.Errorf("Content-Length = %d, want %d", res.ContentLength, len(plain))
			}

			zipped := do(h, http.MethodGet, tt.path, "Accept-Encoding", "gzip, deflate, br")
			if got := zipped.Header.Get("Content-Encoding"); got != "gzip" {
				t.Errorf("Content-Encoding = %q, want gzip", got)
			}
			if !bytes.Equal(gunzip(t, body(t, zipped)), plain) {
				t.Error("the gzip form holds other content than the plain one")
			}
			if zipped.Header.Get("ETag") == res.Header.Get("ETag") {
				t.Error("both encodings have one entity tag")
			}
		})
	}
	if diff := cmp.Diff(docs.Paths(), served); diff != "" {
		t.Errorf("tested paths are not Paths() (-Paths +tested):\n%s", diff)
	}
}

func TestContentSecurityPolicy(t *testing.T) {
	want := []string{
		"base-uri 'none'",
		"connect-src 'self'",
		"default-src 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"img-src 'self' data:",
		"script-src 'self'",
		"style-src 'self'",
	}
	h := newHandler(t)
	for _, path := range docs.Paths() {
		policy := do(h, http.MethodGet, path).Header.Get("Content-Security-Policy")
		got := strings.Split(policy, "; ")
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestHead(t *testing.T) {
	h := newHandler(t)
	for _, path := range docs.Paths() {
		get, head := do(h, http.MethodGet, path), do(h, http.MethodHead, path)
		if diff := cmp.Diff(get.Header, head.Header); diff != "" {
			t.Errorf("HEAD %s has other headers (-get +head):\n%s", path, diff)
		}
		if got := body(t, head); len(got) != 0 {
			t.Errorf("HEAD %s has a body of %d bytes", path, len(got))
		}
	}
}

// The caller answers these itself; the handler must not serve them either.
func TestUnaskedFor(t *testing.T) {
	h := newHandler(t)
	type unasked struct {
		method, path string
		status       int
		allow        string
	}
	tests := []unasked{
		{http.MethodPost, "/docs", http.StatusMethodNotAllowed, docs.Allow},
		{http.MethodTrace, "/openapi.json", http.StatusMethodNotAllowed, docs.Allow},
	}
	for _, path := range []string{
		"", "/", "/doc", "/docs/", "//docs", "/DOCS", "/docs/index.html", "/docs/page.js/",
		"/docs/../openapi.json", "/docs/swagger-ui-bundle.js.gz", "/docs/oauth2-redirect.html",
		"/docs/openapi.json", "/openapi", "/openapi.json/", "/docs\x00", "/auth",
	} {
		tests = append(tests, unasked{http.MethodGet, path, http.StatusNotFound, ""})
	}
	for _, tt := range tests {
		res := do(h, tt.method, tt.path)
		if res.StatusCode != tt.status || res.Header.Get("Allow") != tt.allow {
			t.Errorf("%s %s = %d, Allow %q; want %d, %q", tt.method, tt.path,
				res.StatusCode, res.Header.Get("Allow"), tt.status, tt.allow)
		}
		if got := body(t, res); len(got) != 0 {
			t.Errorf("%s %s has a body of %d bytes", tt.method, tt.path, len(got))
		}
	}
}

func TestNewRefuses(t *testing.T) {
	yaml, json := []byte(specYAML), []byte(specJSON)
	tests := []struct {
		name string
		cfg  docs.Config
	}{
		{"nothing", docs.Config{}},
		{"no JSON", docs.Config{SpecYAML: yaml}},
		{"no YAML", docs.Config{SpecJSON: json}},
		{"YAML for JSON", docs.Config{SpecJSON: yaml, SpecYAML: yaml}},
	}
	for _, tt := range tests {
		if _, err := docs.New(tt.cfg); err == nil {
			t.Errorf("New(%s) error = nil, want one", tt.name)
		}
	}
}

// Every link must be relative, and lead to a file that is served: that is what
// makes the page work behind a path prefix and without internet.
func TestPageLinks(t *testing.T) {
	h := newHandler(t)
	page := string(body(t, do(h, http.MethodGet, "/docs")))
	links := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(links) == 0 {
		t.Fatal("no link found in the page")
	}
	for _, link := range links {
		if strings.HasPrefix(link[1], "/") || !slices.Contains(docs.Paths(), "/"+link[1]) {
			t.Errorf("the page links to %q, want a relative path of Paths()", link[1])
		}
	}
	if regexp.MustCompile(`<script>|<style|\son\w+=|\sstyle=|javascript:`).MatchString(page) {
		t.Error("the page has inline code or styles, which its policy refuses")
	}
}

func BenchmarkNew(b *testing.B) {
	spec, err := json.Marshal(strings.Repeat("contract ", 2000))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := docs.New(docs.Config{SpecJSON: spec, SpecYAML: spec}); err != nil {
			b.Fatal(err)
		}
	}
}

// TestNoticesAreTheBundles: the notices are of the libraries that are in the bundle,
// in the bundle's own versions. swgui has no copy of them; they are those of the
// npm package swagger-ui-dist in the version that swgui says it embeds.
func TestNoticesAreTheBundles(t *testing.T) {
	h := newHandler(t)
	bundle := body(t, do(h, http.MethodGet, "/docs/swagger-ui-bundle.js"))
	notices := body(t, do(h, http.MethodGet, "/docs/swagger-ui-bundle.js.LICENSE.txt"))
	if !bytes.Contains(bundle[:min(len(bundle), 200)], []byte("see swagger-ui-bundle.js.LICENSE.txt")) {
		t.Error("the bundle's head does not name the file of its notices")
	}
	purify := regexp.MustCompile(`@license DOMPurify (\d+\.\d+\.\d+) `).FindSubmatch(notices)
	if purify == nil {
		t.Fatal("the notices do not name DOMPurify and its version")
	}
	if !bytes.Contains(bundle, fmt.Appendf(nil, `.version="%s"`, purify[1])) {
		t.Errorf("the notices are of a bundle with DOMPurify %s, and the one that is served has another", purify[1])
	}
}
