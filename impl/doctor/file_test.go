package doctor_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/restauth/restauth/impl/doctor"
	"github.com/restauth/restauth/impl/users"
)

// fileOf is a SQLite file of another program's.
func fileOf(t *testing.T, statements ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app.db")
	db, err := sql.Open("sqlite", "file://"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return file
}

// TestFile: the same of a SQLite file of another program's.
func TestFile(t *testing.T) {
	t.Parallel()
	file := fileOf(t,
		"CREATE TABLE log (id INTEGER PRIMARY KEY, message TEXT, password_of TEXT)",
		"CREATE TABLE person (pk INTEGER PRIMARY KEY, login VARCHAR(45) COLLATE NOCASE, pw_hash VARCHAR(255), is_active BOOLEAN)",
		"INSERT INTO person (login, pw_hash, is_active) VALUES ('roy', '"+pbkdf2+"', 1), ('ROY', '"+pbkdf2+"', 1), ('pris', '"+argon2+"', 1), ('pris', '"+argon2+"', 1), (NULL, NULL, 1)",
	)
	r := examine(t, doctor.Config{Users: users.Config{URL: "sqlite:" + file}})
	want := []string{"--users-table=person", "--users-id-column=pk", "--users-username-column=login", "--users-password-column=pw_hash", "--users-filter=is_active=1"}
	if diff := cmp.Diff(want, r.Proposal.Flags); diff != "" || r.Proposal.Grant != "" {
		t.Errorf("proposal (-want +got):\n%s%s", diff, r.Proposal.Grant)
	}
	got := findings(r)
	for code, want := range map[string]found{
		"names_equal": {doctor.Warning, 1, []string{"2"}}, "name_duplicate": {doctor.Error, 1, []string{"4"}}, "name_missing": {doctor.Info, 1, []string{"5"}},
	} {
		if !cmp.Equal(got[code], want) {
			t.Errorf("%s = %+v, want %+v", code, got[code], want)
		}
	}
	tellsNothing(t, r)
}

// TestFileIndexes: an index of some rows, or by another collation than its column's, says
// nothing of what else there is; one by the column's own does.
func TestFileIndexes(t *testing.T) {
	t.Parallel()
	for index, equal := range map[string]bool{
		"CREATE INDEX names ON person (login)":                                true,
		"CREATE UNIQUE INDEX names ON person (login COLLATE BINARY)":          true,
		"CREATE UNIQUE INDEX names ON person (login) WHERE login = 'nobody'":  true,
		"CREATE UNIQUE INDEX names ON person (lower(login)) WHERE login = ''": true,
		"CREATE UNIQUE INDEX names ON person (login)":                         false,
	} {
		t.Run(index, func(t *testing.T) {
			t.Parallel()
			const rows = 3000
			last := "user0"
			if equal {
				last = "USER1"
			}
			file := fileOf(t,
				"CREATE TABLE person (pk INTEGER NOT NULL, login TEXT NOT NULL COLLATE NOCASE, pw_hash TEXT)",
				fmt.Sprintf("INSERT INTO person WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d) SELECT n / 7, 'user' || n, '%s' FROM s", rows-1, pbkdf2),
				"INSERT INTO person VALUES (1, '"+last+"', '"+pbkdf2+"')",
				"CREATE UNIQUE INDEX keys ON person (pk) WHERE login = 'nobody'",
				index,
			)
			r := examine(t, doctor.Config{Users: users.Config{URL: "sqlite:" + file, Table: "person", IDColumn: "pk", UsernameColumn: "login", PasswordColumn: "pw_hash"}, Named: true})
			if r.Rows != rows || !r.Complete {
				t.Errorf("%d rows were looked at (complete: %v), want %d", r.Rows, r.Complete, rows)
			}
			want := found{}
			if equal {
				want = found{doctor.Warning, 1, nil}
			}
			got := findings(r)["names_equal"]
			if got.Keys = nil; !cmp.Equal(got, want) {
				t.Errorf("names_equal = %+v, want %+v", got, want)
			}
		})
	}
}
