package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/gen"
)

func read(t testing.TB, conn io.Reader, method string) answer {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("read the response: %v", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("read the body: %v", err)
	}
	return answer{resp, string(body)}
}

// post writes a POST /auth with the given headers and body.
func post(body string, headers ...string) string {
	return "POST /auth HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
		strings.Join(append(headers, fmt.Sprintf("Content-Length: %d", len(body))), "\r\n") + "\r\n\r\n" + body
}

func get(path string, headers ...string) string { return request("GET", path, headers...) }

func request(method, path string, headers ...string) string {
	return method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
		strings.Join(append(headers, ""), "\r\n") + "\r\n"
}

const (
	jsonType  = "Content-Type: application/json"
	good      = `{"username":"roy","password":"roy"}`
	authority = "Authorization: Bearer " + goodToken
	secret    = "SECRET-d41d8cd9" // Stands for whatever a client may submit.
)

// TestEnforcement is the order of the package comment, case by case.
func TestEnforcement(t *testing.T) {
	server, log := start(t, operations{})
	for _, c := range []struct {
		name, request string
		status        int
		headers       map[string]string
		keyword       string // of the first violation
		pointer       string
	}{
		{name: "login", request: post(good, jsonType), status: 200, headers: map[string]string{"Cache-Control": "no-store"}},
		{name: "login with charset", request: post(good, "Content-Type: application/json; charset=UTF-8"), status: 200},
		{name: "guarded", request: get("/rest-auth", authority), status: 200},
		{name: "Flask-JWT's scheme", request: get("/rest-auth", "Authorization: jwt "+goodToken), status: 200},
		{name: "two blanks before the token", request: get("/rest-auth", "Authorization: Bearer \t "+goodToken), status: 200},
		{name: "a query is ignored", request: get("/rest-auth?x="+secret, authority), status: 200},

		{name: "unknown path", request: get("/nope"), status: 404},
		{name: "unknown path, unknown method", request: request("BREW", "/nope"), status: 404},
		{name: "doubled slash", request: post(good, jsonType)[:5] + "/" + post(good, jsonType)[5:], status: 404},
		{name: "trailing slash", request: get("/rest-auth/", authority), status: 404},
		{name: "dot segment", request: get("/./rest-auth", authority), status: 404},
		{name: "dot-dot segment", request: get("/docs/../rest-auth", authority), status: 404},
		{name: "escaped slash", request: get("/auth%2Fme", authority), status: 404},
		{name: "escaped slash in front", request: get("/%2Frest-auth", authority), status: 404},
		{name: "escaped letter is the letter", request: get("/%72est-auth", authority), status: 200},
		{name: "other case", request: get("/Rest-Auth", authority), status: 404},
		{name: "semicolon", request: get("/rest-auth;x=1", authority), status: 404},
		{name: "escaped NUL", request: get("/rest-auth%00", authority), status: 404},
		{name: "absolute form", request: get("http://x/rest-auth", authority), status: 200},
		{name: "asterisk form", request: request("OPTIONS", "*"), status: 404},

		{name: "GET /auth", request: get("/auth"), status: 405, headers: map[string]string{"Allow": "POST"}},
		{name: "POST /rest-auth before 401", request: request("POST", "/rest-auth"), status: 405, headers: map[string]string{"Allow": "GET, HEAD"}},
		{name: "OPTIONS", request: request("OPTIONS", "/rest-auth"), status: 405, headers: map[string]string{"Allow": "GET, HEAD"}},
		{name: "TRACE", request: request("TRACE", "/rest-auth", authority), status: 405},
		{name: "TRACE /auth", request: request("TRACE", "/auth"), status: 405},
		{name: "CONNECT", request: request("CONNECT", "/rest-auth"), status: 405},
		{name: "CONNECT to a host", request: request("CONNECT", "example.com:443"), status: 404},
		{name: "method in lower case", request: request("get", "/rest-auth", authority), status: 405},
		{name: "POST /docs", request: request("POST", "/docs"), status: 405, headers: map[string]string{"Allow": "GET, HEAD"}},
		{name: "HEAD with a token", request: request("HEAD", "/rest-auth", authority), status: 200},
		{name: "HEAD without", request: request("HEAD", "/rest-auth"), status: 401},
		{name: "HEAD /auth", request: request("HEAD", "/auth"), status: 405},

		{name: "declared too long", request: post(strings.Repeat("x", api.DefaultMaxBodyBytes+1), jsonType), status: 413},
		{name: "too long before the type", request: post(strings.Repeat("x", api.DefaultMaxBodyBytes+1), "Content-Type: text/plain"), status: 413},
		{name: "too long in chunks", request: chunked(strings.Repeat(" ", api.DefaultMaxBodyBytes) + good), status: 413},
		{name: "as long as allowed", request: post(good+strings.Repeat(" ", api.DefaultMaxBodyBytes-len(good)), jsonType), status: 200},

		{name: "no type", request: post(good), status: 415},
		{name: "form", request: post("username=roy&password="+secret, "Content-Type: application/x-www-form-urlencoded"), status: 415},
		{name: "another charset", request: post(good, "Content-Type: application/json; charset=latin1"), status: 415},
		{name: "two types", request: post(good, jsonType, "Content-Type: text/plain"), status: 415},
		{name: "compressed", request: post(good, jsonType, "Content-Encoding: gzip"), status: 415},
		{name: "garbage type", request: post(good, "Content-Type: ;;"), status: 415},

		{name: "no token", request: get("/rest-auth"), status: 401},
		{name: "empty header", request: get("/rest-auth", "Authorization: "), status: 401},
		{name: "blank header", request: get("/rest-auth", "Authorization:  \t "), status: 401},
		{name: "wrong token", request: get("/rest-auth", "Authorization: Bearer "+secret), status: 401},
		{name: "two headers", request: get("/rest-auth", authority, authority), status: 400},
		{name: "two headers on an open operation", request: post(good, jsonType, authority, authority), status: 200},

		{name: "missing", request: post(`{"username":"roy"}`, jsonType), status: 400, keyword: "required", pointer: "/password"},
		{name: "extra", request: post(`{"username":"roy","password":"roy","`+secret+`":1}`, jsonType), status: 400, keyword: "additionalProperties"},
		{name: "other case of a name", request: post(`{"username":"roy","password":"roy","PASSWORD":"`+secret+`"}`, jsonType), status: 400, keyword: "additionalProperties"},
		{name: "null", request: post(`{"username":"roy","password":null}`, jsonType), status: 400, keyword: "nullable", pointer: "/password"},
		{name: "number", request: post(`{"username":"roy","password":1}`, jsonType), status: 400, keyword: "type", pointer: "/password"},
		{name: "list", request: post(`{"username":["roy"],"password":"`+secret+`"}`, jsonType), status: 400, keyword: "type", pointer: "/username"},
		{name: "empty string", request: post(`{"username":"roy","password":""}`, jsonType), status: 400, keyword: "minLength", pointer: "/password"},
		{name: "long name", request: post(`{"username":"`+strings.Repeat("ü", 256)+`","password":"`+secret+`"}`, jsonType), status: 400, keyword: "maxLength", pointer: "/username"},
		{name: "longest name", request: post(`{"username":"`+strings.Repeat("ü", 255)+`","password":"x"}`, jsonType), status: 200},
		{name: "long password", request: post(`{"username":"roy","password":"`+secret+strings.Repeat("x", 1024)+`"}`, jsonType), status: 400, keyword: "maxLength", pointer: "/password"},
		{name: "NUL in the password", request: post(`{"username":"roy","password":"`+secret+`\u0000"}`, jsonType), status: 400, keyword: "pattern", pointer: "/password"},
		{name: "NUL in the name", request: post(`{"username":"roy\u0000","password":"`+secret+`"}`, jsonType), status: 400, keyword: "pattern", pointer: "/username"},
		{name: "newline in the password", request: post(`{"username":"roy","password":"a\nb"}`, jsonType), status: 200},
		{name: "duplicate name", request: post(`{"username":"roy","password":"roy","password":"`+secret+`"}`, jsonType), status: 400, keyword: "json"},
		{name: "escaped duplicate", request: post(`{"username":"roy","password":"roy","p\u0061ssword":"`+secret+`"}`, jsonType), status: 400, keyword: "json"},
		{name: "lone surrogate", request: post(`{"username":"roy","password":"`+secret+`\ud800"}`, jsonType), status: 400, keyword: "json"},
		{name: "broken UTF-8", request: post("{\"username\":\"roy\",\"password\":\""+secret+"\xff\"}", jsonType), status: 400, keyword: "json"},
		{name: "two documents", request: post(good+good, jsonType), status: 400, keyword: "json"},
		{name: "byte order mark", request: post("\ufeff"+good, jsonType), status: 400, keyword: "json"},
		{name: "UTF-16", request: post("\xff\xfe{\x00}\x00", jsonType), status: 400, keyword: "json"},
		{name: "empty body", request: post("", jsonType), status: 400, keyword: "json"},
		{name: "cut off", request: post(`{"username":"`+secret, jsonType), status: 400, keyword: "json"},
		{name: "deep", request: post(strings.Repeat("[", 5000)+strings.Repeat("]", 5000), jsonType), status: 400, keyword: "json"},
		{name: "a list", request: post(`[1]`, jsonType), status: 400, keyword: "type"},
		{name: "a null", request: post(`null`, jsonType), status: 400},

		{name: "unavailable", request: get("/readyz"), status: 503, headers: map[string]string{"Retry-After": "7"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := raw(t, server, c.request)
			if a.StatusCode != c.status {
				t.Fatalf("status = %d, want %d\n%s", a.StatusCode, c.status, a.body)
			}
			for name, want := range c.headers {
				if got := a.Header.Get(name); got != want {
					t.Errorf("%s = %q, want %q", name, got, want)
				}
			}
			if a.Header.Get("X-Request-Id") == "" || a.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers = %v", a.Header)
			}
			if a.StatusCode >= 400 && !strings.HasPrefix(c.request, "HEAD") {
				checkProblem(t, a, c.keyword, c.pointer)
			}
		})
	}
	if strings.Contains(log.String(), "SECRET") {
		t.Errorf("the log holds a submitted value:\n%s", log.String())
	}
}

func chunked(body string) string {
	return fmt.Sprintf("POST /auth HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
		jsonType, len(body), body)
}

// checkProblem holds an error against the contract's Problem and against what
// both kinds of client read.
func checkProblem(t *testing.T, a answer, keyword, pointer string) {
	t.Helper()
	if got := a.Header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type = %q", got)
	}
	var value any
	if err := json.Unmarshal([]byte(a.body), &value); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	schema := contractFile(t).Components.Schemas["Problem"].Value
	if err := schema.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		t.Errorf("not the contract's Problem: %v", err)
	}
	var p gen.Problem
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatal(err)
	}
	if p.Status != a.StatusCode || p.StatusCode != a.StatusCode || p.RequestId != a.Header.Get("X-Request-Id") || p.Detail != p.Description {
		t.Errorf("members disagree: %s", a.body)
	}
	if strings.Contains(a.body, "SECRET") {
		t.Errorf("a submitted value is echoed: %s", a.body)
	}
	if a.StatusCode == 401 && len(a.Header.Values("WWW-Authenticate")) == 0 {
		t.Error("401 without WWW-Authenticate")
	}
	if keyword == "" && pointer == "" {
		return
	}
	if p.Errors == nil || len(*p.Errors) != 1 || (*p.Errors)[0] != (gen.Violation{Pointer: pointer, Keyword: keyword}) {
		t.Errorf("errors = %s, want %s at %q", a.body, keyword, pointer)
	}
}

// TestAuthorizationWords are Flask-JWT's, and RFC 6750's challenges beside.
func TestAuthorizationWords(t *testing.T) {
	server, _ := start(t, operations{})
	const bearer = `Bearer realm="Login Required"`
	for _, c := range []struct {
		header, kind, detail string
		challenges           []string
	}{
		{"", "Authorization Required", "Request does not contain an access token", []string{bearer, `JWT realm="Login Required"`}},
		{"JWT", "Invalid JWT header", "Token missing", []string{bearer + `, error="invalid_request"`}},
		{"Bearer", "Invalid JWT header", "Token missing", []string{bearer + `, error="invalid_request"`}},
		{"JWT a b", "Invalid JWT header", "Token contains spaces", []string{bearer + `, error="invalid_request"`}},
		{"Basic cm95OnJveQ==", "Invalid JWT header", "Unsupported authorization type", []string{bearer}},
		{"Bearer x", "Invalid token", `Token is missing the "exp" claim`, []string{bearer + `, error="invalid_token", error_description="Token is missing the 'exp' claim"`}},
	} {
		a := raw(t, server, get("/rest-auth", "Authorization: "+c.header))
		var p gen.Problem
		if err := json.Unmarshal([]byte(a.body), &p); err != nil {
			t.Fatal(err)
		}
		if a.StatusCode != 401 || p.Error != c.kind || p.Description != c.detail {
			t.Errorf("%q: %d %q %q", c.header, a.StatusCode, p.Error, p.Description)
		}
		if got := a.Header.Values("WWW-Authenticate"); !slices.Equal(got, c.challenges) {
			t.Errorf("%q: WWW-Authenticate = %q, want %q", c.header, got, c.challenges)
		}
	}
}

// TestFaultsStayInside: what an operation does wrong is logged once under the
// request id and reaches the client as an opaque 500.
func TestFaultsStayInside(t *testing.T) {
	for name, op := range map[string]func(context.Context) (gen.GetRestAuthResponseObject, error){
		"error":   func(context.Context) (gen.GetRestAuthResponseObject, error) { return nil, errors.New(secret) },
		"nothing": func(context.Context) (gen.GetRestAuthResponseObject, error) { return nil, nil },
		"panic":   func(context.Context) (gen.GetRestAuthResponseObject, error) { panic(secret) },
		"wrong type": func(context.Context) (gen.GetRestAuthResponseObject, error) {
			return nil, fmt.Errorf("wrapped: %w", errors.New(secret))
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, log := start(t, operations{restAuth: op})
			a := raw(t, server, get("/rest-auth", authority, "X-Request-Id: from-the-proxy"))
			if a.StatusCode != 500 {
				t.Errorf("status = %d", a.StatusCode)
			}
			checkProblem(t, a, "", "")
			if a.Header.Get("X-Request-Id") != "from-the-proxy" {
				t.Errorf("X-Request-Id = %q", a.Header.Get("X-Request-Id"))
			}
			faults := strings.Count(log.String(), `"level":"ERROR"`)
			if faults != 1 || !strings.Contains(log.String(), "from-the-proxy") {
				t.Errorf("%d error lines, want 1:\n%s", faults, log.String())
			}
			if b := raw(t, server, get("/livez")); b.StatusCode != 200 {
				t.Errorf("afterwards /livez = %d", b.StatusCode)
			}
		})
	}
}

// TestLogLine: one line a request, nothing in it that a client could forge.
func TestLogLine(t *testing.T) {
	server, log := start(t, operations{})
	raw(t, server, get("/nope%0a%7b%22level%22:%22x%22%7d"+strings.Repeat("y", 4000)+"?q="+secret, "X-Request-Id: bad id!"))
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 1 || len(lines[0]) > 600 {
		t.Fatalf("%d lines:\n%s", len(lines), log.String())
	}
	var line struct {
		Msg, Method, Path string
		RequestID         string `json:"request_id"`
		Status            int
	}
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	if line.Msg != "request" || line.Method != "GET" || line.Status != 404 || len(line.RequestID) != 32 {
		t.Errorf("line = %+v", line)
	}
	if strings.Contains(lines[0], "SECRET") {
		t.Errorf("the query is logged: %s", lines[0])
	}
}

// TestParametersOnce: of two values of one parameter the validator would look at the
// first alone, and a query that is none would lose a part on the way.
func TestParametersOnce(t *testing.T) {
	const document = "parameters: [{name: q, in: query, schema: {type: string, enum: [ab]}}, {name: l, in: query, schema: {type: array, items: {type: string, enum: [ab]}}}, {name: X-Q, in: header, schema: {type: string, enum: [ab]}}]"
	handler, err := serving(t, "/x", op("get", document))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	for request, status := range map[string]int{
		x("?q=ab"):                      200,
		x("?q=ab&l=ab&l=ab"):            200,
		x("?other=1&other=2"):           200,
		x("?q=ab&q=zz"):                 400,
		x("?q=ab&q=ab"):                 400,
		x("?q=ab&%71=zz"):               400,
		x("?q=ab;q=zz"):                 400,
		x("?q=%zz"):                     400,
		x("?l=ab&l=zz"):                 400,
		get("/x", "X-Q: ab"):            200,
		get("/x", "X-Q: ab", "X-Q: zz"): 400,
		get("/x", "X-Q: ab", "x-q: ab"): 400,
		get("/x?q=ab&q=zz", "X-Q: ab"):  400,
	} {
		line, _, _ := strings.Cut(request, "Host")
		if a := raw(t, server, request); a.StatusCode != status {
			t.Errorf("%q = %d %s, want %d", line, a.StatusCode, a.body, status)
		}
	}
	// Of an operation without parameters in the query nobody reads it.
	if handler, err = serving(t, "/x", op("get", "operationId: a")); err != nil {
		t.Fatal(err)
	}
	without := httptest.NewServer(handler)
	defer without.Close()
	if a := raw(t, without, x("?a;b=%zz")); a.StatusCode != 200 {
		t.Errorf("a query that nobody reads = %d, want 200", a.StatusCode)
	}
}
