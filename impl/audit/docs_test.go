package audit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/audit"
)

// constants are the values of event.go's constants of a type.
func constants(t *testing.T, typ string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != typ {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, value)
		return true
	})
	return found
}

// table returns the first cells, without their backquotes, of the rows of the table in
// docs/audit.md that stands under a heading, each of which must be whole.
func table(t *testing.T, heading string) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("docs/audit.md has no section %s", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var first []string
	columns := 0
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if !strings.HasPrefix(line, "|") {
			continue
		}
		if columns == 0 {
			columns = len(cells)
		}
		for _, cell := range cells {
			if len(cells) != columns || strings.TrimSpace(cell) == "" {
				t.Errorf("%s: a cell is empty or missing in %s", heading, line)
			}
		}
		first = append(first, strings.Trim(strings.TrimSpace(cells[0]), "`"))
	}
	if len(first) < 3 {
		t.Fatalf("%s has no table", heading)
	}
	return first[2:] // without its head
}

// TestReasonsAreOf what docs/audit.md says they are of.
func TestReasonsAreOf(t *testing.T) {
	text, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range audit.Reasons() {
		kind, outcome := reason.Of()
		row := "| `" + string(reason) + "` | " + string(kind)
		if !strings.Contains(string(text), row+", "+string(outcome)+" |") && !strings.Contains(string(text), row+" |") && !strings.Contains(string(text), row+", user_add") {
			t.Errorf("docs/audit.md does not say that %s is of %s, %s", reason, kind, outcome)
		}
	}
}

func texts[T ~string](values []T) []string {
	var all []string
	for _, v := range values {
		all = append(all, string(v))
	}
	return all
}

// TestDocumented: what may be said is what the lists have, and each of it is explained,
// with its names in OCSF and ECS.
func TestDocumented(t *testing.T) {
	for _, c := range []struct {
		typ, heading string
		listed       []string
	}{
		{"Kind", "Kinds", texts(audit.Kinds())},
		{"Outcome", "Outcomes", constants(t, "Outcome")},
		{"Reason", "Reasons", texts(audit.Reasons())},
	} {
		if diff := cmp.Diff(constants(t, c.typ), c.listed); diff != "" {
			t.Errorf("%ss() lacks constants, or has more (-constants +listed):\n%s", c.typ, diff)
		}
		if diff := cmp.Diff(c.listed, table(t, c.heading)); diff != "" {
			t.Errorf("docs/audit.md, %s (-code +docs):\n%s", c.heading, diff)
		}
		slices.Sort(c.listed)
		if got := slices.Compact(c.listed); len(got) != len(c.listed) {
			t.Errorf("two %ss are the same", c.typ)
		}
	}
	want := []string{
		"time", "level`, `msg", audit.EventKey, audit.OutcomeKey, audit.ReasonKey, audit.AddressKey, "request_id", "trace_id",
		audit.OperatorKey, audit.UserIDKey, audit.MethodKey, audit.DetailKey, audit.LostKey, "version`, `commit`, `go", audit.UsernameKey,
	}
	if diff := cmp.Diff(want, table(t, "The line")); diff != "" {
		t.Errorf("docs/audit.md, The line (-code +docs):\n%s", diff)
	}
}
