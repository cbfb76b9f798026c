package api

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/restauth/restauth/api/docs"
)

// contract serves the document itself and the pages that show it. These are the
// only paths outside the document.
type contract struct {
	paths   map[string]bool
	handler http.Handler
	root    http.Handler // of docs.Root alone
}

// newContract serves the document as it was written, servers included; with ui
// also Swagger UI.
func newContract(document func() ([]byte, error), ui bool) (*contract, error) {
	specJSON, err := document()
	if err != nil {
		return nil, fmt.Errorf("read the embedded OpenAPI document: %w", err)
	}
	specYAML, err := toYAML(specJSON)
	if err != nil {
		return nil, fmt.Errorf("write the OpenAPI document as YAML: %w", err)
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

// owns reports whether the path, as it was sent, is one of the contract's own.
func (c *contract) owns(r *http.Request) bool {
	return r.URL.RawPath == "" && c.paths[r.URL.Path]
}

// toYAML rewrites JSON, which is YAML, in block style and in the same order.
func toYAML(specJSON []byte) ([]byte, error) {
	var node yaml.Node
	if err := yaml.Unmarshal(specJSON, &node); err != nil {
		return nil, err
	}
	blockStyle(&node)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

func blockStyle(node *yaml.Node) {
	node.Style &^= yaml.FlowStyle
	if node.Kind == yaml.ScalarNode && node.Tag == "!!str" {
		node.Style = 0 // The encoder quotes what has to be.
	}
	for _, child := range node.Content {
		blockStyle(child)
	}
}
