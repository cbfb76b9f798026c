package document_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/api/document"
)

// contract is the project's own document, the largest that is at hand.
func contract(t testing.TB) *document.Document {
	t.Helper()
	source, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := document.Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func in(t *testing.T, doc *document.Document, dialect document.Dialect) *document.Document {
	t.Helper()
	other, err := doc.In(dialect)
	if err != nil {
		t.Fatalf("In(%+v) = %v", dialect, err)
	}
	return other
}

// login is a dialect of the contract's login.
func login(path, username, password, token string, only bool) document.Dialect {
	d := document.Dialect{
		Paths: []document.Rename{{From: "/auth", To: path}},
		Schemas: []document.Members{
			{Schema: "Credentials", Renames: []document.Rename{{From: "username", To: username}, {From: "password", To: password}}},
			{Schema: "Token", Renames: []document.Rename{{From: "access_token", To: token}}},
		},
	}
	if only {
		d.Schemas[1].Only = []string{"access_token"}
	}
	return d
}

// TestIn changes each place where clients read a name, and no other.
func TestIn(t *testing.T) {
	doc := contract(t)
	before := asYAML(t, doc)
	d := login("/login", "email", "pass", "token", false)
	d.Texts = []document.Rename{{From: `realm="Login Required"`, To: `realm="Shop"`}}
	got := asYAML(t, in(t, doc, d))
	want := strings.NewReplacer(
		"`POST /auth`", "`POST /login`",
		"  /auth:\n", "  /login:\n",
		"username: roy\n                  password: roy\n", "email: roy\n                  pass: roy\n",
		"required: [username, password]", "required: [email, pass]",
		"        username:\n          type: string\n          description: As the user types it.", "        email:\n          type: string\n          description: As the user types it.",
		"        password:\n          type: string\n          format: password", "        pass:\n          type: string\n          format: password",
		"                    access_token: ey", "                    token: ey",
		"`access_token`", "`token`",
		"required: [access_token, token_type, expires_in]", "required: [token, token_type, expires_in]",
		"        access_token:\n          type", "        token:\n          type",
		"example: /password", "example: /pass",
		"pointer: /password", "pointer: /pass",
		`realm="Login Required"`, `realm="Shop"`,
	).Replace(before)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the document in the dialect (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before, asYAML(t, doc)); diff != "" {
		t.Errorf("the original changed:\n%s", diff)
	}
	if diff := cmp.Diff(before, asYAML(t, in(t, in(t, doc, d), undo(d)))); diff != "" {
		t.Errorf("undone (-original +undone):\n%s", diff)
	}
}

// TestOnly leaves out the other members, wherever they are named.
func TestOnly(t *testing.T) {
	spec := loaded(t, in(t, contract(t), login("/auth", "username", "password", "token", true)))
	token := spec.Components.Schemas["Token"].Value
	if len(token.Properties) != 1 || token.Properties["token"] == nil || !slices.Equal(token.Required, []string{"token"}) {
		t.Errorf("Token = %v, required %v, want the one member", token.Properties, token.Required)
	}
	example := spec.Paths.Value("/auth").Post.Responses.Value("200").Value.Content["application/json"].Examples["token"].Value.Value
	if members, _ := example.(map[string]any); len(members) != 1 || members["token"] == nil {
		t.Errorf("the example = %v, want the one member", example)
	}
}

// TestMaximums are those of answers alone.
func TestMaximums(t *testing.T) {
	d := document.Dialect{Schemas: []document.Members{{Schema: "Token", Maximums: []document.Maximum{{Member: "expires_in", Is: 31622400}}}}}
	doc := contract(t)
	want := strings.Replace(asYAML(t, doc), "maximum: 86400", "maximum: 31622400", 1)
	if diff := cmp.Diff(want, asYAML(t, in(t, doc, d))); diff != "" || want == asYAML(t, doc) {
		t.Errorf("the document (-want +got):\n%s", diff)
	}
	for _, m := range []document.Members{
		{Schema: "Token", Maximums: []document.Maximum{{Member: "token_type", Is: 1}}},
		{Schema: "Token", Maximums: []document.Maximum{{Member: "none", Is: 1}}},
		{Schema: "Credentials", Maximums: []document.Maximum{{Member: "username", Is: 1}}},
	} {
		if _, err := doc.In(document.Dialect{Schemas: []document.Members{m}}); err == nil {
			t.Errorf("In(%+v) = nil error, want one", m)
		}
	}
}

// TestNoDialect is the same document, not one that looks like it.
func TestNoDialect(t *testing.T) {
	doc := contract(t)
	if other := in(t, doc, login("/auth", "username", "password", "access_token", false)); other != doc {
		t.Error("a dialect that changes nothing makes another document")
	}
}

func loaded(t *testing.T, doc *document.Document) *openapi3.T {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromData([]byte(asJSON(t, doc)))
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatalf("the document is not valid: %v", err)
	}
	return spec
}

var spans = regexp.MustCompile("`([^`\n]+)`")

// TestRandomDialects: whatever the names, the document in the dialect is valid with its
// examples, its schemas have the clients' names and no others, and to undo the dialect
// gives the original back.
func TestRandomDialects(t *testing.T) {
	doc := contract(t)
	before := asJSON(t, doc)
	taken := map[string]bool{} // in a code span already: undone, it would be renamed with the others
	for _, found := range spans.FindAllStringSubmatch(before, -1) {
		taken[found[1]] = true
	}
	random := rand.New(rand.NewPCG(15, 32))
	word := func(alphabet string, most int) string {
		letters := make([]byte, 1+random.IntN(most))
		for i := range letters {
			letters[i] = alphabet[random.IntN(len(alphabet))]
		}
		return string(letters)
	}
	name := func() string {
		if random.IntN(5) == 0 { // words that some reader takes for something else
			words := []string{"yes", "no", "on", "off", "y", "n", "null", "true", "False", "pointer", "example", "description", "type", "required", "properties", "e1", "_", "x-a", "a.b", "status", "password", "device_token", "expires_in"}
			return words[random.IntN(len(words))]
		}
		return word("abcXYZ_", 1) + word("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789_.-", 63)
	}
	done, refused := 0, 0
	for range 80 {
		path := ""
		for range 1 + random.IntN(3) {
			path += "/" + word("abcdefXYZ0123-_~", 20)
		}
		d := login(path, name(), name(), name(), false)
		other, err := doc.In(d)
		if err != nil {
			if why := (*document.DialectError)(nil); !errors.As(err, &why) || !collides(d) {
				t.Fatalf("In(%+v) = %v", d, err)
			}
			refused++
			continue
		}
		if collides(d) {
			t.Fatalf("In(%+v) was not refused", d)
		}
		done++
		checkNames(t, loaded(t, other), d)
		spanned := d.Schemas[1].Renames[0].To == d.Schemas[0].Renames[0].To || d.Schemas[1].Renames[0].To == d.Schemas[0].Renames[1].To
		for _, m := range d.Schemas {
			spanned = spanned || slices.ContainsFunc(m.Renames, func(r document.Rename) bool { return taken[r.To] })
		}
		if spanned {
			continue
		}
		if diff := cmp.Diff(before, asJSON(t, in(t, other, undo(d)))); diff != "" {
			t.Fatalf("%+v undone (-original +undone):\n%s", d, diff)
		}
		// The YAML holds the same document for a reader of YAML as the JSON does.
		if diff := cmp.Diff(asJSON(t, other), asJSON(t, parse(t, asYAML(t, other)))); diff != "" {
			t.Fatalf("%+v: YAML and JSON differ:\n%s", d, diff)
		}
	}
	if done < 50 || refused < 1 {
		t.Errorf("%d dialects were tried and %d refused, want more of both", done, refused)
	}
}

// collides says of names drawn above whether two of a schema are the same.
func collides(d document.Dialect) bool {
	username, password, token := d.Schemas[0].Renames[0].To, d.Schemas[0].Renames[1].To, d.Schemas[1].Renames[0].To
	fixed := func(name string, others ...string) bool {
		return slices.ContainsFunc(others, func(o string) bool { return strings.EqualFold(o, name) })
	}
	return strings.EqualFold(username, password) || fixed(username, "password", "device_token") ||
		fixed(password, "username", "device_token") || fixed(token, "token_type", "expires_in", "device_token")
}

func checkNames(t *testing.T, spec *openapi3.T, d document.Dialect) {
	t.Helper()
	if spec.Paths.Value("/auth") != nil || spec.Paths.Value(d.Called("/auth")).Post.OperationID != "login" {
		t.Errorf("%+v: the login is not at its path", d)
	}
	for _, m := range d.Schemas {
		schema := spec.Components.Schemas[m.Schema].Value
		for _, r := range m.Renames {
			if r.From != r.To && schema.Properties[r.From] != nil || schema.Properties[r.To] == nil || !slices.Contains(schema.Required, r.To) {
				t.Errorf("%s has %v, requires %v, want %s in place of %s", m.Schema, schema.Properties, schema.Required, r.To, r.From)
			}
		}
	}
}

// TestInRefuses what would be ambiguous, or cannot be done.
func TestInRefuses(t *testing.T) {
	const credentials, token = "Credentials", "Token"
	for _, c := range []struct {
		name    string
		dialect document.Dialect
		schema  string
		from    string
	}{
		{"a path that is taken", login("/rest-auth", "u", "p", "t", false), "", "/auth"},
		{"a path below a taken one is free", login("/livez/auth", "u", "p", "t", false), "-", ""},
		{"a path with a parameter", login("/{login}", "u", "p", "t", false), "", "/auth"},
		{"no path", login("", "u", "p", "t", false), "", "/auth"},
		{"two members alike", login("/auth", "name", "name", "t", false), credentials, "password"},
		{"alike but for the case", login("/auth", "Name", "naME", "t", false), credentials, "password"},
		{"a member of the schema", login("/auth", "device_token", "p", "t", false), credentials, "username"},
		{"the same in another case", login("/auth", "u", "Device_Token", "t", false), credentials, "password"},
		{"swapped", login("/auth", "password", "username", "t", false), credentials, "username"},
		{"another case is another name", login("/auth", "userName", "p", "t", false), "-", ""},
		{"a member of the answer", login("/auth", "u", "p", "expires_in", false), token, "access_token"},
		{"a member that would be left out", login("/auth", "u", "p", "token_type", true), token, "access_token"},
		{"no name", login("/auth", "", "p", "t", false), credentials, "username"},
		{"a name with a quote", login("/auth", `u"`, "p", "t", false), credentials, "username"},
	} {
		_, err := contract(t).In(c.dialect)
		var refused *document.DialectError
		switch {
		case c.schema == "-" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.schema != "-" && (!errors.As(err, &refused) || refused.Schema != c.schema || refused.From != c.from):
			t.Errorf("%s: %v, want a refusal of %s %s", c.name, err, c.schema, c.from)
		}
	}
}

// TestInRefusesDocuments in which a dialect would not be whole.
func TestInRefusesDocuments(t *testing.T) {
	const whole = `
paths:
  /auth:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Credentials'}}}}
      responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/Token'}}}}}
components:
  schemas:
    Credentials: {additionalProperties: false, required: [username, password], properties: {username: {}, password: {}}}
    Token: {properties: {access_token: {}, token_type: {}}}
`
	d := login("/login", "u", "p", "t", false)
	if _, err := parse(t, whole).In(d); err != nil {
		t.Fatalf("the whole document: %v", err)
	}
	for name, edit := range map[string][2]string{
		"no such path":         {"/auth:", "/other:"},
		"no such schema":       {"    Token: {", "    Else: {"},
		"no such member":       {"username: {}", "user: {}"},
		"an open request":      {"additionalProperties: false, ", ""},
		"a form":               {"application/json: {schema: {$ref: '#/components/schemas/C", "application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/C"},
		"a part of another":    {"token_type: {}", "token_type: {$ref: '#/components/schemas/Credentials'}"},
		"in a list":            {"{schema: {$ref: '#/components/schemas/Token'}}", "{schema: {type: array, items: {$ref: '#/components/schemas/Token'}}}"},
		"made of several":      {"Token: {", "Token: {allOf: [], "},
		"a reference, further": {"Token: {", "Token: {$ref: '#/components/schemas/Credentials', "},
	} {
		edited := strings.Replace(whole, edit[0], edit[1], 1)
		if edited == whole {
			t.Fatalf("%s: nothing was edited", name)
		}
		_, err := parse(t, edited).In(d)
		if why := (*document.DialectError)(nil); !errors.As(err, &why) || fmt.Sprint(err) == "" {
			t.Errorf("%s: %v, want a refusal", name, err)
		}
	}
}

// TestSharedExamples are renamed once, also where they are referred to twice, and an
// alias is no second one.
func TestSharedExamples(t *testing.T) {
	doc := parse(t, `
paths:
  /a:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/S'}, examples: {one: {$ref: '#/components/examples/E'}}}}}
      responses: {'200': {$ref: '#/components/responses/R'}, '201': {$ref: '#/components/responses/R'}}
components:
  examples: {E: {value: &v {a: 1, b: 2}}}
  responses: {R: {content: {application/json: {schema: {$ref: '#/components/schemas/S'}, example: *v}}}}
  schemas:
    S: {additionalProperties: false, properties: {a: {}, b: {}}}
`)
	d := document.Dialect{Schemas: []document.Members{{Schema: "S", Renames: []document.Rename{{From: "a", To: "c"}}}}}
	got := asJSON(t, in(t, doc, d))
	if n := strings.Count(got, `"c": 1`); n != 2 || strings.Contains(got, `"a": 1`) {
		t.Errorf("%d examples renamed, want both:\n%s", n, got)
	}
}

// undo undoes the renames. What was left out does not come back, nor a maximum.
func undo(d document.Dialect) document.Dialect {
	out := document.Dialect{Paths: inverse(d.Paths), Texts: inverse(d.Texts)}
	for _, m := range d.Schemas {
		out.Schemas = append(out.Schemas, document.Members{Schema: m.Schema, Renames: inverse(m.Renames)})
	}
	return out
}

func inverse(renames []document.Rename) []document.Rename {
	out := make([]document.Rename, len(renames))
	for i, r := range renames {
		out[len(renames)-1-i] = document.Rename{r.To, r.From}
	}
	return out
}
