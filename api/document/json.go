package document

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// JSON writes the document in its author's order. It fails at what JSON has no
// word for, such as a number in hexadecimal or a name that stands twice.
func (d *Document) JSON() ([]byte, error) {
	var out bytes.Buffer
	w := writer{jsontext.NewEncoder(&out, jsontext.WithIndent("  "))}
	if err := w.value(d.root); err != nil {
		return nil, fmt.Errorf("document: write JSON: %w", err)
	}
	return out.Bytes(), nil
}

// decimal is a number as both YAML 1.2 and JSON have it (RFC 8259, section 6).
// It is written digit for digit: a 64-bit bound would not survive a float.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

type writer struct{ out *jsontext.Encoder }

func (w writer) value(node *yaml.Node) error {
	switch node.Kind {
	case yaml.MappingNode:
		return w.object(node)
	case yaml.SequenceNode:
		return w.array(node)
	case yaml.AliasNode:
		return w.value(node.Alias)
	default:
		return w.scalar(node)
	}
}

func (w writer) object(node *yaml.Node) error {
	if err := w.out.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i]
		if name.Kind != yaml.ScalarNode || name.ShortTag() == "!!merge" {
			return fmt.Errorf("line %d: a member's name has to be a plain one", name.Line)
		}
		if err := w.out.WriteToken(jsontext.String(name.Value)); err != nil {
			return fmt.Errorf("line %d: %w", name.Line, err)
		}
		if err := w.value(node.Content[i+1]); err != nil {
			return err
		}
	}
	return w.out.WriteToken(jsontext.EndObject)
}

func (w writer) array(node *yaml.Node) error {
	if err := w.out.WriteToken(jsontext.BeginArray); err != nil {
		return err
	}
	for _, item := range node.Content {
		if err := w.value(item); err != nil {
			return err
		}
	}
	return w.out.WriteToken(jsontext.EndArray)
}

// scalar writes what YAML 1.2's core schema makes of a word. A date is a text
// there, as in JSON.
func (w writer) scalar(node *yaml.Node) error {
	tag := node.ShortTag()
	switch {
	case tag == "!!str" || tag == "!!timestamp":
		return w.out.WriteToken(jsontext.String(node.Value))
	case tag == "!!null":
		return w.out.WriteToken(jsontext.Null)
	case tag == "!!bool":
		var is bool
		if err := node.Decode(&is); err != nil {
			return fmt.Errorf("line %d: %w", node.Line, err)
		}
		return w.out.WriteToken(jsontext.Bool(is))
	case (tag == "!!int" || tag == "!!float") && decimal.MatchString(node.Value):
		return w.out.WriteValue(jsontext.Value(node.Value))
	}
	return fmt.Errorf("line %d: %q is no value of JSON; quote it, or write the number in decimal digits", node.Line, node.Value)
}
