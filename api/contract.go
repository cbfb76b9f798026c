package api

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/restauth/restauth/api/docs"
	"github.com/restauth/restauth/api/document"
)

// contract serves the document itself and the pages that show it. These are the
// only paths outside the document.
type contract struct {
	paths   map[string]bool
	handler http.Handler
	root    http.Handler // of docs.Root alone
}

// newContract serves the document as it was written, but for the address of its
// server, where one is given; with ui also Swagger UI.
func newContract(doc *document.Document, publicURL string, ui bool) (*contract, error) {
	specYAML, specJSON, err := written(doc, publicURL)
	if err != nil {
		return nil, err
	}
	handler, err := docs.New(docs.Config{SpecJSON: specJSON, SpecYAML: specYAML})
	if err != nil {
		return nil, err
	}
	c := &contract{paths: map[string]bool{docs.Root: true}, handler: handler, root: docs.NewRoot(ui)}
	for _, path := range docs.Paths() {
		if ui || strings.HasPrefix(path, "/openapi.") {
			c.paths[path] = true
		}
	}
	return c, nil
}

// written is the document with the address of its server, where one is given.
func written(doc *document.Document, publicURL string) (asYAML, asJSON []byte, err error) {
	if publicURL != "" {
		served, err := doc.WithServer(publicURL)
		if err != nil {
			return nil, nil, fmt.Errorf("set the address of the server: %w", err)
		}
		doc = served
	}
	if asJSON, err = doc.JSON(); err == nil {
		asYAML, err = doc.YAML()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("write the OpenAPI document: %w", err)
	}
	return asYAML, asJSON, nil
}

// owns reports whether the path, as it was sent, is one of the contract's own.
func (c *contract) owns(r *http.Request) bool {
	return r.URL.RawPath == "" && c.paths[r.URL.Path]
}
