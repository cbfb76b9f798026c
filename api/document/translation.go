package document

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// translation is one document on its way into a dialect.
type translation struct {
	dialect Dialect
	root    *yaml.Node
	done    map[*yaml.Node]bool // media types that were seen to: answers are shared
	spans   map[string]string   // names in code spans of descriptions
	places  map[string]string   // names that violations may begin with
}

// path renames a path.
func (t *translation) path(r Rename) error {
	refused := func(why string) error { return &DialectError{From: r.From, Why: why} }
	if err := CheckPath(r.To); err != nil {
		return refused(err.Error())
	}
	paths := member(t.root, "paths")
	name := nameOf(paths, r.From)
	switch {
	case name == nil:
		return refused("cannot be given, for the document has no such path")
	case nameOf(paths, r.To) != nil:
		return refused("is a path of the document already")
	}
	rename(name, r.To)
	return nil
}

// schema renames the members of a schema, and leaves out those that are to go.
func (t *translation) schema(m Members) error {
	schema := member(member(member(t.root, "components"), "schemas"), m.Schema)
	properties := member(schema, "properties")
	refused := func(from, why string) error { return &DialectError{Schema: m.Schema, From: from, Why: why} }
	if properties == nil {
		return refused(m.Schema, "cannot be given, for the document has no such schema with properties")
	}
	for _, r := range m.Renames {
		if err := CheckMember(r.To); err != nil {
			return refused(r.From, err.Error())
		}
		if nameOf(properties, r.From) == nil {
			return refused(r.From, "cannot be given, for the schema has no such member")
		}
	}
	for i, r := range m.Renames {
		for j := 0; j+1 < len(properties.Content); j += 2 {
			if properties.Content[j].Value != r.From && strings.EqualFold(properties.Content[j].Value, r.To) {
				return refused(r.From, "is what another member is called already")
			}
		}
		for _, other := range m.Renames[:i] {
			if strings.EqualFold(other.To, r.To) {
				return refused(r.From, "is what "+other.From+" is to be called too")
			}
		}
	}
	for _, keyword := range []string{"allOf", "oneOf", "anyOf", "not", "$ref"} {
		if member(schema, keyword) != nil {
			return refused(m.Schema, "cannot be given where the schema has "+keyword)
		}
	}
	for _, bound := range m.Maximums {
		maximum := member(member(properties, bound.Member), "maximum")
		if maximum == nil {
			return refused(bound.Member, "has no maximum that could be another")
		}
		maximum.Value = strconv.FormatInt(bound.Is, 10)
	}
	t.keep(schema, m)
	renameMembers(properties, m.Renames)
	if required := member(schema, "required"); required != nil {
		renameTexts(required.Content, m.Renames)
	}
	return nil
}

// keep leaves out what Only does not name.
func (t *translation) keep(schema *yaml.Node, m Members) {
	if len(m.Only) == 0 {
		return
	}
	onlyMembers(member(schema, "properties"), m.Only)
	if required := member(schema, "required"); required != nil {
		required.Content = slices.DeleteFunc(required.Content, func(n *yaml.Node) bool { return !slices.Contains(m.Only, n.Value) })
	}
}

// bodies sees to the examples of each body that has one of the schemas, and to it that
// the schemas stand nowhere else.
func (t *translation) bodies() error {
	paths := member(t.root, "paths")
	t.places = make(map[string]string)
	for i := 1; i < len(paths.Content); i += 2 {
		for _, operation := range values(paths.Content[i]) {
			if err := t.content(t.resolved(member(operation, "requestBody")), true); err != nil {
				return err
			}
			for _, response := range values(member(operation, "responses")) {
				if err := t.content(t.resolved(response), false); err != nil {
					return err
				}
			}
		}
	}
	return t.elsewhere(t.root)
}

// content sees to a request's body, or an answer's.
func (t *translation) content(body *yaml.Node, request bool) error {
	content := member(body, "content")
	if content == nil {
		return nil
	}
	for i := 0; i+1 < len(content.Content); i += 2 {
		media := content.Content[i+1]
		ref := member(member(media, "schema"), "$ref")
		if ref == nil {
			continue
		}
		m, named := t.dialect.MembersOf(ref.Value)
		if !named || t.done[media] {
			continue
		}
		t.done[media], t.done[ref] = true, true
		refused := func(why string) error { return &DialectError{Schema: m.Schema, From: m.Schema, Why: why} }
		if kind := content.Content[i].Value; kind != "application/json" && !strings.HasSuffix(kind, "+json") {
			return refused("cannot be given in bodies of " + kind)
		}
		if request {
			if len(m.Maximums) > 0 {
				return refused("cannot have another maximum where it is a request")
			}
			closed := member(member(member(member(t.root, "components"), "schemas"), m.Schema), "additionalProperties")
			if closed == nil || closed.Value != "false" {
				return refused("cannot be given unless the schema says additionalProperties: false")
			}
			for _, r := range m.Renames {
				t.places[r.From] = r.To
			}
		}
		t.example(member(media, "example"), m)
		for _, example := range values(member(media, "examples")) {
			t.example(member(t.resolved(example), "value"), m)
		}
	}
	return nil
}

func (t *translation) example(value *yaml.Node, m Members) {
	if value == nil || value.Kind != yaml.MappingNode || t.done[value] {
		return
	}
	t.done[value] = true
	if len(m.Only) > 0 {
		onlyMembers(value, m.Only)
	}
	renameMembers(value, m.Renames)
}

// elsewhere refuses a schema that is part of another body, where it would be neither
// read nor written in the dialect.
func (t *translation) elsewhere(node *yaml.Node) error {
	if node.Kind == yaml.MappingNode {
		ref := member(node, "$ref")
		if ref != nil && !t.done[ref] {
			if m, named := t.dialect.MembersOf(ref.Value); named {
				return &DialectError{Schema: m.Schema, From: m.Schema, Why: "cannot be given where the schema is a part of another"}
			}
		}
	}
	for _, child := range node.Content {
		if err := t.elsewhere(child); err != nil {
			return err
		}
	}
	return nil
}

// resolved follows a reference within the document.
func (t *translation) resolved(node *yaml.Node) *yaml.Node {
	ref := member(node, "$ref")
	if ref == nil {
		return node
	}
	path, within := strings.CutPrefix(ref.Value, "#/")
	if !within {
		return nil
	}
	node = t.root
	for name := range strings.SplitSeq(path, "/") {
		node = member(node, strings.NewReplacer("~1", "/", "~0", "~").Replace(name))
	}
	return node
}

// span is a name or a line of code in a description.
var span = regexp.MustCompile("`[^`\n]+`")

// words sees to what people read: descriptions, and the examples of places.
func (t *translation) words(name string, node *yaml.Node) {
	if t.spans == nil {
		t.spans = t.spanned()
	}
	if node.Kind == yaml.ScalarNode {
		switch name {
		case "description", "summary":
			node.Value = span.ReplaceAllStringFunc(node.Value, t.respan)
			node.Value = replaced(node.Value, t.dialect.Texts)
		case "example":
			node.Value = replaced(t.place(node.Value), t.dialect.Texts)
		case "pointer":
			node.Value = t.place(node.Value)
		}
		return
	}
	for i, child := range node.Content {
		switch {
		case node.Kind == yaml.SequenceNode:
			t.words("", child)
		case i%2 == 1:
			t.words(node.Content[i-1].Value, child)
		}
	}
}

// spanned are the names that code spans may have, each but those that two schemas call
// differently.
func (t *translation) spanned() map[string]string {
	spans := make(map[string]string)
	for _, m := range t.dialect.Schemas {
		for _, r := range m.Renames {
			if to, twice := spans[r.From]; twice && to != r.To {
				r.To = r.From
			}
			spans[r.From] = r.To
		}
	}
	return spans
}

// respan renames a code span: a member's name, a path, or a method and a path.
func (t *translation) respan(quoted string) string {
	name := strings.Trim(quoted, "`")
	if to, is := t.spans[name]; is {
		return "`" + to + "`"
	}
	method, path, with := strings.Cut(name, " ")
	if !with {
		return "`" + t.dialect.Called(name) + "`"
	}
	return "`" + method + " " + t.dialect.Called(path) + "`"
}

// place renames the first name of a JSON pointer into a body (RFC 6901).
func (t *translation) place(pointer string) string {
	rest, is := strings.CutPrefix(pointer, "/")
	if !is {
		return pointer
	}
	first, rest, more := strings.Cut(rest, "/")
	to, named := t.places[first]
	switch {
	case !named:
		return pointer
	case more:
		return "/" + to + "/" + rest
	}
	return "/" + to
}

func replaced(text string, renames []Rename) string {
	for _, r := range renames {
		text = strings.ReplaceAll(text, r.From, r.To)
	}
	return text
}

// values are an object's, in order.
func values(node *yaml.Node) (all []*yaml.Node) {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 1; i < len(node.Content); i += 2 {
		all = append(all, node.Content[i])
	}
	return all
}

// nameOf is the node of a member's name, nil where there is none.
func nameOf(node *yaml.Node, name string) *yaml.Node {
	if node == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == name {
			return node.Content[i]
		}
	}
	return nil
}

// onlyMembers leaves out the others.
func onlyMembers(node *yaml.Node, names []string) {
	kept := make([]*yaml.Node, 0, len(node.Content))
	for i := 0; i+1 < len(node.Content); i += 2 {
		if slices.Contains(names, node.Content[i].Value) {
			kept = append(kept, node.Content[i], node.Content[i+1])
		}
	}
	node.Content = kept
}

// renameMembers renames those of an object, all at once.
func renameMembers(node *yaml.Node, renames []Rename) {
	var named []*yaml.Node
	for i := 0; i+1 < len(node.Content); i += 2 {
		named = append(named, node.Content[i])
	}
	renameTexts(named, renames)
}

func renameTexts(nodes []*yaml.Node, renames []Rename) {
	for _, node := range nodes {
		for _, r := range renames {
			if node.Value == r.From {
				rename(node, r.To)
				break
			}
		}
	}
}

// rename writes another text in a text's place, in quotes where a reader of YAML 1.1
// would take it for something else.
func rename(node *yaml.Node, to string) {
	node.Value, node.Tag = to, "!!str"
	if node.Style == 0 && (!bare.MatchString(to) || truth.MatchString(to)) {
		node.Style = yaml.DoubleQuotedStyle
	}
}
