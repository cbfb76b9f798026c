// Package document holds an OpenAPI document as its author wrote it: every
// member where it stood. Generators make positional parameters of that order, so
// a server that sorts its document swaps a user name and a password in clients
// which still compile.
//
//	doc, err := document.Parse(source)
//	doc, err = doc.WithServer("https://login.example.com")
//	asYAML, err := doc.YAML()
//	asJSON, err := doc.JSON()
//
// A Document never changes. What makes another of it returns the other, and
// shares what both have.
//
// The package knows YAML and JSON and nothing of what a contract means: it
// neither validates nor resolves references.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Document is an OpenAPI document.
type Document struct {
	root *yaml.Node // a mapping
}

// Parse reads a document from YAML, or from JSON, which is YAML too. It fails
// when the source is no mapping.
func Parse(source []byte) (*Document, error) {
	var file yaml.Node
	if err := yaml.Unmarshal(source, &file); err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	if file.Kind != yaml.DocumentNode || len(file.Content) != 1 || file.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("document: the source is no YAML or JSON object")
	}
	root := file.Content[0]
	if root.Style&yaml.FlowStyle != 0 {
		blockStyle(root) // The source is JSON, which nobody wants to read as YAML.
	}
	return &Document{root: root}, nil
}

// YAML writes the document in its author's order, with comments.
func (d *Document) YAML() ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(d.root); err != nil {
		return nil, fmt.Errorf("document: write YAML: %w", err)
	}
	if err := encoder.Close(); err != nil {
		return nil, fmt.Errorf("document: write YAML: %w", err)
	}
	return out.Bytes(), nil
}

// WithServer returns the document with this address as its only server, or
// [ErrAddress]. It is absolute: generators put "/" before a path, and read the
// host "auth" out of "//auth".
func (d *Document) WithServer(address string) (*Document, error) {
	address, err := Address(address)
	if err != nil {
		return nil, err
	}
	server := mapping("url", address, "description", "This server.")
	servers := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{server}}
	root := *d.root
	root.Content = slices.Clone(d.root.Content)
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "servers" {
			root.Content[i+1] = servers
			return &Document{root: &root}, nil
		}
	}
	// After openapi and info, where they are looked for.
	at := min(4, len(root.Content))
	root.Content = slices.Insert(root.Content, at, text("servers"), servers)
	return &Document{root: &root}, nil
}

// Text returns the text at a path of member names, such as "info", "version",
// and "" where there is none.
func (d *Document) Text(names ...string) string {
	node := d.root
	for _, name := range names {
		node = member(node, name)
	}
	if node == nil || node.Kind != yaml.ScalarNode {
		return ""
	}
	return node.Value
}

// member returns an object's member, nil where there is none.
func member(node *yaml.Node, name string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return node.Content[i+1]
		}
	}
	return nil
}

// mapping makes a mapping of texts: name, value, name, value.
func mapping(texts ...string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, t := range texts {
		node.Content = append(node.Content, text(t))
	}
	return node
}

func text(value string) *yaml.Node {
	node := new(yaml.Node)
	node.SetString(value)
	return node
}

// bare is a text that no reader of YAML, 1.1 or 1.2, takes for a number or a
// truth. What else has to be quoted the encoder knows.
var bare = regexp.MustCompile(`^[A-Za-z/]`)

// truth is a text that YAML 1.1 takes for one.
var truth = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off)$`)

// blockStyle takes the braces of JSON away, and the quotes that it can do without.
func blockStyle(node *yaml.Node) {
	node.Style &^= yaml.FlowStyle
	if node.Kind == yaml.ScalarNode && node.Tag == "!!str" && bare.MatchString(node.Value) && !truth.MatchString(node.Value) {
		node.Style = 0
	}
	for _, child := range node.Content {
		blockStyle(child)
	}
}
