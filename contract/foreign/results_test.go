package foreign

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// The lines of docs/clients.md between which the table of tools stands.
const (
	begin = "<!-- tools -->\n"
	end   = "<!-- /tools -->\n"
)

// ErrNoMarkers says that a document has no place for the table.
var ErrNoMarkers = errors.New("no line <!-- tools --> with <!-- /tools --> after it")

// Verdict is what became of one step of a tool.
type Verdict string

// The verdicts. A step after one that went wrong is No as well.
const (
	Yes      Verdict = "yes"
	No       Verdict = "**no**"
	NotTried Verdict = "not tried"
	NoSuch   Verdict = "–" // The tool has no such step.
)

// Result is one tool's line of the table.
type Result struct {
	Tool, Version string
	Generates     Verdict // a client, without an error
	Compiles      Verdict
	LogsIn        Verdict // and calls what the token opens
	Refused       Verdict // sees 401 for a password and for a token
	Outage        Verdict // sees 503 and its Retry-After, for both
	Typed         string  // how a program gets at the Problem of 401 and 503
	Remark        string  // what its user has to know
}

// Failed lists the steps that are No.
func (r Result) Failed() []string {
	var failed []string
	for _, step := range []struct {
		name    string
		verdict Verdict
	}{
		{"generates", r.Generates}, {"compiles", r.Compiles}, {"logs in", r.LogsIn},
		{"sees 401", r.Refused}, {"sees 503", r.Outage},
	} {
		if step.verdict == No {
			failed = append(failed, step.name)
		}
	}
	return failed
}

// Table writes results as a Markdown table.
func Table(results []Result) string {
	var out strings.Builder
	out.WriteString("| tool | version | generates | compiles | logs in | sees 401 | sees 503 | the error's type | remark |\n")
	out.WriteString("|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range results {
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", r.Tool, r.Version,
			r.Generates, r.Compiles, r.LogsIn, r.Refused, r.Outage, cell(r.Typed), cell(r.Remark))
	}
	return out.String()
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

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
	return bytes.Join([][]byte{before, []byte(begin + table + end), after}, nil), nil
}
