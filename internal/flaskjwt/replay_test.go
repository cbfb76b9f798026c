package flaskjwt

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// answer is one answer of the fake server, before it is written.
type answer struct {
	status int
	header http.Header
	body   map[string]any // nil: text stands
	text   string
	claims map[string]any // of the access token, nil for none
	key    string
	tail   string // appended to the access token
}

// recorded makes the answer that the reference gave to c.
func recorded(t *testing.T, c Case, now time.Time) answer {
	t.Helper()
	a := answer{status: c.Response.Status, header: http.Header{}, key: Secret}
	for name, value := range map[string]string{
		"Content-Type":     c.Response.ContentType,
		"WWW-Authenticate": c.Response.WWWAuthenticate,
		"Allow":            c.Response.Allow,
	} {
		if value != "" {
			a.header.Set(name, value)
		}
	}
	var body map[string]json.RawMessage
	if json.Unmarshal(c.Response.Body, &body) != nil {
		a.text = string(c.Response.Body) + "\n"
		return a
	}
	a.body = map[string]any{}
	for name, value := range body {
		a.body[name] = value
	}
	if raw, ok := body["access_token"]; ok {
		var m minted
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatalf("recorded token: %v", err)
		}
		iat := now.Unix()
		a.claims = map[string]any{
			"iat": iat, "nbf": iat + m.NbfIat, "exp": iat + m.Lifetime, "identity": m.Identity,
		}
	}
	return a
}

func (a answer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	maps.Copy(w.Header(), a.header)
	w.WriteHeader(a.status)
	if a.body == nil {
		_, _ = io.WriteString(w, a.text)
		return
	}
	if a.claims != nil {
		claims, err := json.Marshal(a.claims)
		if err != nil {
			panic(err)
		}
		compact, err := Token{Claims: claims, Key: &a.key}.Compact(time.Time{})
		if err != nil {
			panic(err)
		}
		a.body["access_token"] = compact + a.tail
	}
	if err := json.NewEncoder(w).Encode(a.body); err != nil {
		panic(err)
	}
}

func replay(t *testing.T, c Case, a answer) []string {
	t.Helper()
	srv := httptest.NewServer(a)
	defer srv.Close()
	return Replay(t.Context(), srv.Client(), srv.URL, c)
}

func find(t *testing.T, name string) Case {
	t.Helper()
	for _, c := range Cases(t) {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no case %q", name)
	return Case{}
}

// TestRecordedAnswersAgree: the reference itself passes wherever no Expect
// asks for something else.
func TestRecordedAnswersAgree(t *testing.T) {
	cases := Cases(t)
	if len(cases) != 71 {
		t.Errorf("len(Cases()) = %d, want 71", len(cases))
	}
	for _, c := range cases {
		got := replay(t, c, recorded(t, c, time.Now()))
		want := 0
		if c.Expect != nil && !contains(c.Expect.Status, c.Response.Status) {
			want = 1 // the status
		}
		if len(got) != want {
			t.Errorf("%s: %d disagreements, want %d: %q", c.Name, len(got), want, got)
		}
	}
}

// TestProblemAgrees: what the successor may add is no disagreement.
func TestProblemAgrees(t *testing.T) {
	c := find(t, "header: none")
	a := recorded(t, c, time.Now())
	a.header.Set("Content-Type", "application/problem+json")
	a.header["Www-Authenticate"] = []string{`Bearer realm="Login Required", error="x"`, a.header.Get("WWW-Authenticate")}
	a.body["title"], a.body["request_id"] = "Unauthorized", "r1"
	if got := replay(t, c, a); len(got) != 0 {
		t.Errorf("problem+json: %q", got)
	}
	a.header["Www-Authenticate"] = []string{`Bearer realm="Login Required", JWT realm="Login Required"`}
	if got := replay(t, c, a); len(got) != 0 {
		t.Errorf("challenges on one line: %q", got)
	}

	c = find(t, "login: the seed's user")
	a = recorded(t, c, time.Now())
	a.header.Set("Content-Type", "application/json; charset=utf-8")
	a.body["token_type"], a.claims["jti"], a.claims["sub"] = "Bearer", "j1", "1"
	if got := replay(t, c, a); len(got) != 0 {
		t.Errorf("more members and claims: %q", got)
	}
}

// TestMutationsDisagree: every single rule of Check can fail, alone.
func TestMutationsDisagree(t *testing.T) {
	login, none, valid := "login: the seed's user", "header: none", "token: valid"
	for _, tt := range []struct {
		name, of, want string
		mutate         func(*answer)
	}{
		{"status", none, "status = 403, want 401", func(a *answer) { a.status = 403 }},
		{"expected status", "login: null password", "want one of", func(a *answer) { a.status = 200 }},
		{"description", none, "description =", func(a *answer) { a.body["description"] = "no" }},
		{"error", none, "error =", func(a *answer) { a.body["error"] = nil }},
		{"status_code as text", none, "status_code =", func(a *answer) { a.body["status_code"] = "401" }},
		{"member missing", none, "status_code =", func(a *answer) { delete(a.body, "status_code") }},
		{"no object", none, "body is no JSON object", func(a *answer) { a.body, a.text = nil, "[]" }},
		{"challenge", none, "WWW-Authenticate =", func(a *answer) { a.header.Set("WWW-Authenticate", "Bearer") }},
		{"challenge of HEAD", "route: HEAD /rest-auth without a token", "WWW-Authenticate =", func(a *answer) { a.header.Del("WWW-Authenticate") }},
		{"content type", none, "Content-Type =", func(a *answer) { a.header.Set("Content-Type", "text/plain") }},
		{"no content type", none, "Content-Type is unreadable", func(a *answer) { a.header["Content-Type"] = nil }},
		{"success as problem", login, "Content-Type =", func(a *answer) { a.header.Set("Content-Type", problemType) }},
		{"greeting", valid, "body is not", func(a *answer) { a.text = `"You are"` }},
		{"greeting unquoted", valid, "body is not", func(a *answer) { a.text = Greeting }},
		{"no token", login, "access_token is no string", func(a *answer) { a.claims = nil }},
		{"other secret", login, "not signed", func(a *answer) { a.key = "other" }},
		{"signature longer", login, "not signed", func(a *answer) { a.tail = "A" }},
		{"four parts", login, "has 4 parts", func(a *answer) { a.tail = ".x" }},
		{"claim missing", login, "no claim nbf", func(a *answer) { delete(a.claims, "nbf") }},
		{"identity", login, "identity = 2", func(a *answer) { a.claims["identity"] = 2 }},
		{"identity as text", login, "identity =", func(a *answer) { a.claims["identity"] = "1" }},
		{"audience", login, "aud", func(a *answer) { a.claims["aud"] = "x" }},
		{"lifetime", login, "lives 301", func(a *answer) { a.claims["exp"] = a.claims["iat"].(int64) + 301 }},
		{"nbf", login, "nbf - iat = 1", func(a *answer) { a.claims["nbf"] = a.claims["iat"].(int64) + 1 }},
		{"fractional", login, "exp is no integer", func(a *answer) { a.claims["exp"] = 1.5 }},
		{"null", login, "exp is no integer", func(a *answer) { a.claims["exp"] = nil }},
		{"clock", login, "away from now", func(a *answer) {
			for _, name := range []string{"iat", "nbf", "exp"} {
				a.claims[name] = a.claims[name].(int64) - 3600
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := find(t, tt.of)
			a := recorded(t, c, time.Now())
			tt.mutate(&a)
			got := replay(t, c, a)
			if !strings.Contains(strings.Join(got, "\n"), tt.want) {
				t.Errorf("Check() = %q, want %q among them", got, tt.want)
			}
		})
	}
}

// TestAllowDisagrees: no recorded case has Allow without Expect, so this one
// is made up.
func TestAllowDisagrees(t *testing.T) {
	c := Case{Name: "x", Method: "GET", Path: "/auth", Response: Response{Status: 405, Allow: "POST"}}
	resp := &http.Response{StatusCode: 405, Header: http.Header{"Allow": {"POST"}}}
	if got := c.Check(resp, nil, time.Now()); len(got) != 0 {
		t.Errorf("Check() = %q, want none", got)
	}
	resp.Header.Set("Allow", "GET")
	if got := c.Check(resp, nil, time.Now()); len(got) != 1 {
		t.Errorf("Check() = %q, want one", got)
	}
}

func TestReplayWithoutServer(t *testing.T) {
	got := Replay(t.Context(), http.DefaultClient, "http://127.0.0.1:1", find(t, "token: valid"))
	if len(got) != 1 || !strings.HasPrefix(got[0], "no answer") {
		t.Errorf("Replay() = %q, want no answer", got)
	}
}

func TestRequest(t *testing.T) {
	now := time.Unix(1700000000, 0)
	for _, tt := range []struct{ of, method, uri, authorization, contentType, body string }{
		{"login: escaped characters", "POST", "/auth", "", "application/json", `{"username":"\u0072oy","password":"ro\u0079"}`},
		{"login: numbers", "POST", "/auth", "", "application/json", `{"username":1,"password":2}`},
		{"login: malformed: empty body", "POST", "/auth", "", "application/json", ""},
		{"login: malformed: a number", "POST", "/auth", "", "application/json", "1"},
		{"login: malformed: no content type", "POST", "/auth", "", "", `{"username":"roy","password":"roy"}`},
		{"header: three parts", "GET", "/rest-auth", "JWT a b", "", ""},
		{"route: a query is ignored", "GET", "/rest-auth?x=1", "", "", ""},
		// The token is openssl's, made as in TestCompact with -sha256 and the secret.
		{"token: valid, scheme in lower case", "GET", "/rest-auth", "jwt " + validToken, "", ""},
		{"token: two parts", "GET", "/rest-auth", "JWT " + validToken[:strings.LastIndex(validToken, ".")], "", ""},
		{"token: four parts", "GET", "/rest-auth", "JWT " + validToken + ".x", "", ""},
	} {
		c := find(t, tt.of)
		req := c.Request("http://127.0.0.1:5000/", now)
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{req.Method, req.URL.RequestURI(), req.Header.Get("Authorization"), req.Header.Get("Content-Type"), string(body)}
		want := []string{tt.method, tt.uri, tt.authorization, tt.contentType, tt.body}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: Request() (-want +got):\n%s", tt.of, diff)
		}
	}
	if _, ok := find(t, "header: empty").Request("http://h", now).Header["Authorization"]; !ok {
		t.Error("an empty Authorization header was left out")
	}
}

func TestCompact(t *testing.T) {
	key, claims := "k", json.RawMessage(`{"a":1}`)
	for _, tt := range []struct {
		name  string
		token Token
		want  string
	}{
		// From: printf %s HEADER.PAYLOAD | openssl dgst -sha512 -hmac k -binary | basenc --base64url
		{"HS512", Token{Claims: claims, Header: json.RawMessage(`{"alg": "HS512"}`), Key: &key}, hs512Token},
		{"signed otherwise than named", Token{Claims: claims, Header: json.RawMessage(`{"alg":"RS256"}`), Sign: "none"}, "eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ."},
		{"text as payload", Token{Claims: json.RawMessage(`"{x"`), Header: json.RawMessage(`{"alg":"none"}`)}, "eyJhbGciOiJub25lIn0.e3g."},
		{"edited", Token{Claims: claims, Header: json.RawMessage(`{"alg":"none"}`), Edit: [][2]string{{"eyJhIjoxfQ", "x"}, {"", "yy"}}}, "eyJhbGciOiJub25lIn0.x.yy"},
		{"cut after editing", Token{Claims: claims, Header: json.RawMessage(`{"alg":"none"}`), Edit: [][2]string{{"", ".z"}}, Part: 1}, "eyJhbGciOiJub25lIn0"},
	} {
		got, err := tt.token.Compact(time.Unix(0, 0))
		if err != nil || got != tt.want {
			t.Errorf("%s: Compact() = %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	good := `{"name":"a","method":"GET","path":"/","response":{"status":200}}`
	if _, err := parse(fmt.Appendf(nil, `{"cases":[%s]}`, good)); err != nil {
		t.Fatalf("parse() = %v", err)
	}
	for name, file := range map[string]string{
		"no cases":        `{"cases":[]}`,
		"no JSON":         `{`,
		"unknown member":  `{"cases":[{"name":"a","method":"GET","path":"/","response":{"status":200},"new":1}]}`,
		"twice":           fmt.Sprintf(`{"cases":[%s,%s]}`, good, good),
		"no status":       `{"cases":[{"name":"a","method":"GET","path":"/","response":{}}]}`,
		"no path":         `{"cases":[{"name":"a","method":"GET","path":"","response":{"status":200}}]}`,
		"expects nothing": `{"cases":[{"name":"a","method":"GET","path":"/","response":{"status":200},"expect":{"status":[]}}]}`,
		"expects a word":  `{"cases":[{"name":"a","method":"GET","path":"/","response":{"status":200},"expect":{"status":"x"}}]}`,
		"unknown alg":     `{"cases":[{"name":"a","method":"GET","path":"/","response":{"status":200},"token":{"claims":{},"sign":"ES256"}}]}`,
		"no claims":       `{"cases":[{"name":"a","method":"GET","path":"/","response":{"status":200},"token":{"claims":null}}]}`,
		"both":            `{"cases":[{"name":"a","method":"GET","path":"/","response":{"status":200},"authorization":"x","token":{"claims":{}}}]}`,
	} {
		if cases, err := parse([]byte(file)); err == nil {
			t.Errorf("%s: parse() = %d cases, want an error", name, len(cases))
		}
	}
}

func TestUsersSQL(t *testing.T) {
	if n := strings.Count(strings.ToLower(UsersSQL(t)), "insert into"); n != 8 {
		t.Errorf("UsersSQL() inserts %d rows, want 8", n)
	}
}

func contains(statuses Statuses, status int) bool {
	for _, s := range statuses {
		if s == status {
			return true
		}
	}
	return false
}
