package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/api/docs/docstest"
	"github.com/restauth/restauth/internal/flaskjwt"
)

// courseFlags are what the best-known course on Flask-JWT changes.
var courseFlags = []string{"--login-path", "/login", "--login-username-member", "email", "--login-token-member", "token"}

// everyFlag changes all that a dialect can.
var everyFlag = []string{
	"--login-path", "/api/login", "--login-username-member", "email", "--login-password-member", "pass", "--login-token-member", "jwt",
	"--login-answer", "flask", "--authorization-prefix", "Token", "--realm", "The Shop",
}

// TestDialectOverTheWire: a team whose clients post {"email": …} to /login and read
// {"token": …} goes over with three settings.
func TestDialectOverTheWire(t *testing.T) {
	t.Parallel()
	s := startServer(t, append([]string{"--demo"}, courseFlags...)...)
	status, answer := s.do("POST", "/login", `{"email":"roy","password":"roy"}`, "")
	var members map[string]any
	if err := json.Unmarshal([]byte(answer), &members); err != nil || status != 200 {
		t.Fatalf("POST /login = %d %s", status, answer)
	}
	token, _ := members["token"].(string)
	if status, got := s.do("GET", "/rest-auth", "", "JWT "+token); status != 200 || !strings.Contains(got, flaskjwt.Greeting) {
		t.Errorf("GET /rest-auth = %d %s", status, got)
	}
	if status, got := s.do("POST", "/login", `{"username":"roy","password":"roy"}`, ""); status != 400 {
		t.Errorf("the contract's own name: %d %s, want 400", status, got)
	}
	if status, got := s.do("POST", "/login", `{"password":"roy"}`, ""); status != 400 || !strings.Contains(got, `"pointer":"/email"`) {
		t.Errorf("without a name: %d %s, want the member by the client's name", status, got)
	}
	if status, got := s.do("POST", "/login", `{"email":"roy","password":"wrong"}`, ""); status != 401 {
		t.Errorf("a wrong password: %d %s, want 401", status, got)
	}
	if status, _ := s.do("POST", "/auth", `{"email":"roy","password":"roy"}`, ""); status != 404 {
		t.Errorf("POST /auth = %d, want 404", status)
	}
}

// TestEveryDialectSetting at once.
func TestEveryDialectSetting(t *testing.T) {
	t.Parallel()
	s := startServer(t, append([]string{"--demo"}, everyFlag...)...)
	status, answer := s.do("POST", "/api/login", `{"pass":"roy","email":"roy"}`, "")
	token, begins := strings.CutPrefix(strings.TrimSpace(answer), `{"jwt":"`)
	token, ends := strings.CutSuffix(token, `"}`)
	if status != 200 || !begins || !ends || strings.Contains(token, `"`) {
		t.Fatalf("POST /api/login = %d %s, want the one member", status, answer)
	}
	for _, scheme := range []string{"Token", "token", "Bearer", "JWT"} {
		if status, got := s.do("GET", "/auth/me", "", scheme+" "+token); status != 200 {
			t.Errorf("GET /auth/me with %s = %d %s", scheme, status, got)
		}
	}
	for body, want := range map[string][]string{
		"":                                 {`Bearer realm="The Shop"`, `JWT realm="The Shop"`},
		`{"email":"roy","pass":"unknown"}`: {`Bearer realm="The Shop"`},
	} {
		method, path := "GET", "/rest-auth"
		if body != "" {
			method, path = "POST", "/api/login"
		}
		status, _, header := s.send(method, path, body, "")
		if diff := cmp.Diff(want, header.Values("WWW-Authenticate")); status != 401 || diff != "" {
			t.Errorf("%s %s = %d, challenges (-want +got):\n%s", method, path, status, diff)
		}
	}
	eventually(t, "a line of the log for /api/login", func() bool { return strings.Contains(s.log.String(), `"route":"/api/login"`) })
}

// TestDemoInADialect: the lines that the demo prints do what they say.
func TestDemoInADialect(t *testing.T) {
	t.Parallel()
	s := startServer(t, append([]string{"--demo"}, everyFlag...)...)
	eventually(t, "the demo's lines", func() bool { return strings.Contains(s.stdout.String(), "Ctrl-C") })
	_, lines, _ := strings.Cut(s.stdout.String(), "use it:\n")
	lines, _, _ = strings.Cut(lines, "\nOr try")
	out, err := exec.CommandContext(t.Context(), "sh", "-c", lines).Output()
	if err != nil || !strings.Contains(string(out), flaskjwt.Greeting) {
		t.Errorf("%s\nprints %s, %v", lines, out, err)
	}
}

// printed is what `restauth openapi` prints.
func printed(t *testing.T, args ...string) string {
	t.Helper()
	var out, log buffer
	if code := run(t.Context(), world{args: append([]string{"openapi"}, args...), stdout: &out, stderr: &log}); code != exitOK {
		t.Fatalf("restauth openapi %q = %d: %s", args, code, log.String())
	}
	return out.String()
}

// TestOpenAPIPrintsWhatIsServed, byte for byte, in either form and whatever the dialect.
func TestOpenAPIPrintsWhatIsServed(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"none": nil, "the course's": courseFlags, "every": everyFlag, "a year's tokens": {"--token-lifetime", "8784h"},
	} {
		s := startServer(t, append([]string{"--demo"}, flags...)...)
		public := startServer(t, append([]string{"--demo", "--public-url", "https://login.example.com/app"}, flags...)...)
		listen := []string{"--listen", strings.TrimPrefix(s.URL, "http://")}
		for path, form := range map[string][]string{"/openapi.yaml": nil, "/openapi.json": {"--json"}} {
			if diff := cmp.Diff(string(s.served(path)), printed(t, slices.Concat(flags, listen, form)...)); diff != "" {
				t.Errorf("%s: %s (-served +printed):\n%s", name, path, diff)
			}
			address := []string{"--public-url", "https://login.example.com/app"}
			if diff := cmp.Diff(string(public.served(path)), printed(t, slices.Concat(flags, address, form)...)); diff != "" {
				t.Errorf("%s, with a public URL: %s (-served +printed):\n%s", name, path, diff)
			}
		}
	}
}

// TestOpenAPIAlone: with no settings it is the file, and its address is where serve
// listens by default.
func TestOpenAPIAlone(t *testing.T) {
	t.Parallel()
	want, address := lines(t, contractFile(t))
	got, server := lines(t, []byte(printed(t)))
	if diff := cmp.Diff(want, got); diff != "" || server != address {
		t.Errorf("server %s, want %s; (-file +printed):\n%s", server, address, diff)
	}
	for listen, want := range map[string]string{
		":8080": "http://127.0.0.1:8080", "0.0.0.0:8080": "http://127.0.0.1:8080", "[::]:80": "http://127.0.0.1:80", "[::1]:80": "http://[::1]:80",
		"localhost:81": "http://127.0.0.1:81",
	} {
		if _, server := lines(t, []byte(printed(t, "--listen", listen))); server != want {
			t.Errorf("with --listen %s the server is %s, want %s", listen, server, want)
		}
	}
}

// TestGeneratedInADialect: what a generator makes of the served document has the clients'
// names, in the order of the file.
func TestGeneratedInADialect(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source, made := filepath.Join(dir, "openapi.yaml"), filepath.Join(dir, "made.go")
	if err := os.WriteFile(source, []byte(printed(t, everyFlag...)), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "go", "tool", "oapi-codegen", "-package", "made", "-generate", "types,client,skip-prune", "-o", made, source).CombinedOutput()
	if err != nil {
		t.Fatalf("oapi-codegen: %v\n%s", err, out)
	}
	code, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`json:"email"`, `json:"pass"`, `json:"jwt"`, `fmt.Sprintf("/api/login")`} {
		if !strings.Contains(string(code), want) {
			t.Errorf("the client has no %s", want)
		}
	}
	for _, other := range []string{`json:"password"`, `json:"access_token"`, `json:"expires_in"`, `fmt.Sprintf("/auth")`} {
		if strings.Contains(string(code), other) {
			t.Errorf("the client has %s", other)
		}
	}
}

// TestDialectInBrowser: the docs' page logs in with the example of the dialect.
func TestDialectInBrowser(t *testing.T) {
	t.Parallel()
	s := startServer(t, append([]string{"--demo"}, everyFlag...)...)
	page := docstest.Open(t, s.URL)
	if shown := page.Operations(); !slices.Contains(shown, "POST /api/login") || slices.Contains(shown, "POST /auth") {
		t.Errorf("operations shown = %q", shown)
	}
	login := page.Execute("auth-login")
	found := regexp.MustCompile(`"jwt":\s*"([^"]+)"`).FindStringSubmatch(login.Body)
	if login.Status != http.StatusOK || found == nil {
		t.Fatalf("login with the example shows %+v", login)
	}
	page.Authorize(found[1])
	if got := page.Execute("guarded-getRestAuth"); got.Status != http.StatusOK {
		t.Errorf("with the token the page shows %+v, want 200", got)
	}
	if faults := page.Faults(); len(faults) != 0 {
		t.Errorf("faults on the page:\n%s", strings.Join(faults, "\n"))
	}
}

// TestPrefixesThatAreTakenAnyway change nothing, in whatever case.
func TestPrefixesThatAreTakenAnyway(t *testing.T) {
	t.Parallel()
	usual := printed(t)
	for _, prefix := range []string{"JWT", "jwt", "Bearer", "BEARER"} {
		if diff := cmp.Diff(usual, printed(t, "--authorization-prefix", prefix)); diff != "" {
			t.Errorf("--authorization-prefix %s (-usual +printed):\n%s", prefix, diff)
		}
	}
}
