package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/api/contracttest"
	spoken "github.com/restauth/restauth/api/document"
	"github.com/restauth/restauth/gen"
)

// loginDialect is what clients of some older server call the login's names.
func loginDialect(path, username, password, token string, only bool) spoken.Dialect {
	d := spoken.Dialect{
		Paths: []spoken.Rename{{From: "/auth", To: path}},
		Schemas: []spoken.Members{
			{Schema: "Credentials", Renames: []spoken.Rename{{From: "username", To: username}, {From: "password", To: password}}},
			{Schema: "Token", Renames: []spoken.Rename{{From: "access_token", To: token}}},
		},
	}
	if only {
		d.Schemas[1].Only = []string{"access_token"}
	}
	return d
}

// echoing answers a login with what it was told.
func echoing() operations {
	return operations{login: func(_ context.Context, r gen.LoginRequestObject) (gen.LoginResponseObject, error) {
		device := "none"
		if r.Body.DeviceToken != nil {
			device = *r.Body.DeviceToken
		}
		return gen.Login200JSONResponse{Body: gen.Token{
			AccessToken: r.Body.Username + "/" + r.Body.Password, TokenType: gen.TokenTokenTypeBearer, ExpiresIn: 300, DeviceToken: &device,
		}}, nil
	}}
}

// startIn serves the operations in a dialect, with a client that holds each answer to the
// document as it is served.
func startIn(t testing.TB, ops operations, change func(*api.Config)) (*httptest.Server, *http.Client, *logBuffer) {
	t.Helper()
	log := new(logBuffer)
	cfg := config(ops, slog.New(slog.NewJSONHandler(log, nil)))
	change(&cfg)
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := contracttest.New(t, func() ([]byte, error) {
		asYAML, _, err := api.Served(gen.Document, cfg.Dialect, "")
		return asYAML, err
	})
	return server, &http.Client{Transport: transport}, log
}

// ask posts a body and returns the status and the answer.
func ask(t testing.TB, client *http.Client, url, body string) (int, string) {
	t.Helper()
	resp, err := client.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(text))
}

// TestDialect: clients' names outside, the author's inside, and a violation names what
// the client wrote.
func TestDialect(t *testing.T) {
	server, client, log := startIn(t, echoing(), func(c *api.Config) { c.Dialect = loginDialect("/api/login", "email", "pass", "token", false) })
	for _, c := range []struct {
		name, body string
		status     int
		want       string // the answer, or the violation
	}{
		{"as the dialect has it", `{"email":"roy","pass":"secret"}`, 200, `{"token":"roy/secret","device_token":"none","expires_in":300,"token_type":"Bearer"}`},
		{"the other way round, with blanks", " {\n \"pass\" : \"secret\" ,\t\"email\":\"roy\" } \n", 200, `{"token":"roy/secret","device_token":"none","expires_in":300,"token_type":"Bearer"}`},
		{"a member that keeps its name", `{"device_token":"d","email":"roy","pass":"secret"}`, 200, `{"token":"roy/secret","device_token":"d","expires_in":300,"token_type":"Bearer"}`},
		{"names in values", `{"email":"pass","pass":"email"}`, 200, `{"token":"pass/email","device_token":"none","expires_in":300,"token_type":"Bearer"}`},
		{"a name in escapes", `{"\u0065mail":"a\"b","pass":"\u0065mail\\"}`, 200, `{"token":"a\"b/email\\","device_token":"none","expires_in":300,"token_type":"Bearer"}`},
		{"the author's names", `{"username":"roy","password":"secret"}`, 400, "additionalProperties"},
		{"one of the author's", `{"email":"roy","pass":"x","password":"secret"}`, 400, "additionalProperties"},
		{"the author's in another case", `{"email":"roy","pass":"x","PASSWORD":"secret"}`, 400, "additionalProperties"},
		{"another case", `{"Email":"roy","pass":"secret"}`, 400, "additionalProperties"},
		{"twice", `{"email":"roy","email":"joe","pass":"secret"}`, 400, "json"},
		{"twice, once in escapes", `{"email":"roy","\u0065mail":"joe","pass":"secret"}`, 400, "json"},
		{"missing", `{"email":"roy"}`, 400, "/pass required"},
		{"empty", `{"email":"","pass":"x"}`, 400, "/email minLength"},
		{"a number", `{"email":1,"pass":"x"}`, 400, "/email type"},
		{"deeper", `{"email":{"email":"roy"},"pass":"x"}`, 400, "/email type"},
		{"a list", `[{"email":"roy","pass":"x"}]`, 400, "type"},
		{"two", `{"email":"roy","pass":"x"}{}`, 400, "json"},
	} {
		status, got := ask(t, client, server.URL+"/api/login", c.body)
		if status == 400 {
			var problem struct {
				Errors []struct{ Pointer, Keyword string }
			}
			if err := json.Unmarshal([]byte(got), &problem); err != nil || len(problem.Errors) != 1 {
				t.Fatalf("%s: %s", c.name, got)
			}
			got = strings.TrimSpace(problem.Errors[0].Pointer + " " + problem.Errors[0].Keyword)
		}
		if status != c.status || got != c.want {
			t.Errorf("%s: %d %s, want %d %s", c.name, status, got, c.status, c.want)
		}
	}
	if status, _ := ask(t, client, server.URL+"/auth", `{"email":"roy","pass":"secret"}`); status != 404 {
		t.Errorf("the author's path answers %d, want 404", status)
	}
	if status, _ := ask(t, client, server.URL+"/auth/me", `{}`); status != 405 {
		t.Errorf("/auth/me answers a POST with %d, want 405", status)
	}
	if text := log.String(); !strings.Contains(text, `"route":"/api/login"`) || strings.Contains(text, "secret") {
		t.Errorf("the log names another route, or a password:\n%s", text)
	}
}

// TestOnlyTheToken leaves out what else is answered; refusals have all their members.
func TestOnlyTheToken(t *testing.T) {
	ops := echoing()
	server, client, _ := startIn(t, ops, func(c *api.Config) {
		c.Dialect = loginDialect("/auth", "username", "password", "access_token", true)
	})
	if status, got := ask(t, client, server.URL+"/auth", `{"username":"roy","password":"secret"}`); status != 200 || got != `{"access_token":"roy/secret"}` {
		t.Errorf("the login answers %d %s, want the token alone", status, got)
	}
	if status, got := ask(t, client, server.URL+"/auth", `{}`); status != 400 || !strings.Contains(got, `"request_id"`) {
		t.Errorf("a refusal is %d %s", status, got)
	}
}

// TestDialectOfFailures: an operation that fails, panics or says nothing is answered as
// without a dialect.
func TestDialectOfFailures(t *testing.T) {
	for name, c := range map[string]struct {
		login  func(context.Context, gen.LoginRequestObject) (gen.LoginResponseObject, error)
		status int
	}{
		"a refusal": {func(context.Context, gen.LoginRequestObject) (gen.LoginResponseObject, error) {
			return nil, api.CredentialsRefused()
		}, 401},
		"a fault": {func(context.Context, gen.LoginRequestObject) (gen.LoginResponseObject, error) {
			return nil, fmt.Errorf("secret")
		}, 500},
		"a panic": {func(context.Context, gen.LoginRequestObject) (gen.LoginResponseObject, error) { panic("oh") }, 500},
		"nothing": {func(context.Context, gen.LoginRequestObject) (gen.LoginResponseObject, error) { return nil, nil }, 500},
	} {
		server, client, _ := startIn(t, operations{login: c.login}, func(c *api.Config) {
			c.Dialect, c.Realm = loginDialect("/login", "email", "pass", "token", true), "Shop"
		})
		resp, err := client.Post(server.URL+"/login", "application/json", strings.NewReader(`{"email":"roy","pass":"x"}`))
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != c.status || strings.Contains(string(body), "secret") || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", name, resp.StatusCode, body)
		}
		if challenge := resp.Header.Get("WWW-Authenticate"); c.status == 401 && challenge != `Bearer realm="Shop"` {
			t.Errorf("%s: the challenge is %q", name, challenge)
		}
	}
}

// TestAnswersThatAreNoObjects cannot be put into a dialect: that is a fault of the
// server's, and nothing of it is sent.
func TestAnswersThatAreNoObjects(t *testing.T) {
	doc, err := gen.Document()
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"", "[]", `"secret"`, `{"access_token":"secret"`, `{"access_token" "secret"}`, `{"access_token":"secret"]`} {
		handlers := map[string]http.HandlerFunc{}
		for _, pattern := range []string{"GET /auth/me", "GET /rest-auth", "GET /livez", "GET /readyz"} {
			handlers[pattern] = func(http.ResponseWriter, *http.Request) {}
		}
		handlers["POST /auth"] = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		}
		handler, err := api.New(api.Config{
			Server: api.BoundTo(doc, handlers), Schemes: anyone(), Logger: slog.New(slog.DiscardHandler),
			Dialect: loginDialect("/auth", "username", "password", "token", false),
		})
		if err != nil {
			t.Fatal(err)
		}
		out := httptest.NewRecorder()
		request := httptest.NewRequest(http.MethodPost, "/auth", strings.NewReader(`{"username":"roy","password":"x"}`))
		request.Header.Set("Content-Type", "application/json")
		handler.ServeHTTP(out, request)
		if out.Code != 500 || strings.Contains(out.Body.String(), "secret") {
			t.Errorf("the answer %s became %d %s", body, out.Code, out.Body)
		}
	}
}

// TestRandomDialectsAreEnforced: whatever the names, exactly those are accepted, the
// operation is told the author's, and the answer is as the served document says.
func TestRandomDialectsAreEnforced(t *testing.T) {
	random := rand.New(rand.NewPCG(32, 15))
	name := func() string {
		const first, more = "abcdefgXYZ_", "abcdefgXYZ0123456789_.-"
		letters := []byte{first[random.IntN(len(first))]}
		for range random.IntN(12) {
			letters = append(letters, more[random.IntN(len(more))])
		}
		return string(letters)
	}
	for range 25 {
		username, password, token := name(), "p"+name(), name()
		path := "/" + name() + "/" + name()
		if strings.EqualFold(username, password) || strings.Trim(path, "/.") != path[1:] {
			continue
		}
		server, client, _ := startIn(t, echoing(), func(c *api.Config) { c.Dialect = loginDialect(path, username, password, token, random.IntN(2) == 0) })
		for _, c := range []struct {
			username, password string
			status             int
		}{{username, password, 200}, {"username", password, 400}, {username, "password", 400}, {"username", "password", 400}, {username + "x", password, 400}} {
			if (c.username == username && c.password == password) != (c.status == 200) {
				continue // drawn so
			}
			body := fmt.Sprintf(`{%q:"roy",%q:"secret"}`, c.username, c.password)
			status, answer := ask(t, client, server.URL+path, body)
			var members map[string]any
			if err := json.Unmarshal([]byte(answer), &members); err != nil || status != c.status {
				t.Errorf("%s to %s: %d %s, want %d", body, path, status, answer, c.status)
			} else if status == 200 && members[token] != "roy/secret" {
				t.Errorf("%s: %s, want the token in %s", body, answer, token)
			}
		}
		server.Close()
	}
}

// TestPrefix: one word more before a token, and the challenges that clients know.
func TestPrefix(t *testing.T) {
	schemes := make(map[api.TokenScheme]int)
	server, client, _ := startIn(t, operations{}, func(c *api.Config) {
		c.AuthorizationPrefix, c.Realm = "Basket", `Shop & "Co`[:6]
		c.AccessLog = func(_ context.Context, a *api.Access) { schemes[a.Scheme]++ }
	})
	for _, c := range []struct {
		authorization string
		status        int
		challenges    []string
	}{
		{"Basket " + goodToken, 200, nil},
		{"basket\t " + goodToken, 200, nil},
		{"Bearer " + goodToken, 200, nil},
		{"bearer  " + goodToken, 200, nil},
		{"JWT " + goodToken, 200, nil},
		{"", 401, []string{`Bearer realm="Shop &"`, `JWT realm="Shop &"`}},
		{"Baske " + goodToken, 401, []string{`Bearer realm="Shop &"`}},
		{"Baskets " + goodToken, 401, []string{`Bearer realm="Shop &"`}},
		{"Basket", 401, []string{`Bearer realm="Shop &", error="invalid_request"`}},
		{"Basket a b", 401, []string{`Bearer realm="Shop &", error="invalid_request"`}},
		{"Basket bad", 401, []string{`Bearer realm="Shop &", error="invalid_token", error_description="Token is missing the 'exp' claim"`}},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/rest-auth", nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.authorization != "" {
			request.Header.Set("Authorization", c.authorization)
		}
		resp, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if diff := cmp.Diff(c.challenges, resp.Header.Values("WWW-Authenticate")); resp.StatusCode != c.status || diff != "" {
			t.Errorf("%q: %d, challenges (-want +got):\n%s", c.authorization, resp.StatusCode, diff)
		}
	}
	server.Close()
	if want := map[api.TokenScheme]int{0: 6, api.SchemeBearer: 2, api.SchemeJWT: 3}; !cmp.Equal(want, schemes) {
		t.Errorf("schemes counted = %v, want %v", schemes, want)
	}
}

// TestNewRefusesDialects that would hide what is served beside the document, and words
// that cannot stand in a header.
func TestNewRefusesDialects(t *testing.T) {
	for name, change := range map[string]func(*api.Config){
		"the root":     func(c *api.Config) { c.Dialect = loginDialect("/", "u", "p", "t", false) },
		"the pages":    func(c *api.Config) { c.Dialect = loginDialect("/docs", "u", "p", "t", false) },
		"below them":   func(c *api.Config) { c.Dialect = loginDialect("/docs/login", "u", "p", "t", false) },
		"the document": func(c *api.Config) { c.Dialect = loginDialect("/openapi.json", "u", "p", "t", false) },
		"a probe":      func(c *api.Config) { c.Dialect = loginDialect("/livez", "u", "p", "t", false) },
		"its own name": func(c *api.Config) { c.Dialect = loginDialect("/login", "device_token", "p", "t", false) },
		"a prefix of two words": func(c *api.Config) {
			c.AuthorizationPrefix = "My Token"
		},
		"a realm with a quote": func(c *api.Config) { c.Realm = `a"b` },
	} {
		cfg := config(operations{}, slog.New(slog.DiscardHandler))
		cfg.Docs = false
		change(&cfg)
		if _, err := api.New(cfg); err == nil {
			t.Errorf("%s: New() = nil error, want one", name)
		}
	}
}

// TestNoDialectCostsNothing: a dialect that changes nothing takes the same way, with the
// same allocations, and serves the same bytes.
func TestNoDialectCostsNothing(t *testing.T) {
	handler := func(d spoken.Dialect) http.Handler {
		h, err := api.New(api.Config{Server: bound(operations{}), Schemes: anyone(), Logger: slog.New(slog.DiscardHandler), Dialect: d})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	none, same := handler(spoken.Dialect{}), handler(loginDialect("/auth", "username", "password", "access_token", false))
	guarded := func() *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/rest-auth", nil)
		r.Header.Set("Authorization", "Bearer "+goodToken)
		return r
	}
	login := func() *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/auth", strings.NewReader(`{"username":"roy","password":"roy"}`))
		r.Header.Set("Content-Type", "application/json")
		return r
	}
	for name, request := range map[string]func() *http.Request{"guarded GET": guarded, "login": login} {
		allocs := func(h http.Handler) float64 { // the least of some: the race detector has pools forget by chance
			least := math.Inf(1)
			for range 300 {
				least = min(least, testing.AllocsPerRun(1, func() { h.ServeHTTP(discard{make(http.Header)}, request()) }))
			}
			return least
		}
		if a, b := allocs(none), allocs(same); a != b {
			t.Errorf("%s: %v allocations without a dialect, %v with one that changes nothing", name, a, b)
		} else {
			t.Logf("%s: %v allocations, the request's included", name, a)
		}
	}
	for _, path := range []string{"/openapi.yaml", "/openapi.json"} {
		if diff := cmp.Diff(got(none, path), got(same, path)); diff != "" {
			t.Errorf("%s differs (-none +same):\n%s", path, diff)
		}
	}
}

func got(h http.Handler, path string) string {
	out := httptest.NewRecorder()
	h.ServeHTTP(out, httptest.NewRequest(http.MethodGet, path, nil))
	return out.Body.String()
}

// BenchmarkDialectAtStart is what a dialect adds to the start of a server, which is to
// be 5 ms at most.
func BenchmarkDialectAtStart(b *testing.B) {
	start := func(d spoken.Dialect) time.Duration {
		before := time.Now()
		if _, err := api.New(api.Config{Server: bound(operations{}), Schemes: anyone(), Logger: slog.New(slog.DiscardHandler), Dialect: d}); err != nil {
			b.Fatal(err)
		}
		return time.Since(before)
	}
	var without, with time.Duration
	for b.Loop() {
		without += start(spoken.Dialect{})
		with += start(loginDialect("/login", "email", "pass", "token", false))
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(without.Microseconds())/float64(b.N)/1000, "ms-start")
	b.ReportMetric(float64((with-without).Microseconds())/float64(b.N)/1000, "ms-added")
}

// BenchmarkLogin compares a login's way through this package with one in a dialect, in
// turns within one run.
func BenchmarkLogin(b *testing.B) {
	handler := func(d spoken.Dialect) http.Handler {
		h, err := api.New(api.Config{Server: bound(operations{}), Schemes: anyone(), Logger: slog.New(slog.DiscardHandler), Dialect: d})
		if err != nil {
			b.Fatal(err)
		}
		return h
	}
	run := func(h http.Handler, path, body string) time.Duration {
		start := time.Now()
		for range 100 {
			r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			h.ServeHTTP(discard{make(http.Header)}, r)
		}
		return time.Since(start)
	}
	usual, other := handler(spoken.Dialect{}), handler(loginDialect("/login", "email", "pass", "token", true))
	var without, with time.Duration
	for b.Loop() {
		without += run(usual, "/auth", `{"username":"roy","password":"roy"}`)
		with += run(other, "/login", `{"email":"roy","pass":"roy"}`)
	}
	each := float64(b.N) * 100 * 1000
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(without.Nanoseconds())/each, "µs-login")
	b.ReportMetric(float64((with-without).Nanoseconds())/each, "µs-dialect")
}
