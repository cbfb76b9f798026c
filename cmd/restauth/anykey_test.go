package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/internal/dbtest"
)

// anyKey is a table that Flask-JWT's tutorial does not know, the flags that it takes, and
// what roy's key is there.
type anyKey struct {
	column, value string
	flags         []string
	identity, me  string
	subject       string
}

// TestAnyKey: with keys of each kind a login, its token and who it stands for say the same
// of a user; who is deactivated is let in no more, and a token of before ends.
func TestAnyKey(t *testing.T) {
	t.Parallel()
	const key = "RESTAUTH_SECRET_KEY=0123456789abcdef0123456789abcdef"
	hash, err := password.New("roy", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	uuid := "6ccd780c-baba-1026-9564-5b8c656024db"
	engines := map[string]func(testing.TB) string{"MariaDB": dbtest.MariaDB, "MySQL": dbtest.MySQL}
	for engine, database := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			for name, c := range map[string]anyKey{
				"unsigned": {column: "bigint unsigned", value: "18446744073709551615", identity: "18446744073709551615", subject: "18446744073709551615"},
				"decimal":  {column: "decimal(20,0)", value: "7", identity: "7", subject: "7", me: `"id":7,`},
				"char(36)": {column: "char(36)", value: "'" + uuid + "'", identity: `"` + uuid + `"`, subject: uuid},
				"swapped":  {column: "binary(16)", value: "UNHEX('1026baba6ccd780c95645b8c656024db')", flags: []string{"--users-id-type", "uuid-swapped"}, identity: `"` + uuid + `"`, subject: uuid},
				"text":     {column: "varchar(60)", value: "'röy@example.com'", identity: `"röy@example.com"`, subject: "röy@example.com"},
			} {
				t.Run(name, func(t *testing.T) {
					admin := database(t)
					dbtest.Exec(t, admin, "CREATE TABLE people (pk "+c.column+" PRIMARY KEY, login varchar(40), email varchar(60), secret varchar(255), is_active bit(1)) DEFAULT CHARSET=utf8mb4",
						"INSERT INTO people VALUES ("+c.value+", 'roy', 'roy@example.com', '"+hash+"', b'1')")
					state := database(t)
					env := []string{key, "RESTAUTH_USERS=" + admin, "RESTAUTH_STATE=" + state}
					table := append([]string{
						"--users-table", "people", "--users-id-column", "pk", "--users-username-columns", "login,email", "--users-password-column", "secret",
						"--users-filter", "is_active=1",
					}, c.flags...)
					s := startServer(t, append(append(env, "--migrate", "--identity-max-age", "100ms"), table...)...)
					checkReady(t, s, true)
					for _, login := range []string{"roy", "roy@example.com"} {
						token := s.login(login, "roy")
						claims := claimsOf(t, token)
						if string(claims["identity"]) != c.identity || string(claims["sub"]) != fmt.Sprintf("%q", c.subject) {
							t.Errorf("the token of %s says %s, %s, want identity %s", login, claims["identity"], claims["sub"], c.identity)
						}
						want := fmt.Sprintf(`{%s"subject":"%s","username":"roy"}`, c.me, c.subject)
						if status, body := s.do("GET", "/auth/me", "", "Bearer "+token); status != 200 || strings.TrimSpace(body) != want {
							t.Errorf("/auth/me = %d %s, want %s", status, body, want)
						}
					}
					token := s.login("roy", "roy")
					_, _ = s.wrong("roy", 1)
					eventually(t, "the failed login is listed under the user's key", func() bool {
						out, errs, code := command(t, env, append([]string{"throttle", "list", "--all"}, table...)...)
						return code == 0 && errs == "" && strings.Contains(out, "user "+c.subject+", roy, ")
					})
					dbtest.Exec(t, admin, "UPDATE people SET is_active = b'0'")
					eventually(t, "the token of a deactivated user ends", func() bool {
						status, body := s.do("GET", "/rest-auth", "", "Bearer "+token)
						return status == 401 && strings.Contains(body, "User does not exist")
					})
					if status, body := s.do("POST", "/auth", `{"username":"roy","password":"roy"}`, ""); status != 401 {
						t.Errorf("a deactivated user's login = %d %s, want 401", status, body)
					}
				})
			}
		})
	}
}

// claimsOf are a token's claims as they stand there.
func claimsOf(t *testing.T, token string) map[string]json.RawMessage {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}
