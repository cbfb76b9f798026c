package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/doctor"
	"github.com/restauth/restauth/internal/dbtest"
)

// tablesFolder has user tables as frameworks and people make them. Each is a folder with
// table.sql, the same for MariaDB and MySQL, and expect.json.
const tablesFolder = "../../examples/tables"

// userTable is what an expect.json says.
type userTable struct {
	About string
	// Engines that have what the table needs, where not all have.
	Engines []string
	// Given are settings that nobody can find out from a table: secrets of the
	// application, written into a file where the flag is of one; which tenant it is for.
	Given map[string]string
	// Flags are what doctor has to propose.
	Flags   []string
	Logins  []tableLogin
	Refused []tableLogin
}

type tableLogin struct {
	Username, Password string
	ID                 json.RawMessage // of those who get in, as a token's identity has it
	Why                string          // the others do not
}

// userTables are all of the folders.
func userTables(t testing.TB) map[string]userTable {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(tablesFolder, "*", "expect.json"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%s has %d tables, want 20 or more: %v", tablesFolder, len(files), err)
	}
	all := make(map[string]userTable)
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var table userTable
		if err := json.Unmarshal(content, &table); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		all[filepath.Base(filepath.Dir(file))] = table
	}
	return all
}

// given are the flags for what only people know.
func (u userTable) given(t testing.TB) (flags []string) {
	t.Helper()
	for name, value := range u.Given {
		if strings.HasSuffix(name, "-file") {
			file := filepath.Join(t.TempDir(), "secret")
			if err := os.WriteFile(file, []byte(value), 0o600); err != nil {
				t.Fatal(err)
			}
			value = file
		}
		flags = append(flags, name+"="+value)
	}
	return flags
}

// TestTables loads each table into MariaDB and MySQL, and starts the server with the
// settings that doctor proposes for it, as they are, and a database user who may do what
// its statement grants: the right people get in and read what is guarded, as who they are;
// the others do not.
func TestTables(t *testing.T) {
	t.Parallel()
	engines := map[string]func(testing.TB) string{"mariadb": dbtest.MariaDB, "mysql": dbtest.MySQL}
	for name, table := range userTables(t) {
		for engine, database := range engines {
			if len(table.Engines) > 0 && !slices.Contains(table.Engines, engine) {
				continue
			}
			t.Run(name+"/"+engine, func(t *testing.T) {
				t.Parallel()
				url := database(t)
				dbtest.Load(t, url, filepath.Join(tablesFolder, name, "table.sql"))
				flags, grant := proposed(t, url, table)
				checkTable(t, granted(t, url, grant), table, flags)
			})
		}
	}
}

// granted is the URL of a new database user who gets the rights that doctor's statement
// gives whom it logged in as.
func granted(t *testing.T, database, grant string) string {
	t.Helper()
	rights, _, found := strings.Cut(strings.TrimPrefix(grant, "GRANT "), " TO ")
	if !found {
		t.Fatalf("doctor proposes the statement %q", grant)
	}
	return dbtest.User(t, database, rights)
}

// proposed are the settings that doctor proposes for a table of which it knows where it is
// and what is given, and these; and its statement for the database user.
func proposed(t *testing.T, url string, table userTable) (flags []string, grant string) {
	t.Helper()
	given := table.given(t)
	var out, log buffer
	code := run(t.Context(), world{
		args: slices.Concat([]string{"doctor", "--json", "--hurry"}, given), env: []string{"RESTAUTH_USERS=" + url},
		stdin: strings.NewReader(""), stdout: &out, stderr: &log, cores: 2,
	})
	var report doctor.Report
	if err := json.Unmarshal([]byte(out.String()), &report); err != nil {
		t.Fatalf("doctor ends with %d and prints %.500s: %v\n%s", code, &out, err, &log)
	}
	flags = given
	for _, flag := range report.Proposal.Flags {
		if !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	for _, want := range table.Flags {
		if !slices.Contains(flags, want) {
			t.Errorf("doctor proposes %q, want %s too", report.Proposal.Flags, want)
		}
	}
	return flags, report.Proposal.Grant
}

func checkTable(t *testing.T, url string, table userTable, flags []string) {
	t.Helper()
	args := []string{"RESTAUTH_SECRET_KEY=the secret that the application has too", "--users", url, "--no-throttle"}
	s := startServer(t, slices.Concat(args, flags)...)
	checkReady(t, s, true)
	for _, user := range table.Logins {
		status, answer := s.tableLogin(t, user)
		var token struct {
			AccessToken string `json:"access_token"`
		}
		if err := json.Unmarshal([]byte(answer), &token); status != http.StatusOK || err != nil {
			t.Errorf("login of %q = %d %s, want a token", user.Username, status, answer)
			continue
		}
		if status, body := s.do("GET", "/rest-auth", "", "Bearer "+token.AccessToken); status != http.StatusOK {
			t.Errorf("GET /rest-auth of %q = %d %s", user.Username, status, body)
		}
		if got := identity(t, token.AccessToken); got != string(user.ID) {
			t.Errorf("the identity of %q = %s, want %s", user.Username, got, user.ID)
		}
		status, body := s.do("GET", "/auth/me", "", "Bearer "+token.AccessToken)
		var me struct{ Subject string }
		if err := json.Unmarshal([]byte(body), &me); status != http.StatusOK || err != nil || me.Subject != strings.Trim(string(user.ID), `"`) {
			t.Errorf("GET /auth/me of %q = %d %s, want the subject %s", user.Username, status, body, user.ID)
		}
	}
	for _, user := range table.Refused {
		if status, answer := s.tableLogin(t, user); status != http.StatusUnauthorized && status != http.StatusBadRequest {
			t.Errorf("login of %q = %d %s, want it refused: %s", user.Username, status, answer, user.Why)
		}
	}
}

func (s *testServer) tableLogin(t *testing.T, user tableLogin) (int, string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"username": user.Username, "password": user.Password})
	if err != nil {
		t.Fatal(err)
	}
	return s.do("POST", "/auth", string(body), "")
}

// identity is a token's claim as it is written: a number, or a string in quotes.
func identity(t *testing.T, token string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("a token of %d parts", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Identity json.RawMessage }
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return string(claims.Identity)
}
