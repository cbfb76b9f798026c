package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/internal/flaskjwt"
)

// marked is what stands in docs/flask-jwt.md behind a mark, up to the next.
func marked(t *testing.T, name string) string {
	t.Helper()
	file, err := os.ReadFile("../../docs/flask-jwt.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(file), "<!-- "+name+" -->\n")
	if !found {
		t.Fatalf("docs/flask-jwt.md has no <!-- %s -->", name)
	}
	text, _, _ = strings.Cut(text, "<!-- ")
	return text
}

// marked's first block of code.
func block(t *testing.T, name string) string {
	t.Helper()
	_, text, _ := strings.Cut(marked(t, name), "```")
	_, text, _ = strings.Cut(text, "\n")
	text, _, found := strings.Cut(text, "```")
	if !found {
		t.Fatalf("docs/flask-jwt.md has no block behind <!-- %s -->", name)
	}
	return text
}

// rowsOf are the names in the first cells of a table, and what the rows say.
func rowsOf(t *testing.T, mark string) map[string]string {
	t.Helper()
	rows := make(map[string]string)
	for line := range strings.Lines(marked(t, mark)) {
		cell, rest, is := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !is || !strings.HasPrefix(cell, "`") {
			continue
		}
		for name := range strings.SplitSeq(cell, ", ") {
			rows[strings.Trim(name, "`")] = rest
		}
	}
	return rows
}

// fromFlask is what `config from-flask` prints: settings as variables, and its notes.
func fromFlask(t *testing.T, configuration string) (variables []string, notes string) {
	t.Helper()
	var out, log buffer
	code := run(t.Context(), world{args: []string{"config", "from-flask", "-"}, stdin: strings.NewReader(configuration), stdout: &out, stderr: &log})
	if code != exitOK {
		t.Fatalf("from-flask = %d: %s", code, log.String())
	}
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "RESTAUTH_") {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			variables = append(variables, name+"="+strings.Trim(value, "'"))
		} else {
			notes += line
		}
	}
	return variables, notes
}

// openedToken is a token of the server's, header and claims.
func openedToken(t *testing.T, compact string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(compact, ".")
	for i, into := range []*map[string]any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

// signed is a token that PyJWT could have made with the legacy application's secret.
func signed(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + encode([]byte(claims))
	mac := hmac.New(sha256.New, []byte(flaskjwt.Secret))
	mac.Write([]byte(text))
	return text + "." + encode(mac.Sum(nil))
}

// posts logs roy in with other names, and returns the answer.
func (s *testServer) posts(t *testing.T, path, username, password string) map[string]any {
	t.Helper()
	status, answer := s.do("POST", path, fmt.Sprintf(`{%q:"roy",%q:"roy"}`, username, password), "")
	var members map[string]any
	if err := json.Unmarshal([]byte(answer), &members); err != nil || status != 200 {
		t.Fatalf("POST %s = %d %s", path, status, answer)
	}
	return members
}

// rowTest is how a row of the tables is run.
type rowTest struct {
	flask string // what the application says
	note  string // what from-flask has to say of it, "" for nothing
	check func(t *testing.T, s *testServer)
}

func settingsRows() map[string]rowTest {
	login := func(path, username, password string) func(*testing.T, *testServer) {
		return func(t *testing.T, s *testServer) { s.posts(t, path, username, password) }
	}
	guarded := func(authorization string, want int) func(*testing.T, *testServer) {
		return func(t *testing.T, s *testServer) {
			t.Helper()
			if status, body := s.do("GET", "/rest-auth", "", authorization); status != want {
				t.Errorf("GET /rest-auth = %d %s, want %d", status, body, want)
			}
		}
	}
	good := func(more string) string {
		now := time.Now().Unix()
		return signed(fmt.Sprintf(`{"exp":%d,"identity":1%s}`, now+300, strings.ReplaceAll(more, "NOW", fmt.Sprint(now))))
	}
	// takes signs when its turn comes, which may be after such a token has expired.
	takes := func(more string) func(*testing.T, *testServer) {
		return func(t *testing.T, s *testServer) { guarded("JWT "+good(more), 200)(t, s) }
	}
	claim := func(name string, ahead float64) func(*testing.T, *testServer) {
		return func(t *testing.T, s *testServer) {
			if _, claims := openedToken(t, s.login("roy", "roy")); claims[name].(float64)-claims["iat"].(float64) != ahead {
				t.Errorf("claims = %v, want %s %v behind iat", claims, name, ahead)
			}
		}
	}
	return map[string]rowTest{
		"SECRET_KEY":            {"SECRET_KEY = 'secret-key'", "put it into RESTAUTH_SECRET_KEY", takes(`,"iat":NOW,"nbf":NOW`)},
		"JWT_SECRET_KEY":        {"JWT_SECRET_KEY = 'secret-key'", "put it into RESTAUTH_SECRET_KEY", takes(`,"iat":NOW,"nbf":NOW`)},
		"JWT_AUTH_URL_RULE":     {"JWT_AUTH_URL_RULE = '/login'", "", login("/login", "username", "password")},
		"JWT_AUTH_URL_OPTIONS":  {"JWT_AUTH_URL_OPTIONS = {'methods': ['POST']}", "POST alone", login("/auth", "username", "password")},
		"JWT_AUTH_ENDPOINT":     {"JWT_AUTH_ENDPOINT = 'login'", "nothing has to be set", login("/auth", "username", "password")},
		"JWT_AUTH_USERNAME_KEY": {"JWT_AUTH_USERNAME_KEY = 'email'", "", login("/auth", "email", "password")},
		"JWT_AUTH_PASSWORD_KEY": {"JWT_AUTH_PASSWORD_KEY = 'pass'", "", login("/auth", "username", "pass")},
		"JWT_AUTH_HEADER_PREFIX": {"JWT_AUTH_HEADER_PREFIX = 'Token'", "", func(t *testing.T, s *testServer) {
			for _, scheme := range []string{"Token", "JWT", "Bearer"} {
				guarded(scheme+" "+s.login("roy", "roy"), 200)(t, s)
			}
		}},
		"JWT_DEFAULT_REALM": {"JWT_DEFAULT_REALM = 'The Shop'", "", func(t *testing.T, s *testServer) {
			if _, _, header := s.send("GET", "/rest-auth", "", ""); header.Get("WWW-Authenticate") != `Bearer realm="The Shop"` {
				t.Errorf("the challenge is %q", header.Get("WWW-Authenticate"))
			}
		}},
		"JWT_ALGORITHM": {"JWT_ALGORITHM = 'HS512'", "", func(t *testing.T, s *testServer) {
			token := s.login("roy", "roy")
			if header, _ := openedToken(t, token); header["alg"] != "HS512" {
				t.Errorf("alg = %v", header["alg"])
			}
			guarded("JWT "+token, 200)(t, s)
			guarded("JWT "+good(`,"iat":NOW,"nbf":NOW`), 401)(t, s)
		}},
		"JWT_EXPIRATION_DELTA": {"JWT_EXPIRATION_DELTA = timedelta(minutes=30)", "", claim("exp", 1800)},
		"JWT_NOT_BEFORE_DELTA": {"JWT_NOT_BEFORE_DELTA = timedelta(seconds=5)", "", claim("nbf", 5)},
		"JWT_LEEWAY": {"JWT_LEEWAY = timedelta(minutes=2)", "", func(t *testing.T, s *testServer) {
			now := time.Now().Unix()
			guarded("JWT "+signed(fmt.Sprintf(`{"exp":%d,"iat":%d,"nbf":%d,"identity":1}`, now-60, now-300, now-300)), 200)(t, s)
			guarded("JWT "+signed(fmt.Sprintf(`{"exp":%d,"iat":%d,"nbf":%d,"identity":1}`, now-180, now-300, now-300)), 401)(t, s)
		}},
		"JWT_VERIFY_CLAIMS": {"JWT_VERIFY_CLAIMS = ['signature', 'exp']", "", func(t *testing.T, s *testServer) {
			token := good(`,"iat":NOW,"nbf":NOW`)
			guarded("JWT "+token, 200)(t, s)
			guarded("JWT "+token[:len(token)-4]+"AAAA", 401)(t, s)
		}},
		"JWT_REQUIRED_CLAIMS": {"JWT_REQUIRED_CLAIMS = ['exp']", "", takes("")},
	}
}

func handlerRows() map[string]rowTest {
	roy := func(s *testServer) string { return s.login("roy", "roy") }
	status := func(t *testing.T, got, want int, what string) {
		t.Helper()
		if got != want {
			t.Errorf("%s = %d, want %d", what, got, want)
		}
	}
	return map[string]rowTest{
		"authentication_handler": {"", "--users", func(t *testing.T, s *testServer) {
			s.login("sha512", "correct horse")
			got, _ := s.do("POST", "/auth", `{"username":"sha512","password":"wrong"}`, "")
			status(t, got, 401, "a wrong password")
		}},
		"identity_handler": {"", "the token's identity", func(t *testing.T, s *testServer) {
			if got, body := s.do("GET", "/auth/me", "", "JWT "+roy(s)); got != 200 || !strings.Contains(body, `"username":"roy"`) {
				t.Errorf("GET /auth/me = %d %s", got, body)
			}
			now := time.Now().Unix()
			got, body := s.do("GET", "/rest-auth", "", "JWT "+signed(fmt.Sprintf(`{"exp":%d,"iat":%d,"nbf":%[2]d,"identity":4711}`, now+300, now)))
			if got != 401 || !strings.Contains(body, "User does not exist") {
				t.Errorf("of nobody: %d %s", got, body)
			}
		}},
		"auth_request_handler": {"", "a login is a JSON object", func(t *testing.T, s *testServer) {
			s.posts(t, "/auth", "username", "password")
			got, _ := s.do("POST", "/auth", `{"username":"roy","password":"roy","more":1}`, "")
			status(t, got, 400, "a member more")
		}},
		"auth_response_handler": {"", "--login-token-member", func(t *testing.T, s *testServer) {
			for _, name := range []string{"access_token", "token_type", "expires_in", "device_token"} {
				if s.posts(t, "/auth", "username", "password")[name] == nil {
					t.Errorf("the answer has no %s", name)
				}
			}
			other := startLegacy(t, legacySQLite(t), "--login-token-member", "token", "--login-answer", "flask")
			if members := other.posts(t, "/auth", "username", "password"); len(members) != 1 || members["token"] == nil {
				t.Errorf("the answer has the members %v", slices.Sorted(maps.Keys(members)))
			}
		}},
		"request_handler": {"", "a token stands in the Authorization header", func(t *testing.T, s *testServer) {
			got, _ := s.do("GET", "/rest-auth?access_token="+roy(s), "", "")
			status(t, got, 401, "a token in the query")
		}},
		"jwt_payload_handler": {"", "--token-claims", func(t *testing.T, s *testServer) {
			_, claims := openedToken(t, roy(s))
			if diff := cmp.Diff([]string{"exp", "iat", "identity", "jti", "nbf", "sub"}, slices.Sorted(maps.Keys(claims))); diff != "" {
				t.Errorf("claims (-want +got):\n%s", diff)
			}
			other := startLegacy(t, legacySQLite(t), "--token-claims", "username=name")
			if _, claims := openedToken(t, roy(other)); claims["name"] != "roy" {
				t.Errorf("with --token-claims username=name: %v", claims)
			}
		}},
		"jwt_headers_handler": {"", "alg and typ", func(t *testing.T, s *testServer) {
			header, _ := openedToken(t, roy(s))
			if diff := cmp.Diff(map[string]any{"alg": "HS256", "typ": "JWT"}, header); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
		}},
		"jwt_encode_handler": {"", "signed with the secret", func(t *testing.T, s *testServer) {
			token := roy(s)
			text, signature := token[:strings.LastIndexByte(token, '.')], token[strings.LastIndexByte(token, '.')+1:]
			mac := hmac.New(sha256.New, []byte(flaskjwt.Secret))
			mac.Write([]byte(text))
			if signature != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
				t.Error("it is not signed with the secret")
			}
		}},
		"jwt_decode_handler": {"", "verified with the secret", func(t *testing.T, s *testServer) {
			now := time.Now().Unix()
			got, _ := s.do("GET", "/rest-auth", "", "JWT "+signed(fmt.Sprintf(`{"exp":%d,"iat":%d,"nbf":%[2]d,"identity":1}`, now+300, now)))
			status(t, got, 200, "a token of the application's")
		}},
		"jwt_error_handler": {"", "status_code, error and description", func(t *testing.T, s *testServer) {
			_, body := s.do("POST", "/auth", `{"username":"roy","password":"wrong"}`, "")
			var problem map[string]any
			if err := json.Unmarshal([]byte(body), &problem); err != nil || problem["status_code"] != 401.0 || problem["error"] != "Bad Request" || problem["description"] != "Invalid credentials" {
				t.Errorf("a wrong password is answered with %s", body)
			}
		}},
	}
}

// TestFlaskTables runs each row of the tables of docs/flask-jwt.md: what config from-flask
// makes of it, on a server over the legacy application's table, with its secret.
func TestFlaskTables(t *testing.T) {
	t.Parallel()
	for mark, tests := range map[string]map[string]rowTest{"settings": settingsRows(), "handlers": handlerRows()} {
		rows := rowsOf(t, mark)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(tests)), slices.Sorted(maps.Keys(rows))); diff != "" {
			t.Errorf("the rows of %s and their tests (-tests +rows):\n%s", mark, diff)
		}
		for name, test := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				source := "from datetime import timedelta\n" + test.flask + "\n"
				if mark == "handlers" {
					source = "@jwt." + name + "\ndef handler(*args):\n    return None\n"
				}
				variables, notes := fromFlask(t, source)
				if (test.note == "") != (len(variables) > 0) || !strings.Contains(notes, test.note) {
					t.Errorf("from-flask prints %q and says\n%s", variables, notes)
				}
				for _, variable := range variables {
					flag := "--" + strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(variable[:strings.IndexByte(variable, '=')], "RESTAUTH_"), "_", "-"))
					if !strings.Contains(rows[name], flag) {
						t.Errorf("the row does not name %s: %s", flag, rows[name])
					}
				}
				test.check(t, startServer(t, append(variables, legacyArgs(legacySQLite(t))...)...))
			})
		}
	}
}

// TestCourse: the shown application goes over with the shown settings, and its clients go
// on as they are shown.
func TestCourse(t *testing.T) {
	t.Parallel()
	variables, notes := fromFlask(t, block(t, "course"))
	var want []string
	for line := range strings.Lines(block(t, "course-settings")) {
		want = append(want, strings.TrimPrefix(strings.TrimSpace(line), "export "))
	}
	if diff := cmp.Diff(want[:2], variables); diff != "" || len(want) != 3 || !strings.Contains(notes, "--login-token-member") {
		t.Errorf("from-flask prints (-shown +printed):\n%s\n%s", diff, notes)
	}
	s := startServer(t, append(want, "--demo")...)
	if got := shell(t, s, block(t, "course-clients")); !strings.Contains(got, flaskjwt.Greeting) {
		t.Errorf("the clients' lines print %s", got)
	}
}

// shell runs lines that name the demo's usual address.
func shell(t *testing.T, s *testServer, lines string) string {
	t.Helper()
	lines = strings.ReplaceAll(lines, "http://127.0.0.1:5000", s.URL)
	out, err := exec.CommandContext(t.Context(), "sh", "-c", lines).CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", lines, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestDifferencesThatStay prints with each line what stands behind it.
func TestDifferencesThatStay(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo")
	text := marked(t, "differences")
	lines := regexp.MustCompile(`(?m)^  (\S.*curl .*) # (\S+)$|^  (curl .*) # (\S+)$`).FindAllStringSubmatch(text, -1)
	if n := strings.Count(text, "```sh"); len(lines) != n || n < 10 || n != strings.Count(text, "\n- ") {
		t.Errorf("%d differences with %d blocks have %d lines with what they print", strings.Count(text, "\n- "), n, len(lines))
	}
	for _, line := range lines {
		command, want := line[1]+line[3], line[2]+line[4]
		if got := shell(t, s, command); got != want {
			t.Errorf("%s\nprints %q, want %q", command, got, want)
		}
	}
}
