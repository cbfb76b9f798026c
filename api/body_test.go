package api_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/restauth/restauth/api"
)

const (
	formType = "Content-Type: application/x-www-form-urlencoded"
	form     = "{post: {security: [], responses: {'200': {description: ok}}, requestBody: {required: true, content: {" +
		"application/x-www-form-urlencoded: {schema: {type: object, additionalProperties: false, required: [token], properties: {" +
		"token: {type: string, minLength: 1, maxLength: 8}, hint: {type: string, enum: [access]}, n: {type: integer, minimum: 3}}}}}}}}"
)

func toX(request string) string { return strings.Replace(request, "/auth", "/x", 1) }

// TestForms: one value a name, no name that the document lacks, and nothing from
// the query. The handler answers what the operation would bind.
func TestForms(t *testing.T) {
	handler, err := serving(t, "/x", form)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	for _, c := range []struct {
		name, request string
		status        int
		bound         string
	}{
		{"good", toX(post("token=a%20b", formType)), 200, `{"token":["a b"]}`},
		{"plus", toX(post("token=a+b", formType)), 200, `{"token":["a b"]}`},
		{"all", toX(post("token=a&hint=access&n=3", formType)), 200, `{"hint":["access"],"n":["3"],"token":["a"]}`},
		{"charset", toX(post("token=a", formType+"; charset=utf-8")), 200, `{"token":["a"]}`},
		{"query does not count", strings.Replace(toX(post("token=a", formType)), "/x", "/x?hint=access&token=b", 1), 200, `{"token":["a"]}`},
		{"query does not stand in", strings.Replace(toX(post("hint=access", formType)), "/x", "/x?token=b", 1), 400, ""},
		{"twice", toX(post("token=a&token=a", formType)), 400, ""},
		{"twice, escaped", toX(post("token=a&%74oken=b", formType)), 400, ""},
		{"unknown", toX(post("token=a&"+secret+"=b", formType)), 400, ""},
		{"other case", toX(post("token=a&Hint=access", formType)), 400, ""},
		{"empty", toX(post("token=", formType)), 400, ""},
		{"nothing", toX(post("", formType)), 400, ""},
		{"too long", toX(post("token=123456789", formType)), 400, ""},
		{"not in the enum", toX(post("token=a&hint="+secret, formType)), 400, ""},
		{"no number", toX(post("token=a&n=x", formType)), 400, ""},
		{"below", toX(post("token=a&n=2", formType)), 400, ""},
		{"U+0000", toX(post("token=a%00", formType)), 400, ""},
		{"no UTF-8", toX(post("token=%ff", formType)), 400, ""},
		{"semicolon", toX(post("token=a;hint=access", formType)), 400, ""},
		{"bad escape", toX(post("token=%zz", formType)), 400, ""},
		{"JSON", toX(post(`{"token":"a"}`, jsonType)), 415, ""},
		{"JSON as a form", toX(post(`{"token":"a"}`, formType)), 400, ""},
		{"too large", toX(post("token=a&hint="+strings.Repeat("x", api.DefaultMaxBodyBytes), formType)), 413, ""},
	} {
		a := raw(t, server, c.request)
		if a.StatusCode != c.status || c.bound != "" && strings.TrimSpace(a.body) != c.bound {
			t.Errorf("%s: %d %s, want %d %s", c.name, a.StatusCode, a.body, c.status, c.bound)
		}
		if strings.Contains(a.body, "SECRET") {
			t.Errorf("%s: a submitted value is echoed: %s", c.name, a.body)
		}
	}
}

// TestFormsThatAreNotEnforced are refused at the start.
func TestFormsThatAreNotEnforced(t *testing.T) {
	for name, edit := range map[string][2]string{
		"nested":   {"hint: {type: string, enum: [access]}", "hint: {type: object}"},
		"a list":   {"hint: {type: string, enum: [access]}", "hint: {type: array, items: {type: string}}"},
		"open":     {"additionalProperties: false", "additionalProperties: true"},
		"composed": {"additionalProperties: false", "allOf: [{type: object}]"},
		"no names": {"type: object, additionalProperties", "type: string, additionalProperties"},
	} {
		if !strings.Contains(form, edit[0]) {
			t.Fatalf("%s: the document has no %s", name, edit[0])
		}
		if _, err := serving(t, "/x", strings.Replace(form, edit[0], edit[1], 1)); err == nil {
			t.Errorf("%s: served", name)
		}
	}
}

// TestOptionalBody: without one there is nothing to enforce, with one all of it.
func TestOptionalBody(t *testing.T) {
	handler, err := serving(t, "/x", op("post", "requestBody: {content: {application/json: {schema: {type: object, additionalProperties: false, required: [v]}}}}"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	for name, c := range map[string]struct {
		request string
		status  int
	}{
		"none":            {request("POST", "/x"), 200},
		"length 0":        {toX(post("", jsonType)), 200},
		"length 0, other": {toX(post("", "Content-Type: text/plain")), 200},
		"empty chunks":    {toX("POST /auth HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + jsonType + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 200},
		"one":             {toX(post(`{"v":1}`, jsonType)), 400}, // v is not among the properties
		"empty object":    {toX(post(`{}`, jsonType)), 400},
		"no type":         {toX(post(`{}`)), 415},
		"another type":    {toX(post(`{}`, "Content-Type: text/plain")), 415},
	} {
		if a := raw(t, server, c.request); a.StatusCode != c.status {
			t.Errorf("%s: %d %s, want %d", name, a.StatusCode, a.body, c.status)
		}
	}
}

// TestMistakenNames: encoding/json binds a member whose name differs in case, so
// in an object that is open the validator would take it for another one and the
// operation for this one, with nothing checked.
func TestMistakenNames(t *testing.T) {
	handler, err := serving(t, "/x", op("post", "requestBody: {required: true, content: {application/json: {schema: {type: object, properties: {role: {type: string, enum: [user]}, k: {type: string}}}}}}"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	for body, status := range map[string]int{
		`{"role":"user"}`:                200,
		`{"other":1,"Others":2}`:         200,
		`{"ROLE":"admin"}`:               400,
		`{"role":"user","Role":"x"}`:     400,
		`{"\u212a":"x"}`:                 400, // the sign for kelvin folds to k
		`{"nested":{"Role":"admin"}}`:    400, // no telling where it would be bound
		`{"role":"user","rolle":"ok"}`:   200,
		`{"list":[{"a":"role"},"Role"]}`: 200, // values are no names
	} {
		if a := raw(t, server, toX(post(body, jsonType))); a.StatusCode != status {
			t.Errorf("%s = %d, want %d: %s", body, a.StatusCode, status, a.body)
		}
	}
}

// TestMistakenNamesAnywhere: the same, wherever a schema may have its members.
func TestMistakenNamesAnywhere(t *testing.T) {
	const role = "{type: object, properties: {role: {type: string, enum: [user]}}}"
	for name, schema := range map[string]string{
		"allOf":                "{allOf: [" + role + "]}",
		"oneOf":                "{oneOf: [" + role + "]}",
		"anyOf":                "{anyOf: [" + role + "]}",
		"within members":       "{type: object, properties: {a: " + role + "}}",
		"within a list":        "{type: object, properties: {a: {type: array, items: {allOf: [" + role + "]}}}}",
		"additionalProperties": "{type: object, additionalProperties: " + role + "}",
		"a name twice":         "{type: object, properties: {a: {type: object, properties: {c: {type: string}}}, b: {type: object, properties: {a: " + role + "}}}}",
	} {
		for range 8 { // the order of a map must not decide
			handler, err := serving(t, "/x", op("post", "requestBody: {required: true, content: {application/json: {schema: "+schema+"}}}"))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			server := httptest.NewServer(handler)
			for _, body := range []string{`{"Role":"admin"}`, `{"a":{"Role":"admin"}}`, `{"a":[{"Role":"admin"}]}`, `{"b":{"a":{"ROLE":"admin"}}}`} {
				if a := raw(t, server, toX(post(body, jsonType))); a.StatusCode != 400 {
					t.Errorf("%s: %s = %d, want 400", name, body, a.StatusCode)
				}
			}
			server.Close()
		}
	}
}

// TestNamesAlike: where one member's name differs from another's in case alone, there
// is no telling which of them a client meant, and the document is refused.
func TestNamesAlike(t *testing.T) {
	for name, schema := range map[string]string{
		"beside":    "{type: object, properties: {role: {type: string}, Role: {type: string}}}",
		"below":     "{type: object, properties: {role: {type: string, enum: [user]}, in: {type: object, properties: {Role: {type: string}}}}}",
		"composed":  "{allOf: [{type: object, properties: {role: {type: string}}}, {type: object, properties: {roles: {type: string}, ROLE: {type: string}}}]}",
		"kelvin":    "{type: object, properties: {k: {type: string}, \u212a: {type: string}}}",
		"long s":    "{type: object, properties: {s: {type: string}, in: {type: object, properties: {\u017f: {type: string}}}}}",
		"additions": "{type: object, properties: {role: {type: string}}, additionalProperties: {type: object, properties: {Role: {type: string}}}}",
	} {
		schema = strings.NewReplacer(`\u212a`, "\u212a", `\u017f`, "\u017f").Replace(schema)
		_, err := serving(t, "/x", op("post", "requestBody: {required: true, content: {application/json: {schema: "+schema+"}}}"))
		if want := "#/paths/~1x/post/requestBody/content/application~1json: "; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: New() = %v, want it refused at %s", name, err, want)
		}
	}
}

// FuzzForm: what is let in is bound as one value for each name of the document,
// and says the same when it is written and read again.
func FuzzForm(f *testing.F) {
	handler, err := serving(f, "/x", form)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"token=a", "token=a&token=b", "token=a&Hint=access", "token=%00", "token=%ff", "token=a;n=3", "=&token=a", "token", "n=3&token=+"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/x", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != 200 {
			if w.Code < 400 || w.Code > 415 {
				t.Fatalf("%q = %d", body, w.Code)
			}
			return
		}
		var bound url.Values
		if err := json.Unmarshal(w.Body.Bytes(), &bound); err != nil {
			t.Fatal(err)
		}
		for name, values := range bound {
			if len(values) != 1 || !strings.Contains(" token hint n ", " "+name+" ") || !utf8.ValidString(values[0]) || strings.ContainsRune(values[0], 0) {
				t.Errorf("%q bound %q", body, bound)
			}
		}
		again, err := url.ParseQuery(bound.Encode())
		if err != nil || fmt.Sprint(again) != fmt.Sprint(bound) {
			t.Errorf("%q: %v is not %v", body, again, bound)
		}
	})
}
