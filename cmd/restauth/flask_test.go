package main

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to make the kind of file that Flask leaves behind

	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/flaskjwt"
)

// legacyTables gives each engine a database with the legacy application's
// table in it and the URL of that.
func legacyTables() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{
		"MariaDB": func(t testing.TB) string { return legacy(t, dbtest.MariaDB(t)) },
		"MySQL":   func(t testing.TB) string { return legacy(t, dbtest.MySQL(t)) },
		"SQLite":  legacySQLite,
	}
}

func legacy(t testing.TB, database string) string {
	dbtest.Exec(t, database, flaskjwt.UsersSQL(t))
	return database
}

// legacySQLite makes the table as Flask-SQLAlchemy would: other names for the
// types, the same rows.
func legacySQLite(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "flask.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, inserts, found := strings.Cut(flaskjwt.UsersSQL(t), "COLLATE=utf8mb4_unicode_ci;")
	if !found {
		t.Fatal("users.sql does not begin with the table that this test knows")
	}
	for _, statement := range []string{
		"CREATE TABLE user (id INTEGER NOT NULL PRIMARY KEY, username VARCHAR(45), password VARCHAR(255))",
		inserts,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%.60q: %v", statement, err)
		}
	}
	return "sqlite:" + file
}

// startLegacy starts the server with the legacy application's table and secret.
func startLegacy(t testing.TB, table string, args ...string) *testServer {
	t.Helper()
	return startServer(t, legacyArgs(table, args...)...)
}

func legacyArgs(table string, more ...string) []string {
	return append([]string{"RESTAUTH_SECRET_KEY=" + flaskjwt.Secret, "--allow-weak-secret", "--users", table}, more...)
}

// TestFlaskJWT: every recorded answer of the legacy application is this
// server's too.
func TestFlaskJWT(t *testing.T) {
	t.Parallel()
	// SQLite compares bytes. What the collation finds is a matter of the
	// databases that have one.
	onlyWithCollation := map[string]bool{"login: user name in capitals, as the collation compares": true}
	for engine, table := range legacyTables() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := startLegacy(t, table(t))
			replayed := 0
			for _, c := range flaskjwt.Cases(t) {
				if engine == "SQLite" && onlyWithCollation[c.Name] {
					continue
				}
				replayed++
				t.Run(c.Name, func(t *testing.T) {
					for _, difference := range flaskjwt.Replay(t.Context(), http.DefaultClient, s.URL, c) {
						t.Error(difference)
					}
				})
			}
			if least := len(flaskjwt.Cases(t)) - len(onlyWithCollation); replayed < least {
				t.Errorf("%d cases were replayed, want at least %d", replayed, least)
			}
			checkLogClean(t, s)
		})
	}
}

// checkLogClean: the log of all those requests holds none of their secrets.
func checkLogClean(t *testing.T, s *testServer) {
	t.Helper()
	log := s.log.String()
	for _, secret := range []string{flaskjwt.Secret, "correct horse", "pbkdf2:sha256:150000$", "eyJ", "k1Ud5dzh"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log contains %q", secret)
		}
	}
	for line := range strings.Lines(log) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a line of the log is no JSON: %q", line)
		}
	}
}

// TestTutorial makes the tutorial's two calls with the real curl, on the demo
// and on every engine.
func TestTutorial(t *testing.T) {
	t.Parallel()
	servers := map[string]func(testing.TB) *testServer{
		"demo": func(t testing.TB) *testServer { return startServer(t, "--demo") },
	}
	for engine, table := range legacyTables() {
		servers[engine] = func(t testing.TB) *testServer { return startLegacy(t, table(t)) }
	}
	for name, start := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			login := curl(t, "-X", "POST", s.URL+"/auth", "-H", "Content-Type: application/json", "-d", `{"username":"roy","password":"roy"}`)
			var answer struct {
				AccessToken string `json:"access_token"`
			}
			if err := json.Unmarshal([]byte(login), &answer); err != nil || answer.AccessToken == "" {
				t.Fatalf("POST /auth = %s, want an access_token", login)
			}
			for _, scheme := range []string{"JWT", "Bearer"} {
				got := curl(t, s.URL+"/rest-auth", "-H", "Authorization: "+scheme+" "+answer.AccessToken)
				if want := `"` + flaskjwt.Greeting + `"`; strings.TrimSpace(got) != want {
					t.Errorf("GET /rest-auth with %s = %s, want %s", scheme, got, want)
				}
			}
		})
	}
}

// TestWeakHashes: salted digests let people in unless that is switched off,
// and are told about once each.
func TestWeakHashes(t *testing.T) {
	t.Parallel()
	const weak = `{"username":"sha1","password":"correct horse"}`
	table := legacySQLite(t)
	s := startLegacy(t, table)
	for range 3 {
		s.login("sha1", "correct horse")
	}
	if n := strings.Count(s.log.String(), "weak password hash"); n != 1 {
		t.Errorf("the weak hash is logged %d times, want once:\n%s", n, s.log)
	}
	strict := startLegacy(t, table, "--no-allow-weak-hashes")
	if status, body := strict.do("POST", "/auth", weak, ""); status != 401 {
		t.Errorf("with --no-allow-weak-hashes: login = %d %s, want 401", status, body)
	}
	strict.login("roy", "roy")
}

// TestLeastGrant: the server needs no more of the database than to read three
// columns, with the database's password in a file.
func TestLeastGrant(t *testing.T) {
	t.Parallel()
	engines := map[string]func(testing.TB) string{"MariaDB": dbtest.MariaDB, "MySQL": dbtest.MySQL}
	for engine, database := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			reader := dbtest.User(t, legacy(t, database(t)), "SELECT (`id`, `username`, `password`) ON `user`")
			file := filepath.Join(t.TempDir(), "password")
			withoutPassword := edit(t, reader, func(u *url.URL) {
				password, _ := u.User.Password()
				if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				u.User = url.User(u.User.Username())
			})
			s := startLegacy(t, withoutPassword, "--users-password-file", file)
			checkReady(t, s, true)
			token := s.login("roy", "roy")
			if status, body := s.do("GET", "/auth/me", "", "Bearer "+token); status != 200 {
				t.Errorf("/auth/me = %d %s, want 200", status, body)
			}
		})
	}
}

func curl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("curl", append([]string{"-sS", "--max-time", "20"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("curl: %v\n%s", err, out)
	}
	return string(out)
}
