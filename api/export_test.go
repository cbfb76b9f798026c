package api

import (
	"context"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/restauth/restauth/api/document"
	"github.com/restauth/restauth/gen"
)

// StrictJSON lets the fuzz target reach the scanner without a server.
func StrictJSON(body []byte) bool { return scanJSON(body, func(memberName) {}) }

// FindTemplate routes a request over spec's paths and returns the template
// found, "" when the path is unknown.
func FindTemplate(spec *openapi3.T, r *http.Request) (string, map[string]string, error) {
	handlers := make(map[string]http.HandlerFunc)
	for path, item := range spec.Paths.Map() {
		for method := range item.Operations() {
			handlers[method+" "+path] = func(http.ResponseWriter, *http.Request) {}
		}
	}
	routes, err := newRouter(spec, handlers, routing{schemes: map[string]Scheme{"bearer": {Authenticate: func(ctx context.Context, _ string) (context.Context, error) { return ctx, nil }}}})
	if err != nil {
		return "", nil, err
	}
	found, params := routes.find(r.URL)
	if found == nil {
		return "", nil, nil
	}
	return found.template, params, nil
}

// ContractPaths are the paths served beside those of the document.
func ContractPaths() ([]string, error) {
	doc, err := readDocument(gen.Document, document.Dialect{})
	if err != nil {
		return nil, err
	}
	c, err := newContract(doc, "", true)
	if err != nil {
		return nil, err
	}
	paths := make([]string, 0, len(c.paths))
	for path := range c.paths {
		paths = append(paths, path)
	}
	return paths, nil
}

// BoundTo pairs a document with handlers written by hand, by pattern.
func BoundTo(document []byte, handlers map[string]http.HandlerFunc) Bound {
	return Bound{
		document: func() ([]byte, error) { return document, nil },
		handlers: func(*problemWriter) (patterns, error) { return handlers, nil },
	}
}
