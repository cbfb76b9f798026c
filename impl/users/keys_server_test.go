package users_test

import (
	"bytes"
	"database/sql"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

const uuid = "6ccd780c-baba-1026-9564-5b8c656024db"

// keyed is a table of a kind of keys, and what its rows are called by tokens.
type keyed struct {
	column  string // the type of id
	rows    string // (id, 'name') for each
	idType  users.IDType
	engine  string // "" for all, or the only one
	want    map[string]userid.ID
	nobody  []userid.ID // who is none of them, though the column may say so
	broken  []string    // names of rows without a key
	refused string      // what Check says instead
}

func number(t *testing.T, text string) userid.ID { t.Helper(); return digits(t, text) }

func keyedTables(t *testing.T) map[string]keyed {
	return map[string]keyed{
		"int":      {column: "int", rows: "(1, 'one'), (0, 'zero'), (-7, 'minus')", want: map[string]userid.ID{"one": userid.Number(1), "zero": userid.Number(0), "minus": userid.Number(-7)}, nobody: []userid.ID{userid.Text("1"), userid.Number(2)}},
		"zerofill": {column: "int(10) unsigned zerofill", engine: "mysql", rows: "(42, 'answer')", want: map[string]userid.ID{"answer": userid.Number(42)}, nobody: []userid.ID{userid.Text("0000000042"), userid.Text("42")}},
		"decimal": {column: "decimal(30,0)", engine: "mysql", rows: "(7, 'seven'), (18446744073709551616, 'big'), (-9223372036854775809, 'low'), (123456789012345678901234567890, 'long')", want: map[string]userid.ID{
			"seven": userid.Number(7), "big": number(t, "18446744073709551616"), "low": number(t, "-9223372036854775809"), "long": number(t, "123456789012345678901234567890"),
		}, nobody: []userid.ID{number(t, "123456789012345678901234567891"), number(t, "18446744073709551617"), number(t, strings.Repeat("9", 65))}},
		"decimal with a fraction": {column: "decimal(30,2)", engine: "mysql", rows: "(7, 'seven')", refused: "ids must be whole numbers, texts or UUIDs"},
		"float":                   {column: "double", rows: "(7, 'seven')", refused: "ids must be whole numbers, texts or UUIDs"},
		"varchar": {column: "varchar(255)", rows: "('ABC', 'upper'), ('7', 'seven'), ('jöe', 'umlaut'), ('a b', 'space')", want: map[string]userid.ID{
			"upper": userid.Text("ABC"), "seven": userid.Text("7"), "umlaut": userid.Text("jöe"), "space": userid.Text("a b"),
		}, nobody: []userid.ID{
			userid.Text("abc"), userid.Text("ABC "), userid.Text("joe"), userid.Text("jo\u0308e"), userid.Text("7.0"), userid.Number(7), userid.Number(0), userid.Text("😀"),
		}},
		"char(36)": {column: "char(36)", rows: "('" + uuid + "', 'roy')", want: map[string]userid.ID{"roy": userid.Text(uuid)}, nobody: []userid.ID{userid.Text(strings.ToUpper(uuid)), userid.Text(uuid + " ")}},
		"latin1":   {column: "varchar(40) character set latin1", engine: "mysql", rows: "('jöe', 'umlaut')", want: map[string]userid.ID{"umlaut": userid.Text("jöe")}, nobody: []userid.ID{userid.Text("😀"), userid.Text("joe"), userid.Text("JÖE")}},
		"ascii":    {column: "varchar(40) character set ascii", engine: "mysql", rows: "('roy', 'roy')", want: map[string]userid.ID{"roy": userid.Text("roy")}, nobody: []userid.ID{userid.Text("röy"), userid.Text("ROY")}},
		"uuid":     {column: "uuid", engine: "mariadb", rows: "('" + strings.ToUpper(uuid) + "', 'roy')", want: map[string]userid.ID{"roy": userid.Text(uuid)}, nobody: []userid.ID{userid.Text(strings.ToUpper(uuid)), userid.Text("x"), userid.Text(""), userid.Text(uuid[:35])}},
		"binary(16)": {column: "binary(16)", engine: "mysql", rows: "(UNHEX(REPLACE('" + uuid + "', '-', '')), 'roy')", want: map[string]userid.ID{"roy": userid.Text(uuid)}, nobody: []userid.ID{
			userid.Text("babaf026-780c-6ccd-9564-5b8c656024db"), userid.Text("x"), userid.Text(strings.ToUpper(uuid)), userid.Number(1),
		}},
		"swapped":               {column: "binary(16)", engine: "mysql", idType: users.IDSwapped, rows: "(UNHEX('1026baba6ccd780c95645b8c656024db'), 'roy')", want: map[string]userid.ID{"roy": userid.Text(uuid)}, nobody: []userid.ID{userid.Text("1026baba-6ccd-780c-9564-5b8c656024db")}},
		"varbinary(16) as such": {column: "varbinary(16)", engine: "mysql", idType: users.IDBinary, rows: "(UNHEX(REPLACE('" + uuid + "', '-', '')), 'roy'), ('short', 'short')", want: map[string]userid.ID{"roy": userid.Text(uuid)}, broken: []string{"short"}},
		"binary(36)":            {column: "binary(40)", engine: "mysql", rows: "('" + uuid + "', 'roy'), ('short', 'short')", want: map[string]userid.ID{"roy": userid.Text(uuid), "short": userid.Text("short")}, nobody: []userid.ID{userid.Text("SHORT"), userid.Text("short\x00"), userid.Text(strings.Repeat("a", 41))}},
		"blob":                  {column: "blob", engine: "sqlite", rows: "(x'" + strings.ReplaceAll(uuid, "-", "") + "', 'roy'), (x'00', 'short'), ('text', 'text')", want: map[string]userid.ID{"roy": userid.Text(uuid)}, broken: []string{"short", "text"}},
		"text of SQLite":        {column: "TEXT COLLATE NOCASE", engine: "sqlite", rows: "('ABC', 'upper'), (x'616263', 'bytes')", want: map[string]userid.ID{"upper": userid.Text("ABC")}, nobody: []userid.ID{userid.Text("abc")}, broken: []string{"bytes"}},
		"number as text":        {column: "varchar(40)", idType: users.IDNumber, rows: "('7', 'seven')", refused: "which holds no keys of type number"},
		"text as binary":        {column: "int", idType: users.IDBinary, rows: "(7, 'seven')", refused: "which holds no keys of type binary"},
		"a date":                {column: "date", engine: "mysql", rows: "('2020-01-01', 'x')", refused: "whole numbers"},
		"broken texts": {column: "varchar(300)", rows: "('', 'empty'), ('" + strings.Repeat("a", 256) + "', 'long'), ('" + strings.Repeat("b", 255) + "', 'longest'), ('fine', 'fine')", want: map[string]userid.ID{
			"fine": userid.Text("fine"), "longest": userid.Text(strings.Repeat("b", 255)),
		}, broken: []string{"empty", "long"}},
	}
}

// TestKeys: each kind of keys is found out from the column, a user's key is the same from
// a login, by itself and among others, and no other key finds that user.
func TestKeys(t *testing.T) {
	all := keyedTables(t)
	each := func(engine string, open func(t *testing.T, c keyed) (users.Config, *sql.DB)) {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			for name, c := range all {
				if c.engine != "" && c.engine != engine && (c.engine != "mysql" || engine == "sqlite") {
					continue
				}
				t.Run(name, func(t *testing.T) {
					cfg, db := open(t, c)
					checkKeyed(t, c, cfg, db)
				})
			}
		})
	}
	for name, fresh := range servers {
		each(name, func(t *testing.T, c keyed) (users.Config, *sql.DB) {
			admin := fresh(t)
			dbtest.Exec(t, admin, "CREATE TABLE `user` (id "+c.column+", username varchar(255), password varchar(255)) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
				"INSERT INTO `user` (id, username) VALUES "+c.rows, "UPDATE `user` SET password = 'hash'")
			return users.Config{URL: dbtest.User(t, admin, "SELECT (id, username, password) ON `user`")}, raw(t, admin)
		})
	}
	each("sqlite", func(t *testing.T, c keyed) (users.Config, *sql.DB) {
		file, db := foreignFile(t)
		mustExec(t, db, "DROP TABLE user", "CREATE TABLE user (id "+c.column+", username TEXT, password TEXT)",
			"INSERT INTO user (id, username) VALUES "+c.rows, "UPDATE user SET password = 'hash'")
		return users.Config{URL: "sqlite:" + file}, db
	})
}

func checkKeyed(t *testing.T, c keyed, cfg users.Config, db *sql.DB) {
	t.Helper()
	var log bytes.Buffer
	cfg.IDType, cfg.Logger = c.idType, slog.New(slog.NewJSONHandler(&log, nil))
	s := open(t, cfg)
	err := s.Check(t.Context())
	if c.refused != "" {
		if !errors.Is(err, users.ErrColumnType) || !strings.Contains(err.Error(), c.refused) {
			t.Errorf("Check() = %v, want %q", err, c.refused)
		}
		return
	}
	if err != nil {
		t.Fatalf("Check() = %v", err)
	}
	ids, want := slices.Clone(c.nobody), make(map[userid.ID]account.User)
	for name, id := range c.want {
		ids = append(ids, id)
		want[id] = account.User{ID: id, Username: name}
		someone(t, s, name, account.Record{User: want[id], PasswordHash: "hash"})
		if user, err := s.FindByID(t.Context(), id); err != nil || user != want[id] {
			t.Errorf("FindByID(%q) = %v, %v, want %s", id, user, err, name)
		}
		if s.IDs() != id.Kind() {
			t.Errorf("IDs() = %v, want %v", s.IDs(), id.Kind())
		}
	}
	for _, id := range c.nobody {
		if user, err := s.FindByID(t.Context(), id); !errors.Is(err, account.ErrUserNotFound) || errors.Is(err, account.ErrUnavailable) {
			t.Errorf("FindByID(%q) = %v, %v, want ErrUserNotFound", id, user, err)
		}
	}
	got, err := s.FindByIDs(t.Context(), ids)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("FindByIDs(): %v\n%s", err, diff)
	}
	if hashes, err := s.SampleHashes(t.Context(), 100); err != nil || len(hashes) != len(c.want) {
		t.Errorf("SampleHashes() = %q, %v, want %d", hashes, err, len(c.want))
	}
	log.Reset()
	for _, name := range c.broken {
		nobody(t, s, name)
	}
	if n := strings.Count(log.String(), "none that a token can carry"); n != len(c.broken) || strings.Count(log.String(), "\n") != n {
		t.Errorf("%d rows have no key, and are warned of so:\n%s", len(c.broken), &log)
	}
	mustExec(t, db, "DELETE FROM `user`")
	for id := range want {
		if user, err := s.FindByID(t.Context(), id); !errors.Is(err, account.ErrUserNotFound) {
			t.Errorf("FindByID(%q) of a deleted user = %v, %v", id, user, err)
		}
	}
}

// TestKeysUseTheIndex: whatever has to be done to compare a key exactly, its index finds it.
func TestKeysUseTheIndex(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for column, id := range map[string]string{
				"bigint unsigned": "n", "decimal(30,0)": "n", "varchar(255)": "CONCAT('user', n)", "char(36)": "CONCAT('user', n)",
				"varchar(40) character set latin1": "CONCAT('user', n)", "binary(16)": "UNHEX(LEFT(SHA2(n, 256), 32))", "binary(40)": "LEFT(SHA2(n, 256), 32)", "varbinary(40)": "LEFT(SHA2(n, 256), 32)",
			} {
				admin := fresh(t)
				dbtest.Exec(t, admin, "CREATE TABLE `user` (id "+column+", KEY by_id (id), username varchar(255), password varchar(255)) DEFAULT CHARSET=utf8mb4",
					"INSERT INTO `user` (id, username) WITH RECURSIVE seq (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM seq WHERE n < 500)"+
						" SELECT "+id+", n FROM (SELECT low.n + 500 * high.n AS n FROM seq AS low JOIN seq AS high ON high.n <= 20) AS numbers",
					"ANALYZE TABLE `user`")
				s := open(t, users.Config{URL: admin})
				one, several, args := s.ByIDQueries(t.Context())
				db := raw(t, admin)
				for query, keys := range map[string][]any{one: args[:1], several: args} {
					var values []any // a key may be named twice
					for _, key := range keys {
						values = append(values, slices.Repeat([]any{key}, strings.Count(query, "?")/len(keys))...)
					}
					plan := everything(t, db, "EXPLAIN "+query, values...)
					if !regexp.MustCompile(`(?i)\nkey: by_id\n|using by_id `).MatchString(plan) {
						t.Errorf("%s: the plan does not use the index:\n%.1000s", column, plan)
					}
				}
			}
		})
	}
}

// TestManyRowsOfOneID: a table with thousands of rows of one id is not read whole, and has
// the others nevertheless.
func TestManyRowsOfOneID(t *testing.T) {
	t.Parallel()
	admin := dbtest.MariaDB(t)
	dbtest.Exec(t, admin, "CREATE TABLE `user` (id int, username varchar(45), password varchar(45), KEY (id))",
		"INSERT INTO `user` (id, username) WITH RECURSIVE seq (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM seq WHERE n < 60) SELECT 1, 'many' FROM seq AS a JOIN seq",
		"INSERT INTO `user` (id, username) VALUES (2, 'one')")
	got, err := open(t, users.Config{URL: admin}).FindByIDs(t.Context(), []userid.ID{userid.Number(1), userid.Number(2), userid.Number(3)})
	want := map[userid.ID]account.User{userid.Number(1): {ID: userid.Number(1), Username: "many"}, userid.Number(2): {ID: userid.Number(2), Username: "one"}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("FindByIDs(): %v\n%s", err, diff)
	}
}

// TestKeysThatChange: a column that has another kind of keys than before is refused.
func TestKeysThatChange(t *testing.T) {
	t.Parallel()
	admin := dbtest.MariaDB(t)
	dbtest.Exec(t, admin, "CREATE TABLE `user` (id int, username varchar(45), password varchar(45))", "INSERT INTO `user` VALUES (1, 'roy', 'x')")
	s := open(t, users.Config{URL: admin})
	if s.IDs() != userid.Unknown {
		t.Errorf("IDs() before the table was looked at = %v", s.IDs())
	}
	if err := s.Check(t.Context()); err != nil || s.IDs() != userid.Numbers {
		t.Errorf("Check() = %v, IDs() = %v", err, s.IDs())
	}
	dbtest.Exec(t, admin, "ALTER TABLE `user` MODIFY id bigint")
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("Check() of a larger number = %v", err)
	}
	dbtest.Exec(t, admin, "ALTER TABLE `user` MODIFY id varchar(36)")
	if err := s.Check(t.Context()); !errors.Is(err, users.ErrColumnType) || !strings.Contains(err.Error(), "start it again") {
		t.Errorf("Check() of another kind of keys = %v", err)
	}
	if user, err := s.FindByID(t.Context(), userid.Number(1)); !errors.Is(err, users.ErrColumnType) {
		t.Errorf("FindByID() of another kind of keys = %v, %v", user, err)
	}
}

// TestOrderOfBytes: ids that another order was written in are warned of.
func TestOrderOfBytes(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for rows, want := range map[string]bool{
				"(UNHEX('11eb8dcd6ccd780c95645b8c656024db')), (UNHEX('11eb8dcd0a5dfa0c95645b8c656024db'))":                                              true,
				"(UNHEX('6ccd780cbaba102695645b8c656024db')), (UNHEX('0c5d780cbaba402695645b8c656024db')), (UNHEX('1c5d780cbaba702695645b8c656024db'))": false,
				"(UNHEX('00000000000000000000000000000001'))":                                                                                           false,
			} {
				admin := fresh(t)
				dbtest.Exec(t, admin, "CREATE TABLE `user` (id binary(16), username varchar(45), password varchar(45))", "INSERT INTO `user` (id) VALUES "+rows)
				var log bytes.Buffer
				s := open(t, users.Config{URL: admin, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				for range 2 {
					if err := s.Check(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if got := strings.Count(log.String(), "--users-id-type=uuid-swapped"); got != map[bool]int{true: 1}[want] {
					t.Errorf("%s: warned %d times, want %v:\n%s", rows, got, want, &log)
				}
			}
		})
	}
}
