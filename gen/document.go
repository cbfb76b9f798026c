package gen

import _ "embed"

//go:embed openapi.yaml
var document []byte

// Document returns openapi.yaml as it was written: `make generate` copies it
// here, in its author's order. The caller must not change it.
func Document() ([]byte, error) { return document, nil }
