// Package gen is what oapi-codegen makes of openapi.yaml (restauth.gen.go), and the
// document itself.
package gen

import _ "embed"

//go:embed openapi.yaml
var document []byte

// Document returns openapi.yaml as it was written: `make generate` copies it
// here, in its author's order. The caller must not change it.
func Document() ([]byte, error) { return document, nil }
