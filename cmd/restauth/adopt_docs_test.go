package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/restauth/restauth/internal/dbtest"
)

const adoptDocs = "../../docs/adopt.md"

// adoptBlocks are the blocks of docs/adopt.md behind marks of a kind, by the name in them.
func adoptBlocks(t *testing.T, kind string) map[string]string {
	t.Helper()
	file, err := os.ReadFile(adoptDocs)
	if err != nil {
		t.Fatal(err)
	}
	blocks := make(map[string]string)
	for _, found := range regexp.MustCompile("(?s)<!-- "+kind+": (\\S+) -->\n```[a-z]+\n(.*?)```").FindAllStringSubmatch(string(file), -1) {
		blocks[found[1]] = found[2]
	}
	return blocks
}

// TestAdoptFrameworks starts the server with each framework's line, as it stands in
// docs/adopt.md, on that framework's table.
func TestAdoptFrameworks(t *testing.T) {
	t.Parallel()
	tables, lines := userTables(t), adoptBlocks(t, "table")
	if len(lines) < 15 {
		t.Fatalf("docs/adopt.md has %d lines", len(lines))
	}
	for name, line := range lines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table, ok := tables[name]
			if !ok {
				t.Fatalf("there is no table %s", name)
			}
			words := strings.Fields(strings.ReplaceAll(line, "\\\n", ""))
			if len(words) < 2 || words[0] != "restauth" || words[1] != "serve" {
				t.Fatalf("the line is %q", line)
			}
			flags := slices.DeleteFunc(words[2:], func(flag string) bool { return strings.Contains(flag, "-file=") })
			url := dbtest.MariaDB(t)
			dbtest.Load(t, url, filepath.Join(tablesFolder, name, "table.sql"))
			given := table.given(t)
			for _, file := range given {
				if name, _, _ := strings.Cut(file, "="); !strings.Contains(line, name+"=") {
					t.Errorf("the line lacks %s", name)
				}
			}
			checkTable(t, url, table, slices.Concat(given, flags))
		})
	}
}

// TestAdoptViews makes each view of docs/adopt.md over tables as it is for, on both
// servers, and logs in by it, as a database user who may read the view and no table.
func TestAdoptViews(t *testing.T) {
	t.Parallel()
	const roy = "pbkdf2:sha256:1000$k1Ud5dzh$dd8da1bbbfe3f1ae1ed145075a0508a58c6da5550e6109cd001a9b0a0f3849e3"
	tables := map[string][]string{
		"join": {
			"CREATE TABLE people (id int PRIMARY KEY, nick varchar(45), KEY (nick))", "CREATE TABLE secrets (person_id int PRIMARY KEY, hash varchar(255))",
			"INSERT INTO people VALUES (1, 'roy'), (2, 'ann')", "INSERT INTO secrets VALUES (1, 'ROY')",
		},
		"parts": {
			"CREATE TABLE staff (id int PRIMARY KEY, name varchar(45), rounds int, salt varchar(20), digest char(64))",
			"INSERT INTO staff VALUES (1, 'roy', ROUNDS, 'SALT', 'DIGEST'), (2, 'ann', NULL, NULL, NULL)",
		},
		"time": {
			"CREATE TABLE members (id int PRIMARY KEY, username varchar(45), password varchar(255), banned_until datetime)",
			"INSERT INTO members VALUES (1, 'roy', 'ROY', UTC_TIMESTAMP() - INTERVAL 1 MINUTE), (2, 'ann', 'ROY', UTC_TIMESTAMP() + INTERVAL 1 HOUR)",
		},
	}
	parts := strings.Split(roy, "$")
	values := strings.NewReplacer("ROY", roy, "ROUNDS", strings.TrimPrefix(parts[0], "pbkdf2:sha256:"), "SALT", parts[1], "DIGEST", parts[2])
	views := adoptBlocks(t, "view")
	if len(views) != len(tables) {
		t.Fatalf("docs/adopt.md has %d views, want %d", len(views), len(tables))
	}
	for name, view := range views {
		for engine, fresh := range map[string]func(testing.TB) string{"mariadb": dbtest.MariaDB, "mysql": dbtest.MySQL} {
			t.Run(name+"/"+engine, func(t *testing.T) {
				t.Parallel()
				admin := fresh(t)
				for _, statement := range append(slices.Clone(tables[name]), strings.TrimSuffix(strings.TrimSpace(view), ";")) {
					dbtest.Exec(t, admin, values.Replace(statement))
				}
				url := dbtest.User(t, admin, "SELECT ON login")
				s := startServer(t, "RESTAUTH_SECRET_KEY=the secret that the application has too", "--users", url, "--users-table=login")
				checkReady(t, s, true)
				for user, want := range map[string]int{"roy": http.StatusOK, "ann": http.StatusUnauthorized} {
					if status, answer := s.tableLogin(t, tableLogin{Username: user, Password: "roy"}); status != want {
						t.Errorf("login of %s = %d %s, want %d", user, status, answer, want)
					}
				}
			})
		}
	}
}
