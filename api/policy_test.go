package api_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/gen"
)

// contractFile loads the hand-written document, with nothing taken out.
func contractFile(t *testing.T) *openapi3.T {
	t.Helper()
	return document(t, "../openapi.yaml")
}

func document(t *testing.T, file string) *openapi3.T {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestContractIsValidWithItsExamples(t *testing.T) {
	spec := contractFile(t)
	if err := spec.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatalf("openapi.yaml: %v", err)
	}
	if spec.OpenAPI != "3.0.3" {
		t.Errorf("openapi = %s; in 3.1 mode the validator's messages carry the submitted value", spec.OpenAPI)
	}
}

// TestEmbeddedContractIsTheFile catches a document that was changed without
// make generate.
func TestEmbeddedContractIsTheFile(t *testing.T) {
	file, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := gen.Document()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(file), string(embedded)); diff != "" {
		t.Errorf("gen/ is not made of openapi.yaml, run make generate (-file +embedded):\n%s", diff)
	}
}

func asAny(t *testing.T, spec *openapi3.T) any {
	t.Helper()
	raw, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	return value
}

var (
	operationID = regexp.MustCompile(`^[a-z][A-Za-z]+$`)
	version     = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
)

// TestContractKeepsItsRules holds every operation to what clients, the
// enforcement in this package and the generators rely on.
func TestContractKeepsItsRules(t *testing.T) {
	spec := contractFile(t)
	if broken := violations(spec); len(broken) > 0 {
		t.Errorf("openapi.yaml breaks its own rules:\n%s", strings.Join(broken, "\n"))
	}
}

// TestExampleKeepsTheRules: people copy it.
func TestExampleKeepsTheRules(t *testing.T) {
	spec := document(t, "../examples/orders/openapi.yaml")
	if err := spec.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
		t.Errorf("examples/orders/openapi.yaml: %v", err)
	}
	if broken := violations(spec); len(broken) > 0 {
		t.Errorf("examples/orders/openapi.yaml breaks the rules:\n%s", strings.Join(broken, "\n"))
	}
}

// TestRulesCanFail breaks the document in each way the rules are about.
func TestRulesCanFail(t *testing.T) {
	login := func(s *openapi3.T) *openapi3.Operation { return s.Paths.Value("/auth").Post }
	guarded := func(s *openapi3.T) *openapi3.Operation { return s.Paths.Value("/rest-auth").Get }
	schema := func(s *openapi3.T, name string) *openapi3.Schema { return s.Components.Schemas[name].Value }
	credentials := func(s *openapi3.T) *openapi3.Schema { return schema(s, "Credentials") }
	username := func(s *openapi3.T) *openapi3.Schema { return credentials(s).Properties["username"].Value }
	id := func(s *openapi3.T) *openapi3.Schema { return schema(s, "User").Properties["id"].Value }
	for name, mutate := range map[string]func(*openapi3.T){
		"no operationId":        func(s *openapi3.T) { login(s).OperationID = "" },
		"no tag":                func(s *openapi3.T) { login(s).Tags = nil },
		"undeclared tag":        func(s *openapi3.T) { login(s).Tags = []string{"other"} },
		"no summary":            func(s *openapi3.T) { login(s).Summary = "" },
		"no security":           func(s *openapi3.T) { login(s).Security = nil },
		"open request schema":   func(s *openapi3.T) { credentials(s).AdditionalProperties = openapi3.AdditionalProperties{} },
		"no maxLength":          func(s *openapi3.T) { credentials(s).Properties["username"].Value.MaxLength = nil },
		"an error of its own":   func(s *openapi3.T) { login(s).Responses.Value("503").Value.Content = openapi3.Content{} },
		"401 without challenge": func(s *openapi3.T) { delete(login(s).Responses.Value("401").Value.Headers, "WWW-Authenticate") },
		"503 without wait":      func(s *openapi3.T) { delete(login(s).Responses.Value("503").Value.Headers, "Retry-After") },
		"guarded without 401":   func(s *openapi3.T) { guarded(s).Responses.Delete("401") },
		"no request id":         func(s *openapi3.T) { delete(guarded(s).Responses.Value("200").Value.Headers, "X-Request-Id") },
		"a success elsewhere": func(s *openapi3.T) {
			guarded(s).Responses.Value("200").Ref = "#/components/responses/Message"
		},
		"no default":              func(s *openapi3.T) { guarded(s).Responses.Delete("default") },
		"a default of its own":    func(s *openapi3.T) { guarded(s).Responses.Value("default").Value.Content = openapi3.Content{} },
		"no address":              func(s *openapi3.T) { s.Servers = nil },
		"a relative address":      func(s *openapi3.T) { s.Servers[0].URL = "/" },
		"an address with a slash": func(s *openapi3.T) { s.Servers[0].URL += "/" },
		"PCRE cannot read it":     func(s *openapi3.T) { username(s).Pattern = `^[^\u0000]*$` },
		"a pattern in the middle": func(s *openapi3.T) { username(s).Pattern = `[a-z]` },
		"no schema description":   func(s *openapi3.T) { schema(s, "Health").Description = "" },
		"no property description": func(s *openapi3.T) { username(s).Description = "" },
		"an answer undescribed": func(s *openapi3.T) {
			guarded(s).Responses.Value("200").Value.Content["application/json"].Schema.Value.Description = ""
		},
		"no property example":      func(s *openapi3.T) { username(s).Example = nil },
		"nullable":                 func(s *openapi3.T) { username(s).Nullable = true },
		"an integer of any size":   func(s *openapi3.T) { id(s).Format = "" },
		"an integer without end":   func(s *openapi3.T) { id(s).Max = nil },
		"an integer without start": func(s *openapi3.T) { id(s).Min = nil },
		"a header's integer": func(s *openapi3.T) {
			s.Components.Headers["RetryAfter"].Value.Schema.Value.Format = ""
		},
		"Go's names": func(s *openapi3.T) {
			schema(s, "Token").Properties["token_type"].Value.Extensions = map[string]any{"x-enum-varnames": []string{"TokenTypeBearer"}}
		},
		"no example": func(s *openapi3.T) {
			guarded(s).Responses.Value("200").Value.Content["application/json"].Examples = nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec := contractFile(t)
			mutate(spec)
			if len(violations(spec)) == 0 {
				t.Error("the rules let it pass")
			}
		})
	}
}

// TestPortablePatterns: what a client of any language can be made with.
func TestPortablePatterns(t *testing.T) {
	for pattern, want := range map[string]bool{
		`^[^\x00]*$`: true, `^[A-Za-z0-9._-]{1,64}$`: true, `^(0|-?[1-9][0-9]{0,18})$`: true, `^a\.b$`: true, `^\[x\]$`: true,
		`^[^\u0000]*$`: false, `^\d+$`: false, `^\w+$`: false, `^\s$`: false, `^\p{L}+$`: false, `^(?i)a$`: false, `^(?:a)$`: false,
		`^(?=a)a$`: false, `^a++$`: false, `^a*?$`: false, `^(a)\1$`: false, `^[[a]]$`: false, `^[[:alpha:]]$`: false, `^[a&&b]$`: false,
		`^[a--b]$`: false, `^\0$`: false, `^\x{0}$`: false, `^\xff$`: false, `^ü$`: false, `a`: false, `^a`: false, `a$`: false, `^(a$`: false, ``: false,
	} {
		if got := portable(pattern); got != want {
			t.Errorf("portable(%s) = %v, want %v", pattern, got, want)
		}
	}
}

// TestKeysAreExactEverywhere: numbers of JavaScript end at 2^53, so every user's
// key also stands as a text.
func TestKeysAreExactEverywhere(t *testing.T) {
	user := contractFile(t).Components.Schemas["User"].Value
	subject := user.Properties["subject"]
	if subject == nil || !subject.Value.Type.Is("string") || !slices.Contains(user.Required, "subject") {
		t.Error("User wants subject, a string, required, whatever else it has of the key")
	}
}

// violations lists every rule that the document breaks.
func violations(spec *openapi3.T) []string {
	var out []string
	if !version.MatchString(spec.Info.Version) {
		out = append(out, "info.version is not MAJOR.MINOR.PATCH")
	}
	schemaRules(spec, func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) })
	seen := make(map[string]bool)
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			say := func(format string, args ...any) {
				out = append(out, method+" "+path+": "+fmt.Sprintf(format, args...))
			}
			if !operationID.MatchString(op.OperationID) || seen[op.OperationID] {
				say("operationId %q is missing, not lowerCamelCase or not unique", op.OperationID)
			}
			seen[op.OperationID] = true
			if len(op.Tags) != 1 || spec.Tags.Get(op.Tags[0]) == nil {
				say("wants exactly one declared tag")
			}
			if op.Summary == "" || len(op.Summary) > 80 {
				say("wants a summary of at most 80 characters")
			}
			if op.Security == nil {
				say("security has to be stated, `[]` where there is none")
			}
			requestRules(op, say)
			responseRules(op, say)
		}
	}
	slices.Sort(out)
	return out
}

func requestRules(op *openapi3.Operation, say func(string, ...any)) {
	for _, parameter := range op.Parameters {
		bounded(parameter.Value.Schema, "parameter "+parameter.Value.Name, say)
	}
	if op.RequestBody == nil {
		return
	}
	for _, status := range []string{"400", "413", "415"} {
		if op.Responses.Value(status) == nil {
			say("takes a body and does not declare %s", status)
		}
	}
	for media, content := range op.RequestBody.Value.Content {
		closed(content.Schema, media, say)
		if len(content.Examples) == 0 {
			say("%s has no example", media)
		}
	}
}

// closed wants every object of a request closed and every string bounded.
func closed(ref *openapi3.SchemaRef, where string, say func(string, ...any)) {
	s := ref.Value
	if s.Type.Is("object") && (s.AdditionalProperties.Has == nil || *s.AdditionalProperties.Has) {
		say("%s wants additionalProperties: false", where)
	}
	bounded(ref, where, say)
	for name, property := range s.Properties {
		closed(property, where+"/"+name, say)
	}
	if s.Items != nil {
		closed(s.Items, where+"/items", say)
	}
}

func bounded(ref *openapi3.SchemaRef, where string, say func(string, ...any)) {
	s := ref.Value
	if s.Type.Is("string") && s.MaxLength == nil && len(s.Enum) == 0 {
		say("%s wants maxLength", where)
	}
	if s.Type.Is("array") && s.MaxItems == nil {
		say("%s wants maxItems", where)
	}
}

func responseRules(op *openapi3.Operation, say func(string, ...any)) {
	if op.Security != nil && len(*op.Security) > 0 && (op.Responses.Value("401") == nil || op.Responses.Value("400") == nil) {
		say("is guarded and does not declare 401 and 400")
	}
	for status, ref := range op.Responses.Map() {
		r := ref.Value
		if ref.Ref != "" && status < "400" {
			say("%s is a reference; some generators read a success only where it stands", status)
		}
		if r.Headers["X-Request-Id"] == nil {
			say("%s wants X-Request-Id", status)
		}
		if status == "401" && r.Headers["WWW-Authenticate"] == nil {
			say("401 wants WWW-Authenticate")
		}
		if (status == "503" || status == "429") && r.Headers["Retry-After"] == nil {
			say("%s wants Retry-After", status)
		}
		if status >= "400" {
			problem := r.Content["application/problem+json"]
			if len(r.Content) != 1 || problem == nil || problem.Schema.Ref != "#/components/schemas/Problem" {
				say("%s wants the shared Problem and nothing else", status)
			}
		}
		for media, content := range r.Content {
			if len(content.Examples) == 0 {
				say("%s %s has no example", status, media)
			}
			for name, property := range content.Schema.Value.Properties {
				bounded(property, status+"/"+name, say)
			}
		}
	}
	for _, status := range []string{"500", "default"} {
		if op.Responses.Value(status) == nil {
			say("does not declare %s", status)
		}
	}
}
