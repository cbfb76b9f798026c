// Package docs serves the contract to people and programs: Swagger UI at /docs,
// and the document itself at /openapi.json and /openapi.yaml.
//
// Everything comes from the binary. Swagger UI's own files (Apache-2.0) are
// those of the swgui module, so their version is pinned by go.mod; the page
// around them is in web/, and so are their licence and notices, which are served
// beside them. All links are relative: the page works behind a proxy
// that puts a path in front.
//
// The package writes no errors. A caller asks [Paths], answers 404 for
// other paths and 405 with [Allow] for other methods in its own form, and only
// then calls the handler.
package docs

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// Allow lists the methods that every path of this package takes, as the Allow
// header of a 405 answer has it (RFC 9110, section 10.2.1).
const Allow = "GET, HEAD"

// contentSecurityPolicy lets the page load scripts, styles and images from this
// server, call it, and nothing else. No inline code and no eval: a description
// in the contract can therefore never run as script. Swagger UI's icons are
// data: images. Its styles are set through the DOM, which style-src allows.
const contentSecurityPolicy = "default-src 'none'; " +
	"script-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Config is what [New] needs. Both documents are kept, not copied.
type Config struct {
	SpecJSON []byte // the contract as JSON
	SpecYAML []byte // the contract as it was written
}

// New returns the handler for [Paths]. It fails when a
// document is missing or SpecJSON is not JSON.
func New(cfg Config) (http.Handler, error) {
	if !json.Valid(cfg.SpecJSON) {
		return nil, errors.New("docs: SpecJSON is not a JSON document")
	}
	if len(cfg.SpecYAML) == 0 {
		return nil, errors.New("docs: SpecYAML is empty")
	}
	h := make(handler)
	for _, path := range Paths() {
		a, err := load(cfg, path)
		if err != nil {
			return nil, fmt.Errorf("docs: load %s: %w", path, err)
		}
		h[path] = a
	}
	return h, nil
}

// Paths lists every path this package serves, sorted. Like the paths of the contract
// they are matched exactly, decoded: /docs/ is another path.
func Paths() []string {
	return []string{
		"/docs",
		"/docs/LICENSE.txt",
		"/docs/access.js",
		"/docs/dark.css",
		"/docs/favicon-32x32.png",
		"/docs/page.css",
		"/docs/page.js",
		"/docs/swagger-ui-bundle.js",
		"/docs/swagger-ui-bundle.js.LICENSE.txt",
		"/docs/swagger-ui.css",
		"/openapi.json",
		"/openapi.yaml",
	}
}

// handler serves assets by their path.
type handler map[string]*asset

// ServeHTTP answers 404 and 405 without a body, for callers that did not look at
// [Paths] or the method themselves.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, ok := h[r.URL.Path]
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", Allow)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	header := w.Header()
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	a.serve(w, r)
}
