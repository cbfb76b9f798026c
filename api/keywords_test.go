package api_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/restauth/restauth/api"
)

// keywords are the fixed fields of OpenAPI 3.0.3 that can stand in an operation or
// around it, by the object they belong to (sections 4.7.9, 4.7.10, 4.7.12 to 4.7.14
// and 4.7.24).
func keywords() map[string][]string {
	words := strings.Fields
	return map[string][]string{
		"path item":    words("$ref summary description get put post delete options head patch trace servers parameters"),
		"operation":    words("tags summary description externalDocs operationId parameters requestBody responses callbacks deprecated security servers"),
		"parameter":    words("name in description required deprecated allowEmptyValue style explode allowReserved schema example examples content"),
		"request body": words("description content required"),
		"media type":   words("schema example examples encoding"),
		"schema": words("title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems " +
			"uniqueItems maxProperties minProperties required enum type allOf oneOf anyOf not items properties additionalProperties " +
			"description format default nullable discriminator readOnly writeOnly xml externalDocs example deprecated"),
	}
}

// use is a keyword in a document and what comes of it: refused at the start, or
// enforced on requests, or asking nothing of them.
type use struct {
	object, keyword string
	document        string // a path item's, at /x or /x/{id}
	refusedAt       string // the place in the path item
	good, bad       string // requests; without bad the keyword asks nothing
}

const (
	open    = "security: [], responses: {'200': {description: ok}}"
	closing = "additionalProperties: false"
)

// op is a path item with one operation, some members of it given.
func op(method, members string) string {
	return "{" + method + ": {" + open + ", " + members + "}}"
}

// parameter is an operation with one parameter q in the query.
func parameter(members string) string {
	return op("get", "parameters: [{name: q, in: query, "+members+"}]")
}

// body is an operation with a JSON body {"v": …} whose member has that schema.
func body(schema string) string {
	return op("post", "requestBody: {required: true, content: {application/json: {schema: {type: object, "+closing+", properties: {v: "+schema+"}}}}}")
}

func send(value string) string {
	return strings.Replace(post(`{"v":`+value+`}`, jsonType), "/auth", "/x", 1)
}

func x(query string) string { return get("/x" + query) }

func uses() []use {
	const inBody = "/post/requestBody/content/application~1json/schema/properties/v"
	doc := func(object, keyword, document, good string) use {
		return use{object: object, keyword: keyword, document: document, good: good}
	}
	refused := func(object, keyword, document, at string) use {
		return use{object: object, keyword: keyword, document: document, refusedAt: at}
	}
	schema := func(keyword, text, good, bad string) use {
		u := use{object: "schema", keyword: keyword, document: body(text), good: send(good)}
		if bad != "" {
			u.bad = send(bad)
		}
		return u
	}
	return slices.Concat(pathItemUses(doc, refused), parameterUses(doc, refused), []use{
		doc("request body", "description", op("post", "requestBody: {description: d, content: {application/json: {schema: {type: object}}}}"), send("1")),
		refused("request body", "content", op("post", "requestBody: {content: {text/plain: {schema: {type: string}}}}"), "/post/requestBody/content/text~1plain"),
		refused("request body", "content", op("post", "requestBody: {content: {multipart/form-data: {schema: {type: object}}}}"), "/post/requestBody/content/multipart~1form-data"),
		refused("request body", "content", op("post", "requestBody: {content: {}}"), "/post/requestBody/content"),
		refused("request body", "content", op("post", "requestBody: {content: {application/json: {}}}"), "/post/requestBody/content/application~1json"),
		{
			object: "request body", keyword: "content", document: body("{type: integer}"), good: send("1"),
			bad: strings.Replace(send("1"), jsonType, "Content-Type: text/plain", 1),
		},
		{object: "request body", keyword: "required", document: body("{type: integer}"), good: send("1"), bad: strings.Replace(post("", jsonType), "/auth", "/x", 1)},
		doc("request body", "required", op("post", "requestBody: {required: false, content: {application/json: {schema: {type: object}}}}"), request("POST", "/x")),
		doc("request body", "required", op("post", "requestBody: {content: {application/json: {schema: {type: object}}}}"), request("POST", "/x")),
		{
			object: "media type", keyword: "schema", document: body("{type: integer}"),
			good: send("1"), bad: send(`"a"`),
		},
		doc("media type", "example", op("post", "requestBody: {content: {application/json: {schema: {type: object}, example: {v: 1}}}}"), send("1")),
		doc("media type", "examples", op("post", "requestBody: {content: {application/json: {schema: {type: object}, examples: {e: {value: {v: 1}}}}}}"), send("1")),
		refused("media type", "encoding", op("post", "requestBody: {content: {application/json: {schema: {type: object}, encoding: {v: {contentType: text/plain}}}}}"), "/post/requestBody/content/application~1json/encoding"),

		schema("title", "{type: integer, title: t}", "1", ""),
		schema("description", "{type: integer, description: d}", "1", ""),
		schema("example", "{type: integer, example: 7}", "1", ""),
		schema("externalDocs", "{type: integer, externalDocs: {url: 'https://example.com'}}", "1", ""),
		schema("deprecated", "{type: integer, deprecated: true}", "1", ""),
		schema("xml", "{type: integer, xml: {name: n}}", "1", ""),
		schema("writeOnly", "{type: integer, writeOnly: true}", "1", ""),
		schema("readOnly", "{type: integer, nullable: true, readOnly: true}", "null", "1"),
		schema("type", "{type: integer}", "1", `"1"`),
		schema("type", "{type: integer}", "1", "1.5"),
		schema("nullable", "{type: integer, nullable: true}", "null", `""`),
		schema("nullable", "{type: integer}", "1", "null"),
		schema("enum", "{type: string, enum: [a]}", `"a"`, `"b"`),
		schema("multipleOf", "{type: integer, multipleOf: 3}", "9", "10"),
		schema("maximum", "{type: integer, maximum: 3}", "3", "4"),
		schema("exclusiveMaximum", "{type: integer, maximum: 3, exclusiveMaximum: true}", "2", "3"),
		schema("minimum", "{type: integer, minimum: 3}", "3", "2"),
		schema("exclusiveMinimum", "{type: integer, minimum: 3, exclusiveMinimum: true}", "4", "3"),
		schema("maxLength", "{type: string, maxLength: 2}", `"üü"`, `"aaa"`),
		schema("minLength", "{type: string, minLength: 2}", `"üü"`, `"ü"`),
		schema("pattern", "{type: string, pattern: '^a$'}", `"a"`, `"b"`),
		refused("schema", "pattern", body("{type: string, pattern: '(?=a)'}"), inBody+"/pattern"),
		schema("maxItems", "{type: array, items: {type: integer}, maxItems: 1}", "[1]", "[1,2]"),
		schema("minItems", "{type: array, items: {type: integer}, minItems: 2}", "[1,2]", "[1]"),
		schema("uniqueItems", "{type: array, items: {type: integer}, uniqueItems: true}", "[1,2]", "[1,1]"),
		schema("items", "{type: array, items: {type: integer}}", "[1]", `["a"]`),
		schema("maxProperties", "{type: object, maxProperties: 1}", `{"a":1}`, `{"a":1,"b":2}`),
		schema("minProperties", "{type: object, minProperties: 2}", `{"a":1,"b":2}`, `{"a":1}`),
		schema("required", "{type: object, required: [a]}", `{"a":1}`, `{"b":1}`),
		schema("properties", "{type: object, properties: {a: {type: integer}}}", `{"a":1}`, `{"a":"x"}`),
		schema("additionalProperties", "{type: object, additionalProperties: false}", `{}`, `{"a":1}`),
		schema("additionalProperties", "{type: object, additionalProperties: {type: integer}}", `{"a":1}`, `{"a":"x"}`),
		schema("allOf", "{allOf: [{type: integer}, {maximum: 3}]}", "3", "4"),
		schema("oneOf", "{oneOf: [{type: integer}, {type: number}]}", "1.5", "1"),
		schema("anyOf", "{anyOf: [{type: integer}, {type: string}]}", "1", "[]"),
		schema("not", "{not: {type: integer}}", `"a"`, "1"),
		schema("format", "{type: integer, format: int32}", "2147483647", "2147483648"),
		schema("format", "{type: string, format: date}", `"2026-01-02"`, `"2026-1-2"`),
		schema("format", "{type: string, format: date-time}", `"2026-01-02T03:04:05Z"`, `"2026-01-02"`),
		schema("format", "{type: string, format: byte}", `"YQ=="`, `"%"`),
		schema("format", "{type: string, format: password}", `"x"`, ""),
		refused("schema", "format", body("{type: string, format: email}"), inBody+"/format"),
		refused("schema", "default", body("{type: integer, default: 3}"), inBody+"/default"),
		refused("schema", "discriminator", body("{oneOf: [{type: object}], discriminator: {propertyName: k}}"), inBody+"/discriminator"),
		refused("schema", "maxlength", body("{type: string, maxlength: 3}"), inBody+"/maxlength"),
		refused("schema", "items", body("{type: array, items: {type: string, format: uuid}}"), inBody+"/items/format"),
		refused("schema", "properties", body("{type: object, properties: {x-role: {type: string, format: email}}}"), inBody+"/properties/x-role/format"),
		refused("schema", "$ref", body("{"+elsewhere+", maxLength: 1}"), inBody+"/maxLength"),
		refused("schema", "$ref", body("{type: object, properties: {a: {"+elsewhere+"}, b: {"+elsewhere+", enum: [a]}}}"), inBody+"/properties/b/enum"),
		refused("schema", "$ref", body("{type: array, items: {"+elsewhere+", nullable: true}}"), inBody+"/items/nullable"),
		schema("$ref", "{"+elsewhere+", description: d, x-note: n}", `"a"`, "1"),
		schema("$ref", "{allOf: [{"+elsewhere+"}, {maxLength: 1}]}", `"a"`, `"ab"`),
	})
}

// elsewhere is a reference to some text of the document.
const elsewhere = "$ref: '#/components/schemas/Problem/properties/title'"

type maker = func(object, keyword, document, last string) use

func pathItemUses(doc, refused maker) []use {
	plain := op("get", "operationId: a")
	uses := []use{
		refused("path item", "$ref", "{$ref: '#/components/x'}", "/$ref"),
		doc("path item", "summary", "{summary: s, "+plain[1:], x("")),
		doc("path item", "description", "{description: d, "+plain[1:], x("")),
		refused("path item", "trace", op("trace", "operationId: a"), "/trace"),
		refused("path item", "servers", "{servers: [{url: 'https://example.com'}], "+plain[1:], "/servers"),
		{
			object: "path item", keyword: "parameters", document: "{parameters: [{name: q, in: query, required: true, schema: {type: integer}}], " + plain[1:],
			good: x("?q=1"), bad: x("?q=a"),
		},
		doc("operation", "tags", op("get", "tags: [t]"), x("")),
		doc("operation", "summary", op("get", "summary: s"), x("")),
		doc("operation", "description", op("get", "description: d"), x("")),
		doc("operation", "externalDocs", op("get", "externalDocs: {url: 'https://example.com'}"), x("")),
		doc("operation", "operationId", plain, x("")),
		doc("operation", "responses", plain, x("")),
		doc("operation", "deprecated", op("get", "deprecated: true"), x("")),
		refused("operation", "callbacks", op("get", "callbacks: {c: {}}"), "/get/callbacks"),
		refused("operation", "servers", op("get", "servers: [{url: 'https://example.com'}]"), "/get/servers"),
		{object: "operation", keyword: "parameters", document: parameter("required: true, schema: {type: string}"), good: x("?q=a"), bad: x("")},
		{object: "operation", keyword: "requestBody", document: body("{type: integer}"), good: send("1"), bad: send("{}")},
		{
			object: "operation", keyword: "security", document: "{get: {security: [{bearer: []}], responses: {'200': {description: ok}}}}",
			good: get("/x", authority), bad: x(""),
		},
	}
	for _, method := range []string{"get", "put", "post", "delete", "options", "head", "patch"} {
		uses = append(uses, use{
			object: "path item", keyword: method, document: op(method, "operationId: a"),
			good: request(strings.ToUpper(method), "/x"), bad: request("BREW", "/x"),
		})
	}
	return uses
}

func parameterUses(doc, refused maker) []use {
	const place = "/get/parameters/0"
	at := func(in, name, more string) string {
		return op("get", "parameters: [{name: "+name+", in: "+in+", schema: {type: integer}"+more+"}]")
	}
	return []use{
		{object: "parameter", keyword: "name", document: parameter("schema: {type: integer}"), good: x("?other=a"), bad: x("?q=a")},
		{object: "parameter", keyword: "in", document: at("header", "X-Q", ""), good: get("/x", "X-Q: 1"), bad: get("/x", "X-Q: a")},
		{object: "parameter", keyword: "in", document: at("path", "id", ", required: true"), good: get("/x/1"), bad: get("/x/a")},
		refused("parameter", "in", at("cookie", "q", ""), place+"/in"),
		refused("parameter", "in", at("header", "authorization", ""), place),
		refused("parameter", "in", at("header", "Content-Type", ""), place),
		doc("parameter", "description", parameter("description: d, schema: {type: integer}"), x("?q=1")),
		{object: "parameter", keyword: "required", document: parameter("required: true, schema: {type: integer}"), good: x("?q=1"), bad: x("")},
		doc("parameter", "deprecated", parameter("deprecated: true, schema: {type: integer}"), x("?q=1")),
		{object: "parameter", keyword: "allowEmptyValue", document: parameter("allowEmptyValue: false, schema: {type: integer}"), good: x("?q=1"), bad: x("?q=")},
		refused("parameter", "allowEmptyValue", parameter("allowEmptyValue: true, schema: {type: integer}"), place+"/allowEmptyValue"),
		{object: "parameter", keyword: "style", document: parameter("style: form, schema: {type: integer}"), good: x("?q=1"), bad: x("?q=a")},
		refused("parameter", "style", parameter("style: deepObject, schema: {type: integer}"), place+"/style"),
		{
			object: "parameter", keyword: "explode", document: parameter("explode: true, schema: {type: array, items: {type: integer}, maxItems: 2}"),
			good: x("?q=1&q=2"), bad: x("?q=1&q=2&q=3"),
		},
		refused("parameter", "explode", parameter("explode: false, schema: {type: array, items: {type: integer}}"), place+"/explode"),
		refused("parameter", "allowReserved", parameter("allowReserved: true, schema: {type: string}"), place+"/allowReserved"),
		{object: "parameter", keyword: "schema", document: parameter("schema: {type: string, maxLength: 1}"), good: x("?q=a"), bad: x("?q=ab")},
		refused("parameter", "schema", parameter("description: d"), place),
		refused("parameter", "schema", parameter("schema: {type: object}"), place+"/schema"),
		refused("parameter", "schema", parameter("schema: {type: string, format: email}"), place+"/schema/format"),
		doc("parameter", "example", parameter("example: 1, schema: {type: integer}"), x("?q=1")),
		doc("parameter", "examples", parameter("examples: {e: {value: 1}}, schema: {type: integer}"), x("?q=1")),
		refused("parameter", "schema", parameter("schema: {"+elsewhere+", maxLength: 1}"), place+"/schema/maxLength"),
		refused("parameter", "content", parameter("content: {application/json: {schema: {type: integer}}}, schema: {type: integer}"), place+"/content"),
	}
}

// TestKeywords holds each keyword that can stand in an operation as enforced or
// refused.
func TestKeywords(t *testing.T) {
	seen := make(map[string]bool)
	for _, u := range uses() {
		seen[u.object+" "+u.keyword] = true
		t.Run(u.object+" "+u.keyword, func(t *testing.T) {
			path := "/x"
			if strings.Contains(u.document, "in: path") {
				path = "/x/{id}"
			}
			handler, err := serving(t, path, u.document)
			if u.refusedAt != "" {
				want := "#/paths/" + strings.NewReplacer("/", "~1").Replace(path) + u.refusedAt + ": "
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("New() = %v, want it refused at %s", err, want)
				}
				return
			}
			if err != nil {
				t.Fatalf("New() = %v", err)
			}
			server := httptest.NewServer(handler)
			defer server.Close()
			if a := raw(t, server, u.good); a.StatusCode != 200 {
				t.Errorf("good: %d %s", a.StatusCode, a.body)
			}
			if u.bad == "" {
				return
			}
			if a := raw(t, server, u.bad); a.StatusCode < 400 || a.StatusCode > 415 {
				t.Errorf("bad: %d %s", a.StatusCode, a.body)
			}
		})
	}
	for object, names := range keywords() {
		for _, name := range names {
			if !seen[object+" "+name] {
				t.Errorf("no case for %s of a %s", name, object)
			}
		}
	}
}

// contract is openapi.yaml, read once.
var contract = sync.OnceValues(func() (spec map[string]any, err error) {
	file, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		return nil, err
	}
	return spec, yaml.Unmarshal(file, &spec)
})

// serving makes a handler of a path item in a document that is otherwise good.
func serving(t testing.TB, path, item string) (http.Handler, error) {
	t.Helper()
	spec, err := contract()
	if err != nil {
		t.Fatal(err)
	}
	spec = maps.Clone(spec)
	var pathItem map[string]any
	if err := yaml.Unmarshal([]byte(item), &pathItem); err != nil {
		t.Fatalf("%v in %s", err, item)
	}
	spec["paths"] = map[string]any{path: pathItem}
	handlers := make(map[string]http.HandlerFunc)
	for method := range pathItem {
		if slices.Contains([]string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}, method) {
			handlers[strings.ToUpper(method)+" "+path] = func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				_ = json.NewEncoder(w).Encode(r.Form)
			}
		}
	}
	document, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	return api.New(api.Config{
		Server:  api.BoundTo(document, handlers),
		Schemes: map[string]api.Scheme{"bearer": {Authenticate: authenticate}},
		Logger:  slog.New(slog.NewJSONHandler(io.Discard, nil)),
	})
}
