package document_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/restauth/restauth/api/document"
)

const source = `
openapi: 3.0.3
info:
  title: t
  version: 1.0.0
servers:
  - url: /
tags: [b, a]
paths:
  /z:
    get:
      responses:
        '200':
          description: |
            Two
            lines.
        default:
          description: "quoted: yes"
components:
  schemas:
    Credentials: # what a person types
      required: [username, password]
      properties:
        username: {type: string, maxLength: 255, pattern: '^[^\x00]*$'}
        password: {type: string, example: '1'}
        at: {type: string, example: 2027-01-15}
        id: {type: integer, minimum: -9223372036854775808, maximum: 9223372036854775807}
        share: {type: number, maximum: 1.5e3, nullable: true, default: null}
`

func parse(t *testing.T, source string) *document.Document {
	t.Helper()
	doc, err := document.Parse([]byte(source))
	if err != nil {
		t.Fatalf("Parse() = %v", err)
	}
	return doc
}

func asJSON(t *testing.T, doc *document.Document) string {
	t.Helper()
	raw, err := doc.JSON()
	if err != nil {
		t.Fatalf("JSON() = %v", err)
	}
	return string(raw)
}

func asYAML(t *testing.T, doc *document.Document) string {
	t.Helper()
	raw, err := doc.YAML()
	if err != nil {
		t.Fatalf("YAML() = %v", err)
	}
	return string(raw)
}

// names lists the member names of a JSON document as they come.
func names(t *testing.T, text string) []string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	var out []string
	var inObject, nameNext []bool
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		top := len(inObject) - 1
		if name, ok := token.(string); ok && top >= 0 && inObject[top] && nameNext[top] {
			out, nameNext[top] = append(out, name), false
			continue
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			inObject, nameNext = inObject[:top], nameNext[:top]
			top--
		}
		if token == json.Delim('{') || token == json.Delim('[') {
			inObject, nameNext = append(inObject, token == json.Delim('{')), append(nameNext, true)
			continue
		}
		if top >= 0 {
			nameNext[top] = true
		}
	}
}

func TestKeepsTheAuthorsOrder(t *testing.T) {
	want := []string{
		"openapi", "info", "title", "version", "servers", "url", "tags", "paths", "/z", "get", "responses",
		"200", "description", "default", "description", "components", "schemas", "Credentials", "required", "properties",
		"username", "type", "maxLength", "pattern", "password", "type", "example", "at", "type", "example",
		"id", "type", "minimum", "maximum", "share", "type", "maximum", "nullable", "default",
	}
	doc := parse(t, source)
	if diff := cmp.Diff(want, names(t, asJSON(t, doc))); diff != "" {
		t.Errorf("members of the JSON (-want +got):\n%s", diff)
	}
	// And through the YAML that is served, once more.
	again := parse(t, asYAML(t, doc))
	if diff := cmp.Diff(asJSON(t, doc), asJSON(t, again)); diff != "" {
		t.Errorf("the YAML written holds another document (-JSON +JSON of the YAML):\n%s", diff)
	}
	for _, kept := range []string{"tags: [b, a]", "description: |", "# what a person types", `pattern: '^[^\x00]*$'`} {
		if !strings.Contains(asYAML(t, doc), kept) {
			t.Errorf("the YAML lacks %q:\n%s", kept, asYAML(t, doc))
		}
	}
}

// TestValuesAreThoseOfTheFile: bounds digit for digit, and a date is a text.
func TestValuesAreThoseOfTheFile(t *testing.T) {
	text := asJSON(t, parse(t, source))
	for _, want := range []string{
		`"minimum": -9223372036854775808`, `"maximum": 9223372036854775807`, `"maximum": 1.5e3`, `"example": "1"`,
		`"example": "2027-01-15"`, `"nullable": true`, `"default": null`, `"description": "Two\nlines.\n"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the JSON lacks %s:\n%s", want, text)
		}
	}
	var want, got any
	if err := yaml.Unmarshal([]byte(strings.Replace(source, "2027-01-15", "'2027-01-15'", 1)), &want); err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the JSON is another document (-YAML +JSON):\n%s", diff)
	}
}

// TestReadsJSON too, which generators embed, and writes it in block style.
func TestReadsJSON(t *testing.T) {
	text := `{"openapi":"3.0.3","info":{"version":"1.0.0","title":"yes"},"tags":[{"name":"b"},{"name":"a"}]}`
	doc := parse(t, text)
	if got, want := names(t, asJSON(t, doc)), names(t, text); !slices.Equal(got, want) {
		t.Errorf("members = %q, want %q", got, want)
	}
	want := "openapi: \"3.0.3\"\ninfo:\n  version: \"1.0.0\"\n  title: \"yes\"\ntags:\n  - name: b\n  - name: a\n"
	if got := asYAML(t, doc); got != want {
		t.Errorf("YAML() = %s\nwant %s", got, want)
	}
}

func TestAliasesAreWrittenOut(t *testing.T) {
	doc := parse(t, "a: &x {b: 1}\nc: *x\n")
	if got, want := asJSON(t, doc), "{\n  \"a\": {\n    \"b\": 1\n  },\n  \"c\": {\n    \"b\": 1\n  }\n}\n"; got != want {
		t.Errorf("JSON() = %s, want %s", got, want)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "null", "[]", "text", "1", "a: [", "a: b: c", "\tx: y"} {
		if _, err := document.Parse([]byte(text)); err == nil {
			t.Errorf("Parse(%q) = nil error, want one", text)
		}
	}
}

// TestJSONRefuses what would come out as something else.
func TestJSONRefuses(t *testing.T) {
	for _, text := range []string{
		"a: 0x10", "a: 0o17", "a: 010", "a: 1_000", "a: .inf", "a: .nan", "a: +1", "a: !!binary aGk=",
		"a: 1\na: 2", "b: &x {c: 1}\nd:\n  <<: *x", "? [a]\n: b",
	} {
		doc, err := document.Parse([]byte(text))
		if err != nil {
			continue
		}
		if raw, err := doc.JSON(); err == nil {
			t.Errorf("%q became %s, want an error", text, bytes.TrimSpace(raw))
		}
	}
}

func TestText(t *testing.T) {
	doc := parse(t, source)
	for _, c := range []struct {
		want string
		path []string
	}{
		{"1.0.0", []string{"info", "version"}},
		{"", []string{"info"}},
		{"", []string{"info", "version", "more"}},
		{"", []string{"none", "version"}},
		{"", nil},
	} {
		if got := doc.Text(c.path...); got != c.want {
			t.Errorf("Text(%q) = %q, want %q", c.path, got, c.want)
		}
	}
}

// TestWithServer changes the one thing that it is about, and not the original.
func TestWithServer(t *testing.T) {
	const address = "https://login.example.com/app"
	for name, text := range map[string]string{
		"in its place":   source,
		"where none was": strings.Replace(source, "servers:\n  - url: /\n", "", 1),
	} {
		doc := parse(t, text)
		before := asJSON(t, doc)
		other, err := doc.WithServer(address)
		if err != nil {
			t.Fatalf("WithServer() = %v", err)
		}
		want := strings.Replace(asJSON(t, parse(t, source)), "\"url\": \"/\"",
			"\"url\": \""+address+"\",\n      \"description\": \"This server.\"", 1)
		if diff := cmp.Diff(want, asJSON(t, other)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(before, asJSON(t, doc)); diff != "" {
			t.Errorf("%s changed the original (-before +after):\n%s", name, diff)
		}
	}
	if _, err := parse(t, source).WithServer("/"); !errors.Is(err, document.ErrAddress) {
		t.Errorf("WithServer(/) = %v, want ErrAddress", err)
	}
}

func TestAddress(t *testing.T) {
	for raw, want := range map[string]string{
		"http://127.0.0.1:5000":              "http://127.0.0.1:5000",
		"https://login.example.com":          "https://login.example.com",
		"https://login.example.com/":         "https://login.example.com",
		"https://login.example.com/app":      "https://login.example.com/app",
		"https://login.example.com:8443/a/b": "https://login.example.com:8443/a/b",
		"https://login.example.com/app/":     "https://login.example.com/app",
		"http://[::1]:5000":                  "http://[::1]:5000",
		"http://localhost/~roy/a%20b":        "http://localhost/~roy/a%20b",
		"https://xn--bcher-kva.example":      "https://xn--bcher-kva.example",
		"HTTPS://login.example.com":          "https://login.example.com",
	} {
		if got, err := document.Address(raw); err != nil || got != want {
			t.Errorf("Address(%q) = %q, %v, want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{
		"", "/", "//login.example.com", "login.example.com", "login.example.com:443", "localhost:5000", "https:", "https://",
		"https:///app", "ftp://login.example.com", "javascript:alert(1)", "file:///etc/passwd", "https:login.example.com",
		"https://roy@login.example.com", "https://roy:secret@login.example.com", "https://@login.example.com",
		"https://login.example.com?x=1", "https://login.example.com?", "https://login.example.com#top", "https://login.example.com#",
		"https://login.example.com//", "https://login.example.com/a//b", "https://login.example.com/a/../b", "https://login.example.com/./a",
		"https://login.example.com/%2e%2e/a", "https://{host}/", "https://login.example.com/{tenant}", "https://login.example.com/a b",
		"https://bücher.example", "https://login.example.com/ü", "https://login example.com", "https://login.example.com:", "https://login.example.com:0",
		"https://login.example.com:65536", "https://login.example.com:x", "https://:5000", "https://[::1", "https://[fe80::1%25eth0]",
		"https://login.example.com/a\nb", " https://login.example.com", "https://login.example.com/\"", "https://login.example.com/<b>",
		"https://lo_gin$.example.com", "https://-login.example.com", "https://login.example.com\\@evil.example",
	} {
		got, err := document.Address(raw)
		if !errors.Is(err, document.ErrAddress) {
			t.Errorf("Address(%q) = %q, %v, want ErrAddress", raw, got, err)
		}
	}
}

// BenchmarkDocument is what a start pays for the contract beside loading it.
func BenchmarkDocument(b *testing.B) {
	raw, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		doc, err := document.Parse(raw)
		if err != nil {
			b.Fatal(err)
		}
		if doc, err = doc.WithServer("http://127.0.0.1:5000"); err != nil {
			b.Fatal(err)
		}
		if _, err := doc.JSON(); err != nil {
			b.Fatal(err)
		}
		if _, err := doc.YAML(); err != nil {
			b.Fatal(err)
		}
	}
}
