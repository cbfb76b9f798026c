// Package contract looks at openapi.yaml from outside: its documentation, its
// changes and, in the scripts beside this file, what other people's tools make
// of it and of the running server. Nothing of the server imports it.
package contract

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// The lines of README.md between which the table of operations stands.
const (
	begin = "<!-- operations -->\n"
	end   = "<!-- /operations -->\n"
)

// ErrNoMarkers says that a document has no place for the table.
var ErrNoMarkers = errors.New("no line <!-- operations --> with <!-- /operations --> after it")

// Operations writes every operation of an OpenAPI document as one Markdown
// table: its id, method and path, whether it wants a token, and each status it
// may answer with the schema of a success. Tags give the order, then paths.
func Operations(document []byte) (string, error) {
	spec, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		return "", fmt.Errorf("load the contract: %w", err)
	}
	var rows []row
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			rows = append(rows, newRow(spec, path, method, op))
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.tag, b.tag), strings.Compare(a.path, b.path), strings.Compare(a.method, b.method))
	})
	var out strings.Builder
	out.WriteString("| operation | request | token | answers |\n|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&out, "| `%s`: %s | `%s %s` | %s | %s |\n", r.id, cell(r.summary), r.method, r.path, r.token, strings.Join(r.answers, " · "))
	}
	return out.String(), nil
}

// Replace puts a table between the markers of a document, or returns
// ErrNoMarkers.
func Replace(document []byte, table string) ([]byte, error) {
	before, rest, ok := bytes.Cut(document, []byte(begin))
	if !ok {
		return nil, ErrNoMarkers
	}
	_, after, ok := bytes.Cut(rest, []byte(end))
	if !ok {
		return nil, ErrNoMarkers
	}
	return slices.Concat(before, []byte(begin+table+end), after), nil
}

// row is one operation of the table.
type row struct {
	tag                              int
	path, method, id, summary, token string
	answers                          []string
}

func newRow(spec *openapi3.T, path, method string, op *openapi3.Operation) row {
	r := row{tag: len(spec.Tags), path: path, method: method, id: op.OperationID, summary: op.Summary, token: token(spec, op)}
	for i, tag := range spec.Tags {
		if slices.Contains(op.Tags, tag.Name) {
			r.tag = min(r.tag, i)
		}
	}
	for status, response := range op.Responses.Map() {
		if status == "default" {
			continue // The same for all of them, and no status.
		}
		r.answers = append(r.answers, answer(status, response.Value))
	}
	slices.Sort(r.answers)
	return r
}

// token names the schemes that let a caller in; any one of them will do.
func token(spec *openapi3.T, op *openapi3.Operation) string {
	requirements := op.Security
	if requirements == nil {
		requirements = &spec.Security
	}
	var names []string
	for _, requirement := range *requirements {
		for name := range requirement {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "–"
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " or ")
}

// answer is a status, and for a success what its body is.
func answer(status string, response *openapi3.Response) string {
	if !strings.HasPrefix(status, "2") {
		return status
	}
	var bodies []string
	for _, content := range response.Content {
		switch schema := content.Schema; {
		case schema == nil || schema.Value == nil:
		case schema.Ref != "":
			bodies = append(bodies, schema.Ref[strings.LastIndexByte(schema.Ref, '/')+1:])
		default:
			bodies = append(bodies, strings.Join(schema.Value.Type.Slice(), " "))
		}
	}
	slices.Sort(bodies)
	return strings.TrimSpace(status + " " + strings.Join(slices.Compact(bodies), ", "))
}

// cell keeps text from ending its cell of a table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}
