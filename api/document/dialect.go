package document

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Rename says that what the document's author calls From is called To by clients.
type Rename struct{ From, To string }

// Members is what clients call the members of one schema.
type Members struct {
	// Schema is its name under #/components/schemas.
	Schema string
	// Renames are of its own members.
	Renames []Rename
	// Only, if not empty, are the members that are left, by their author's names.
	Only []string
	// Maximums are what members are at the most, where a server is set to answer more than
	// the author thought of. They are of answers: what is enforced is not widened.
	Maximums []Maximum
}

// Maximum is an integer member's, by its author's name.
type Maximum struct {
	Member string
	Is     int64
}

// Dialect is what clients call otherwise than the document's author. The zero Dialect
// changes nothing, and neither do renames of a name to itself.
type Dialect struct {
	// Paths are renames of whole paths, such as /auth to /login.
	Paths []Rename
	// Schemas are of whole bodies in JSON: a schema that is part of another is refused.
	Schemas []Members
	// Texts are replaced wherever a description, a summary or a scalar example has them.
	Texts []Rename
}

// DialectError says why a document cannot be put into a dialect.
type DialectError struct {
	// Schema has the member From, "" where From is a path.
	Schema, From string
	// Why is a sentence's end, behind what was asked for: "is a path of the document".
	Why string
}

func (e *DialectError) Error() string {
	if e.Schema == "" {
		return fmt.Sprintf("another name for %s: it %s", e.From, e.Why)
	}
	return fmt.Sprintf("another name for %s of %s: it %s", e.From, e.Schema, e.Why)
}

// Effective is the dialect without what changes nothing.
func (d Dialect) Effective() Dialect {
	var out Dialect
	out.Paths, out.Texts = effective(d.Paths), effective(d.Texts)
	for _, m := range d.Schemas {
		if m.Renames = effective(m.Renames); len(m.Renames) > 0 || len(m.Only) > 0 || len(m.Maximums) > 0 {
			out.Schemas = append(out.Schemas, m)
		}
	}
	return out
}

func effective(renames []Rename) []Rename {
	return slices.DeleteFunc(slices.Clone(renames), func(r Rename) bool { return r.From == r.To })
}

// None reports whether the dialect changes nothing.
func (d Dialect) None() bool {
	d = d.Effective()
	return len(d.Paths) == 0 && len(d.Schemas) == 0 && len(d.Texts) == 0
}

// Called is what clients call a path of the author's.
func (d Dialect) Called(path string) string {
	for _, r := range d.Paths {
		if r.From == path {
			return r.To
		}
	}
	return path
}

// schemaRef is where the schemas are that may be named in a Dialect.
const schemaRef = "#/components/schemas/"

// MembersOf is the part of a dialect for the schema that a reference names.
func (d Dialect) MembersOf(ref string) (Members, bool) {
	for _, m := range d.Schemas {
		if schemaRef+m.Schema == ref {
			return m, true
		}
	}
	return Members{}, false
}

// In returns the document as those know it who speak the dialect: paths, members,
// what is required, examples, the places that violations name, and the code spans of
// descriptions that name one of these. Every member stays where it stood. It refuses
// what would be ambiguous with a [*DialectError].
func (d *Document) In(dialect Dialect) (*Document, error) {
	dialect = dialect.Effective()
	if dialect.None() {
		return d, nil
	}
	t := &translation{dialect: dialect, root: copied(d.root), done: make(map[*yaml.Node]bool)}
	for _, r := range dialect.Paths {
		if err := t.path(r); err != nil {
			return nil, err
		}
	}
	for _, m := range dialect.Schemas {
		if err := t.schema(m); err != nil {
			return nil, err
		}
	}
	if err := t.bodies(); err != nil {
		return nil, err
	}
	t.words("", t.root)
	return &Document{root: t.root}, nil
}

// copied is a node that shares nothing with the first. An alias is written out.
func copied(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	c := *node
	c.Anchor = ""
	c.Content = make([]*yaml.Node, len(node.Content))
	for i, child := range node.Content {
		c.Content[i] = copied(child)
	}
	return &c
}

const (
	longestPath   = 128
	longestMember = 64
)

var (
	// segments are unreserved characters alone (RFC 3986, section 2.3): nothing that a
	// proxy, a router or a generator decodes.
	segments = later(`^(/[A-Za-z0-9._~-]+)+/?$`)
	// plainMember is a name that needs no quotes or escapes in any generated language's text.
	plainMember = later(`^[A-Za-z_][A-Za-z0-9_.-]*$`)
)

// CheckPath says what is wrong with a path that clients are to call, in a sentence's end.
func CheckPath(path string) error {
	switch {
	case len(path) > longestPath:
		return fmt.Errorf("has %d characters, but must have at most %d", len(path), longestPath)
	case !segments().MatchString(path):
		return fmt.Errorf("must be a path such as /login or /api/auth: letters, digits and - . _ ~ between slashes")
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return fmt.Errorf("has a segment %q, which clients and proxies take away", segment)
		}
	}
	return nil
}

// CheckMember says what is wrong with a name that a member is to have, in a sentence's end.
func CheckMember(name string) error {
	switch {
	case len(name) > longestMember:
		return fmt.Errorf("has %d characters, but must have at most %d", len(name), longestMember)
	case !plainMember().MatchString(name):
		return fmt.Errorf("must begin with a letter or _ and go on with letters, digits and _ . -")
	case name == "__proto__":
		return fmt.Errorf("is a name that JavaScript keeps for itself")
	}
	return nil
}
