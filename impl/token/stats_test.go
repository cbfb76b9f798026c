package token

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStats: each token is counted once, by what came of it, and each reason there is
// has a count.
func TestStats(t *testing.T) {
	s := newService(t, Config{})
	want := Stats{Refused: make(map[Reason]uint64)}
	for _, reason := range constants(t) {
		want.Refused[reason] = 0
	}
	if diff := cmp.Diff(want, s.Stats()); diff != "" {
		t.Errorf("Stats() of a new service (-want +got):\n%s", diff)
	}
	own := mint(t, s, 1)
	for _, compact := range []string{
		own, own, own, flaskToken, flaskToken, // three and two, of each the first anew
		"", "a.b.c", string(make([]byte, maxCompact+1)),
		signed(plainHeader, dated("1", "1", "1", "1")),
		own[:len(own)-2] + "AA",
	} {
		_, _ = s.Verify(compact)
	}
	want.Own, want.Legacy, want.Remembered = Passed{2, 1}, Passed{1, 1}, 2
	want.Refused[ReasonMalformed], want.Refused[ReasonExpired], want.Refused[ReasonSignature] = 3, 1, 1
	if diff := cmp.Diff(want, s.Stats()); diff != "" {
		t.Errorf("Stats() (-want +got):\n%s", diff)
	}
}

// constants are the reasons that errors.go has.
func constants(t *testing.T) (found []Reason) {
	t.Helper()
	file, err := parser.ParseFile(gotoken.NewFileSet(), "errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "Reason" {
				value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, Reason(value))
			}
		}
		return true
	})
	return found
}
