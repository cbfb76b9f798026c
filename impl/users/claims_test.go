package users_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// claimed is a column, what stands in it, and what a token says.
type claimed struct {
	column, declared, value string
	want                    string // JSON; "" where nobody may log in by it
}

// claimedOnServers are columns of MySQL and MariaDB.
func claimedOnServers() []claimed {
	return []claimed{
		{"i", "int", "-42", "-42"},
		{"big", "bigint unsigned", "18446744073709551615", "18446744073709551615"},
		{"filled", "int(10) unsigned zerofill", "7", "7"},
		{"exact", "decimal(30,10)", "-12345678901234567890.0123456789", "-12345678901234567890.0123456789"},
		{"money", "decimal(8,2)", "0.50", "0.50"},
		{"twos", "double", "0.1", "0.1"},
		{"far", "double", "-1.5e300", "-1.5e300"},
		{"since", "year", "2031", "2031"},
		{"yes", "tinyint(1)", "1", "true"},
		{"no", "boolean", "0", "false"},
		{"level", "tinyint", "1", "1"},
		{"wide", "tinyint(1)", "5", ""},
		{"bit1", "bit(1)", "b'1'", "true"},
		{"bit9", "bit(9)", "b'100000001'", "257"},
		{"none", "varchar(10)", "NULL", "null"},
		{"never", "datetime", "NULL", "null"},
		{"text", "varchar(100) CHARACTER SET utf8mb4", `'jöe "😀" \\'`, `"jöe \"😀\" \\"`},
		{"nul", "varchar(10)", `'a\0b'`, `"a\u0000b"`},
		{"empty", "varchar(10)", "''", `""`},
		{"old", "varchar(10) CHARACTER SET latin1", "CONVERT(0x6AF665 USING latin1)", `"jöe"`},
		{"comma", "varchar(10)", "'a,b'", `"a,b"`},
		{"star", "varchar(10)", "'*'", `"*"`},
		{"role", "enum('admin','user')", "'admin'", `"admin"`},
		{"flags", "set('a','b','c')", "'a,c'", `"a,c"`},
		{"day", "date", "'2031-05-06'", `"2031-05-06"`},
		{"moment", "datetime", "'2031-05-06 07:08:09'", `"2031-05-06T07:08:09"`},
		{"exactly", "datetime(6)", "'2031-05-06 07:08:09.123456'", `"2031-05-06T07:08:09.123456"`},
		{"clock", "time", "'07:08:09'", `"07:08:09"`},
		{"longest", "text", "REPEAT('x', 512)", `"` + strings.Repeat("x", 512) + `"`},
		{"long", "longtext", "REPEAT('x', 513)", ""},
		{"huge", "longtext", "REPEAT('x', 5000000)", ""},
	}
}

// claimedInFiles are columns of SQLite, which keeps with each value what it is.
func claimedInFiles() []claimed {
	return []claimed{
		{"i", "INTEGER", "-42", "-42"},
		{"big", "BIGINT", "9223372036854775807", "9223372036854775807"},
		{"beyond", "INTEGER", "18446744073709551615", "18446744073709552000"}, // a fraction to SQLite
		{"money", "DECIMAL(8,2)", "0.5", "0.5"},
		{"twos", "REAL", "0.1", "0.1"},
		{"far", "REAL", "-1.5e300", "-1.5e+300"},
		{"endless", "REAL", "9e999", ""},
		{"yes", "BOOLEAN", "1", "true"},
		{"no", "BOOLEAN", "0", "false"},
		{"maybe", "BOOLEAN", "2", ""},
		{"word", "INTEGER", "'admin'", ""},
		{"none", "TEXT", "NULL", "null"},
		{"text", "VARCHAR(100)", `'jöe "😀" \'`, `"jöe \"😀\" \\"`},
		{"digits", "TEXT", "7", `"7"`},
		{"nul", "TEXT", `'a' || char(0) || 'b'`, `"a\u0000b"`},
		{"bytes", "TEXT", "x'616263'", ""},
		{"wrong", "TEXT", "CAST(x'ff' AS TEXT)", ""},
		{"empty", "TEXT", "''", `""`},
		{"day", "DATE", "'2031-05-06'", `"2031-05-06"`},
		{"moment", "DATETIME", "'2031-05-06 07:08:09.123456'", `"2031-05-06T07:08:09.123456"`},
		{"seconds", "DATETIME", "1935903000", "1935903000"},
		{"any", "", "1.5", "1.5"},
		{"thing", "", "'1.5'", `"1.5"`},
		{"longest", "TEXT", "replace(hex(zeroblob(256)), '00', 'xx')", `"` + strings.Repeat("x", 512) + `"`},
		{"long", "TEXT", "replace(hex(zeroblob(257)), '00', 'xx')", ""},
	}
}

// TestClaims: what stands in a column is the same in a token, in JSON's word for the
// column's type; by a row that no token can carry nobody logs in, and that is warned of
// once, without the value.
func TestClaims(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			columns := claimedOnServers()
			dbtest.Exec(t, admin, append([]string{claimsTable("id int PRIMARY KEY, username varchar(45), password varchar(100)", "`", columns)}, claimRows(columns)...)...)
			testClaims(t, users.Config{URL: admin}, columns)
		})
	}
	t.Run("sqlite", func(t *testing.T) {
		file, columns := filepath.Join(t.TempDir(), "users.db"), claimedInFiles()
		db, err := sql.Open("sqlite", "file://"+file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		for _, statement := range append([]string{claimsTable("id INTEGER PRIMARY KEY, username TEXT, password TEXT", `"`, columns)}, claimRows(columns)...) {
			if _, err := db.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
		testClaims(t, users.Config{URL: "sqlite:" + file}, columns)
	})
}

func claimsTable(first, quote string, columns []claimed) string {
	sql := "CREATE TABLE " + quote + "user" + quote + " (" + first
	for _, c := range columns {
		sql += ", " + quote + c.column + quote + " " + c.declared
	}
	return sql + ")"
}

// claimRows has a user for each column, with a value in that one alone.
func claimRows(columns []claimed) (statements []string) {
	for i, c := range columns {
		quoted := "`" + c.column + "`" // SQLite takes them too
		statements = append(statements, "INSERT INTO `user` (id, username, password, "+quoted+") SELECT "+strconv.Itoa(i+1)+", '"+c.column+"', 'hash', "+c.value)
	}
	return statements
}

func testClaims(t *testing.T, cfg users.Config, columns []claimed) {
	t.Helper()
	for _, c := range columns {
		var log bytes.Buffer
		cfg.Logger, cfg.Claims = slog.New(slog.NewTextHandler(&log, nil)), []users.Claim{{Column: c.column, Name: "x"}}
		s := open(t, cfg)
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("%s: Check() = %v", c.column, err)
		}
		log.Reset()
		for range 2 {
			record, err := s.FindByUsername(t.Context(), c.column)
			want := account.Claims{Members: `"x":` + c.want}
			if c.want == "" {
				want = account.Claims{Unfit: true}
			}
			if diff := cmp.Diff(want, record.Claims); err != nil || diff != "" || record.PasswordHash != "hash" {
				t.Errorf("%s %s: FindByUsername() = %v, and differs (-want +got):\n%s", c.column, c.declared, err, diff)
			}
		}
		if warned := strings.Count(log.String(), "nobody can log in by that row"); (warned == 1) != (c.want == "") || strings.Contains(log.String(), "xxxx") || strings.Contains(log.String(), "admin") {
			t.Errorf("%s: warned %d times: %s", c.column, warned, log.String())
		}
		_ = s.Close()
	}
}

// TestSeveralClaims stand side by side as they were named, whatever is in them, with the
// columns that are read anyway among them; all of them together have a bound.
func TestSeveralClaims(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, "CREATE TABLE `user` (id int PRIMARY KEY, username varchar(45), password varchar(100), role varchar(600), a text, b text, c text, d text, e text)",
				"INSERT INTO `user` (id, username, password, role) VALUES (1, 'roy', 'hash', NULL), (2, 'a,b', 'hash', '-,*,v00')",
				"INSERT INTO `user` SELECT 3, 'ann', 'hash', 'x', REPEAT('a', 500), REPEAT('b', 500), REPEAT('c', 500), REPEAT('d', 500), REPEAT('e', 500)")
			reader := dbtest.User(t, admin, "SELECT (id, username, password, role) ON `user`")
			s := open(t, users.Config{URL: reader, Claims: []users.Claim{{"role", "https://shop.example/role"}, {"username", "name"}, {"id", "number"}, {"Role", "again"}}})
			if err := s.Check(t.Context()); err != nil {
				t.Fatalf("Check() = %v", err)
			}
			for username, want := range map[string]string{
				"roy": `{"https://shop.example/role":null,"name":"roy","number":1,"again":null}`,
				"a,b": `{"https://shop.example/role":"-,*,v00","name":"a,b","number":2,"again":"-,*,v00"}`,
			} {
				record, err := s.FindByUsername(t.Context(), username)
				if got := "{" + record.Claims.Members + "}"; err != nil || got != want || !json.Valid([]byte(got)) {
					t.Errorf("%s: %s, %v, want %s", username, got, err, want)
				}
			}
			all := open(t, users.Config{URL: admin, Claims: []users.Claim{{"a", "a"}, {"b", "b"}, {"c", "c"}, {"d", "d"}}})
			if record, err := all.FindByUsername(t.Context(), "ann"); err != nil || len(record.Claims.Members) < 2000 || record.Claims.Unfit {
				t.Errorf("2,000 bytes of claims: %d, %v", len(record.Claims.Members), err)
			}
			all = open(t, users.Config{URL: admin, Claims: []users.Claim{{"a", "a"}, {"b", "b"}, {"c", "c"}, {"d", "d"}, {"e", "e"}}})
			if record, err := all.FindByUsername(t.Context(), "ann"); err != nil || !record.Claims.Unfit || record.Claims.Members != "" {
				t.Errorf("2,500 bytes of claims: %+v, %v", record.Claims, err)
			}
		})
	}
}

// TestClaimsRefused: what goes into no token, or cannot be read, is said at the start.
func TestClaimsRefused(t *testing.T) {
	for _, c := range []struct {
		cfg  users.Config
		want string
	}{
		{users.Config{Claims: []users.Claim{{"password", "x"}}}, "column `password` is part of stored passwords"},
		{users.Config{Claims: []users.Claim{{"PassWord", "x"}}}, "is part of stored passwords"},
		{users.Config{PasswordColumn: "pw", Claims: []users.Claim{{"role", "role"}, {"pw", "x"}}}, "column `pw` is part"},
		{users.Config{SaltColumn: "salt", Claims: []users.Claim{{"Salt", "x"}}}, "column `salt` is part"},
		{users.Config{Claims: []users.Claim{{strings.Repeat("a", 65), "x"}}}, "--token-claims"},
		{users.Config{Claims: []users.Claim{{"", "x"}}}, "--token-claims"},
	} {
		c.cfg.URL = "mysql://roy@127.0.0.1:1/shop"
		if _, err := users.Open(t.Context(), c.cfg); !errors.Is(err, database.ErrConfig) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Open() with %v = %v, want %q", c.cfg.Claims, err, c.want)
		}
	}
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, strings.Replace(tutorialTable, "PRIMARY KEY", "picture blob, doc json, code binary(4), role varchar(9), PRIMARY KEY", 1))
			if name == "mariadb" { // where JSON is a text
				dbtest.Exec(t, admin, "ALTER TABLE `user` MODIFY doc geometry")
			}
			reader := dbtest.User(t, admin, "SELECT (id, username, password) ON `user`")
			for _, c := range []struct {
				url, column string
				kind        error
				want        []string
			}{
				{admin, "picture", users.ErrColumnType, []string{"column `picture`", "BLOB", "a claim is a number", "--token-claims"}},
				{admin, "doc", users.ErrColumnType, []string{"column `doc`", "--token-claims"}},
				{admin, "code", users.ErrColumnType, []string{"BINARY(4)"}},
				{admin, "rank", users.ErrColumnMissing, []string{"no column `rank`", "it has", "role", "--token-claims"}},
				{reader, "role", database.ErrNoGrant, []string{"GRANT SELECT (`id`, `username`, `password`, `role`) ON", "--token-claims"}},
			} {
				err := open(t, users.Config{URL: c.url, Claims: []users.Claim{{c.column, "x"}}}).Check(t.Context())
				if !errors.Is(err, c.kind) {
					t.Errorf("%s: Check() = %v, want %v", c.column, err, c.kind)
				}
				for _, want := range c.want {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("%s: Check() = %v, want %q in it", c.column, err, want)
					}
				}
			}
		})
	}
}

// TestQueryWithoutClaims: who wants none asks what was always asked.
func TestQueryWithoutClaims(t *testing.T) {
	file, _ := foreignFile(t)
	without := open(t, users.Config{URL: "sqlite:" + file}).ByNameQuery(t.Context())
	with := open(t, users.Config{URL: "sqlite:" + file, Claims: []users.Claim{{"username", "a"}, {"id", "b"}}}).ByNameQuery(t.Context())
	before, rest, _ := strings.Cut(with, ", CASE WHEN `username` IS NULL")
	_, after, _ := strings.Cut(rest, " AS claims")
	if strings.Contains(without, "claims") || before+after != without {
		t.Errorf("without claims:\n%s\nwith:\n%s", without, with)
	}
}
