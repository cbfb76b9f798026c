package doctor_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/doctor"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// planted is a table with one of each thing that may be wrong with a row, and what is said
// of it: how many rows and the keys of some.
var planted = struct {
	tables []string
	want   map[string]found
}{
	tables: []string{
		"CREATE TABLE `user` (id bigint unsigned NULL, username varchar(300) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci, password varchar(1500), active tinyint(1) DEFAULT 1, KEY (id), KEY (username(100)))",
		"INSERT INTO `user` (id, username, password) VALUES (1, 'roy', '" + pbkdf2 + "'), (2, 'ROY', '" + pbkdf2 + "'), (3, 'pris', '" + pbkdf2 + "'), (4, 'pris', '" + pbkdf2 + "')",
		"INSERT INTO `user` (id, username, password) VALUES (5, NULL, '" + pbkdf2 + "'), (6, '', '" + pbkdf2 + "'), (7, REPEAT('x', 300), '" + pbkdf2 + "'), (8, 'leon', NULL), (9, 'zhora', ''), (10, 'unusable', '!'), (11, 'broken', 'pbkdf2:sha256:1000$salt$xyz')",
		"INSERT INTO `user` (id, username, password) VALUES (12, 'foreign', '$9$abc$def'), (13, 'costly', 'pbkdf2:sha256:999999999$salt$" + strings.Repeat("0", 64) + "'), (14, 'encoded', '" + pbkdf2 + "'), (15, CONVERT(0x4AC383C2B6 USING utf8mb4), '" + pbkdf2 + "')",
		"INSERT INTO `user` (id, username, password, active) VALUES (16, 'banned', '" + pbkdf2 + "', 0), (18446744073709551615, 'large', '" + pbkdf2 + "', 1), (NULL, 'keyless', '" + pbkdf2 + "', 1), (17, 'weak', 'md5$$" + strings.Repeat("0", 32) + "', 1)",
	},
	want: map[string]found{
		"names_equal":        {doctor.Warning, 1, []string{"1", "2"}},
		"name_duplicate":     {doctor.Error, 1, []string{"4"}},
		"name_missing":       {doctor.Info, 2, []string{"5", "6"}},
		"name_too_long":      {doctor.Warning, 1, []string{"7"}},
		"hash_missing":       {doctor.Info, 2, []string{"8", "9"}},
		"hash_unusable":      {doctor.Info, 1, []string{"10"}},
		"hash_malformed":     {doctor.Warning, 1, []string{"11"}},
		"hash_unsupported":   {doctor.Warning, 1, []string{"12"}},
		"hash_too_costly":    {doctor.Warning, 1, []string{"13"}},
		"name_encoded_twice": {doctor.Warning, 1, []string{"15"}},
		"filtered":           {doctor.Info, 1, []string{"16"}},
		"key_large":          {doctor.Info, 1, nil},
		"key_null":           {doctor.Warning, 1, []string{"NULL"}},
		"hash_weak":          {doctor.Warning, 1, nil},
		"cannot_log_in":      {doctor.Error, 11, nil},
		"state_column":       {doctor.Warning, 0, nil},
		"key_not_unique":     {doctor.Warning, 0, nil},
	},
}

// found is a finding without its words.
type found struct {
	Severity doctor.Severity
	Rows     int64
	Keys     []string
}

func findings(r *doctor.Report, but ...string) map[string]found {
	all := make(map[string]found)
	for _, f := range r.Findings {
		if !slices.Contains(but, f.Code) {
			slices.Sort(f.Keys)
			all[f.Code] = found{f.Severity, f.Rows, f.Keys}
		}
	}
	return all
}

// TestPlanted: each thing that is wrong with a row is told, by its key, and by no part of a
// name or a hash.
func TestPlanted(t *testing.T) {
	t.Parallel()
	for engine, fresh := range servers() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, planted.tables...)
			r := examine(t, doctor.Config{Users: users.Config{URL: dbtest.User(t, admin, "SELECT (id, username, password, active) ON `user`")}})
			want := planted.want
			if diff := cmp.Diff(want, findings(r, "no_tls", "secret_short")); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if r.Rows != 19 || !r.Complete {
				t.Errorf("%d rows looked at, complete: %v, want all 19", r.Rows, r.Complete)
			}
			tellsNothing(t, r)
		})
	}
}

// tellsNothing: what is planted of names and hashes is nowhere in a report.
func tellsNothing(t *testing.T, r *doctor.Report) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"0123456789abcdef", "pris", "zhora", "keyless", "$salt$", "abc$def", "xxxxxxx", "3f9c0a77"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("the report has %q in it:\n%s", secret, text)
		}
	}
}

// TestCutHashes: a column that is narrower than its contents were.
func TestCutHashes(t *testing.T) {
	t.Parallel()
	for engine, fresh := range servers() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, "CREATE TABLE `user` (id int PRIMARY KEY, username varchar(50), password varchar(80))",
				"SET sql_mode = ''; INSERT INTO `user` VALUES (1, 'roy', '"+pbkdf2+"'), (2, 'pris', '"+bcrypt+"'), (3, 'leon', '"+pbkdf2+"')")
			r := examine(t, doctor.Config{Users: users.Config{URL: admin}})
			if got, want := findings(r)["hash_cut"], (found{doctor.Error, 2, []string{"1", "3"}}); !cmp.Equal(got, want) {
				t.Errorf("hash_cut = %+v, want %+v of %+v", got, want, r.Findings)
			}
			fixes := map[string]string{"hash_cut": "ALTER TABLE `user` MODIFY `password` VARCHAR(255)", "missing_index": "CREATE INDEX `restauth_username` ON `user` (`username`)"}
			for _, f := range r.Findings {
				if statement := fixes[f.Code]; statement != "" {
					if !strings.HasPrefix(f.Fix, statement) {
						t.Errorf("%s: to do is %q, want the statement", f.Code, f.Fix)
					}
					dbtest.Exec(t, admin, statement)
					delete(fixes, f.Code)
				}
			}
			if len(fixes) > 0 {
				t.Errorf("not told of: %v", fixes)
			}
			if again := codes(examine(t, doctor.Config{Users: users.Config{URL: admin}})); again["hash_cut"] != "" || again["missing_index"] != "" {
				t.Errorf("after the statements: %v", again)
			}
		})
	}
}

// TestKeys: keys that no token can carry.
func TestKeys(t *testing.T) {
	t.Parallel()
	for engine, fresh := range servers() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			for column, c := range map[string]struct {
				keys string
				want found
			}{
				"varchar(400)":   {"('', 'a'), (REPEAT('k', 256), 'b'), (REPEAT('k', 255), 'c'), ('d', 'd')", found{doctor.Warning, 2, []string{"", strings.Repeat("k", 64)}}},
				"decimal(10, 2)": {"(1.50, 'a'), (2.00, 'b')", found{doctor.Warning, 1, []string{"1.50"}}},
				"varbinary(20)":  {"(x'ff00', 'a'), ('text', 'b')", found{doctor.Warning, 1, []string{"0xff00"}}},
			} {
				admin := fresh(t)
				dbtest.Exec(t, admin, "CREATE TABLE user (id "+column+" PRIMARY KEY, username varchar(50) UNIQUE, password varchar(255) DEFAULT '"+bcrypt+"')", "INSERT INTO user (id, username) VALUES "+c.keys)
				r := examine(t, doctor.Config{Named: true, Users: users.Config{URL: admin}})
				if got := findings(r)["key_out_of_range"]; !cmp.Equal(got, c.want) {
					t.Errorf("%s: key_out_of_range = %+v, want %+v; all: %+v", column, got, c.want, r.Findings)
				}
			}
		})
	}
}

// TestServerFindings: what is wrong around the table.
func TestServerFindings(t *testing.T) {
	t.Parallel()
	for engine, fresh := range servers() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, "CREATE TABLE `user` (id int PRIMARY KEY, username varchar(50) UNIQUE, password varchar(255))", "INSERT INTO `user` VALUES (1, 'roy', '"+bcrypt+"')")
			cfg := doctor.Config{Users: users.Config{URL: admin}, Secret: []byte("short")}
			r := examine(t, cfg)
			want := map[string]doctor.Severity{"grants_wide": doctor.Warning, "secret_short": doctor.Warning}
			if diff := cmp.Diff(want, codes(r)); diff != "" {
				t.Errorf("findings as an administrator (-want +got):\n%s", diff)
			}
			cfg.Users.URL, cfg.Secret = dbtest.User(t, admin, "SELECT ON *"), []byte("django-insecure-0123456789abcdef0123456789")
			want = map[string]doctor.Severity{"grants_wide": doctor.Info, "secret_guessable": doctor.Warning}
			if diff := cmp.Diff(want, codes(examine(t, cfg))); diff != "" {
				t.Errorf("findings as who may read all (-want +got):\n%s", diff)
			}
			cfg.Secret, cfg.Now = nil, func() time.Time { return time.Now().Add(time.Hour) }
			if got := codes(examine(t, cfg))["clock"]; got != doctor.Warning {
				t.Errorf("an hour apart: clock = %q, want a warning", got)
			}
			u, err := url.Parse(admin)
			if err != nil {
				t.Fatal(err)
			}
			u.RawQuery = "tls=skip-verify"
			if engine == "MySQL" {
				if got := codes(examine(t, doctor.Config{Users: users.Config{URL: u.String()}}))["tls_unverified"]; got != doctor.Warning {
					t.Errorf("with tls=skip-verify: tls_unverified = %q, want a warning", got)
				}
			}
		})
	}
}

// TestReadOnly: a server that takes no writes is told of.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	server := dbtest.Start(t, dbtest.KindMariaDB)
	admin := server.Database(t)
	dbtest.Exec(t, admin, "CREATE TABLE `user` (id int PRIMARY KEY, username varchar(50) UNIQUE, password varchar(255))", "SET GLOBAL read_only = ON")
	if got := codes(examine(t, doctor.Config{Users: users.Config{URL: dbtest.User(t, admin, "SELECT ON *")}}))["read_only"]; got != doctor.Info {
		t.Errorf("read_only = %q, want it told", got)
	}
}

// TestReplicaBehind: so is a copy that does not keep up.
func TestReplicaBehind(t *testing.T) {
	t.Parallel()
	server := dbtest.Start(t, dbtest.KindMariaDB)
	admin := server.Database(t)
	dbtest.Exec(t, admin, "CREATE TABLE `user` (id int PRIMARY KEY, username varchar(50) UNIQUE, password varchar(255))",
		"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=1, MASTER_USER='nobody'") // its source is not there
	if got := codes(examine(t, doctor.Config{Users: users.Config{URL: admin}}))["replica_behind"]; got != doctor.Warning {
		t.Errorf("replica_behind = %q, want a warning", got)
	}
	if got := codes(examine(t, doctor.Config{Users: users.Config{URL: dbtest.User(t, admin, "SELECT ON *")}}))["replica_behind"]; got != "" {
		t.Errorf("replica_behind = %q for who may not ask, want nothing", got)
	}
}

// TestNarrowRights: a column that may not be read is named.
func TestNarrowRights(t *testing.T) {
	t.Parallel()
	for engine, fresh := range servers() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, "CREATE TABLE `user` (id int PRIMARY KEY, username varchar(50) UNIQUE, password varchar(255))", "INSERT INTO `user` VALUES (1, 'roy', '"+bcrypt+"')")
			r := examine(t, doctor.Config{Users: users.Config{URL: dbtest.User(t, admin, "SELECT (id, username), INSERT (password) ON `user`")}})
			if f := r.Findings[slices.IndexFunc(r.Findings, func(f doctor.Finding) bool { return f.Code == "grants_narrow" })]; f.Severity != doctor.Error ||
				!strings.HasSuffix(f.Text, " may not read password.") || f.Fix != r.Proposal.Grant || !strings.HasPrefix(f.Fix, "GRANT SELECT (`id`, `username`, `password`) ON ") || r.Complete {
				t.Errorf("the password may only be written: %+v, complete: %v", f, r.Complete)
			}
			dbtest.Exec(t, admin, "ALTER TABLE `user` ADD COLUMN note text")
			r = examine(t, doctor.Config{Users: users.Config{URL: dbtest.User(t, admin, "SELECT (id, username, password), INSERT (note) ON `user`")}})
			if c := codes(r); c["grants_narrow"] != "" || c["grants_wide"] != doctor.Warning || r.Rows != 1 || !r.Complete {
				t.Errorf("another column may only be written: %+v, %d rows, complete: %v", r.Findings, r.Rows, r.Complete)
			}
		})
	}
}

// TestNothingThere: databases in which no user table is.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	for engine, fresh := range servers() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			if got := codes(examine(t, doctor.Config{Users: users.Config{URL: dbtest.User(t, admin, "SELECT ON *")}}))["no_table"]; got != doctor.Error {
				t.Errorf("an empty database: no_table = %q", got)
			}
			dbtest.Exec(t, admin, "CREATE TABLE orders (id int PRIMARY KEY, title varchar(100), body text)",
				"CREATE TABLE members (id int PRIMARY KEY, login varchar(50) UNIQUE, password varchar(255))")
			r := examine(t, doctor.Config{Users: users.Config{URL: dbtest.User(t, admin, "SELECT ON *"), Table: "no_such"}, Named: true})
			if codes(r)["table_missing"] != doctor.Error || r.Table != "members" {
				t.Errorf("another table is named: %+v, looked at %q", r.Findings, r.Table)
			}
			r = examine(t, doctor.Config{Users: users.Config{URL: dbtest.User(t, admin, "SELECT ON *"), Table: "members", UsernameColumn: "mail"}, Named: true})
			if codes(r)["column_missing"] != doctor.Error {
				t.Errorf("another column is named: %+v", r.Findings)
			}
		})
	}
}

// TestPages: each row is counted once, however many there are and whatever the key is.
func TestPages(t *testing.T) {
	t.Parallel()
	for engine, fresh := range servers() {
		for name, id := range map[string]struct{ column, of string }{
			"numbers":           {"bigint PRIMARY KEY", "n"},
			"large numbers":     {"bigint unsigned PRIMARY KEY", "CAST(n AS UNSIGNED) + 9223372036854775000"},
			"negative":          {"int PRIMARY KEY", "1000 - n"},
			"the same for many": {"int, KEY (id)", "n DIV 900"},
			"decimals":          {"decimal(30) PRIMARY KEY", "n + 9007199254740993"},
			"texts":             {"varchar(40) PRIMARY KEY", "left(sha2(n, 256), 32)"},
			"latin1":            {"char(40) CHARACTER SET latin1 PRIMARY KEY", "concat('ä', left(sha2(n, 256), 32))"},
			"bytes":             {"binary(16) PRIMARY KEY", "unhex(left(sha2(n, 256), 32))"},
			"no index":          {"varchar(40)", "left(sha2(n, 256), 32)"},
		} {
			t.Run(engine+"/"+name, func(t *testing.T) {
				t.Parallel()
				admin := fresh(t)
				const rows = 1<<11 + 77
				dbtest.Exec(t, admin, "CREATE TABLE numbers (n int AUTO_INCREMENT PRIMARY KEY, x int)", "INSERT INTO numbers (x) VALUES (1)"+strings.Repeat(", (1)", 76),
					"INSERT INTO numbers (x) VALUES (1)"+strings.Repeat(", (1)", 1<<11-1),
					"CREATE TABLE user (id "+id.column+", username varchar(50) UNIQUE, password varchar(255))",
					"INSERT INTO user SELECT "+id.of+", concat('u', n), '"+pbkdf2+"' FROM numbers")
				r := examine(t, doctor.Config{Users: users.Config{URL: admin}})
				if r.Rows != rows || !r.Complete || len(r.Forms) != 1 || r.Forms[0].Rows != rows || r.NoLogin != 0 {
					t.Errorf("%d rows, complete %v, forms %+v, %d cannot log in; want all %d", r.Rows, r.Complete, r.Forms, r.NoLogin, rows)
				}
			})
		}
	}
}
