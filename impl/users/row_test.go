package users_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// looseTable is a table that keeps nobody from writing nonsense into it.
const looseTable = "CREATE TABLE `user` (id bigint unsigned, username longtext, password longtext)" +
	" DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"

// loose runs a test on such a table of every engine. The Store may only read.
func loose(t *testing.T, table string, test func(t *testing.T, s *users.Store, db *sql.DB)) {
	looseConfig(t, table, func(t *testing.T, cfg users.Config, db *sql.DB) { test(t, open(t, cfg), db) })
}

func looseConfig(t *testing.T, table string, test func(t *testing.T, cfg users.Config, db *sql.DB)) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, table)
			test(t, users.Config{URL: dbtest.User(t, admin, "SELECT (id, username, password) ON `user`")}, raw(t, admin))
		})
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		file, db := foreignFile(t)
		mustExec(t, db, "DROP TABLE user", "CREATE TABLE user (id INT, username TEXT, password TEXT)")
		test(t, users.Config{URL: "sqlite:" + file}, db)
	})
}

func mustExec(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("run %.80q: %v", statement, err)
		}
	}
}

// nobody looks a name up that must be nobody's, without an outage.
func nobody(t *testing.T, s *users.Store, username string) {
	t.Helper()
	record, err := s.FindByUsername(t.Context(), username)
	if !errors.Is(err, account.ErrUserNotFound) || errors.Is(err, account.ErrUnavailable) {
		t.Errorf("FindByUsername(%.40q) = %.80v, %v, want ErrUserNotFound", username, record, err)
	}
}

func someone(t *testing.T, s *users.Store, username string, want account.Record) {
	t.Helper()
	got, err := s.FindByUsername(t.Context(), username)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("FindByUsername(%.40q): %v\n%s", username, err, diff)
	}
}

// TestScanID: drivers hand ids on in several types.
func TestScanID(t *testing.T) {
	for _, c := range []struct {
		value  any
		id     string
		usable bool
	}{
		{int64(-1), "-1", true},
		{int64(math.MaxInt64), "9223372036854775807", true},
		{uint64(math.MaxInt64), "9223372036854775807", true},
		{uint64(math.MaxInt64) + 1, "9223372036854775808", true},
		{uint64(math.MaxUint64), "18446744073709551615", true},
		{[]byte("7"), "7", true},
		{[]byte("0000000007"), "7", true},
		{[]byte("000"), "0", true},
		{[]byte("9223372036854775808"), "9223372036854775808", true},
		{[]byte("-9223372036854775809"), "-9223372036854775809", true},
		{[]byte("7x"), "", false},
		{[]byte("7.0"), "", false},
		{[]byte(""), "", false},
		{nil, "", false},
		{"7", "", false},
		{7.0, "", false},
		{true, "", false},
	} {
		if id, usable := users.ScanID(c.value); usable != c.usable || usable && id.String() != c.id {
			t.Errorf("ScanID(%T %[1]v) = %v, %v, want %s, %v", c.value, id, usable, c.id, c.usable)
		}
	}
}

// TestBrokenIDs: one row without a usable id is nobody's, and spoils nothing
// for the others.
func TestBrokenIDs(t *testing.T) {
	loose(t, looseTable, func(t *testing.T, s *users.Store, db *sql.DB) {
		mustExec(t, db,
			"INSERT INTO user VALUES (NULL, 'null', 'hash1'), (2, 'roy', 'hash2'), (3, 'anna', 'hash3')",
			"INSERT INTO user VALUES (9223372036854775808, 'big', 'hash4'), (18446744073709551615, 'bigger', 'hash5')",
			"INSERT INTO user VALUES (NULL, 'twice', 'hash6'), (7, 'twice', 'hash7')")
		nobody(t, s, "null")
		wants := map[int][]string{1: {"hash2"}, 2: {"hash2", "hash5"}, 100: {"hash2", "hash3", "hash4", "hash5", "hash7"}}
		if strings.HasSuffix(t.Name(), "/sqlite") { // which keeps such numbers as fractions
			nobody(t, s, "big")
			nobody(t, s, "bigger")
			wants = map[int][]string{1: {"hash2"}, 2: {"hash2", "hash7"}, 100: {"hash2", "hash3", "hash7"}}
		}
		nobody(t, s, "twice") // the rule chooses the row first
		someone(t, s, "roy", account.Record{User: account.User{ID: userid.Number(2), Username: "roy"}, PasswordHash: "hash2"})
		for limit, want := range wants {
			got, err := s.SampleHashes(t.Context(), limit)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("SampleHashes(%d): %v\n%s", limit, err, diff)
			}
		}
		if user, err := s.FindByID(t.Context(), userid.Number(0)); !errors.Is(err, account.ErrUserNotFound) {
			t.Errorf("FindByID(0) = %v, %v, want ErrUserNotFound", user, err)
		}
		if err := s.Ready(t.Context()); err != nil {
			t.Errorf("Ready() = %v", err)
		}
	})
}

// TestOverlongValues: what is too long for a name or a hash is not fetched, and
// no part of it passes for one.
func TestOverlongValues(t *testing.T) {
	const valid = "sha256$salt$d4c285227493531d0577140a1ed03964d4c285227493531d0577140a1ed03964"
	longest := "plain$" + strings.Repeat("s", 512) + "$" + strings.Repeat("x", 4096)
	for name, table := range map[string]string{
		"text":   looseTable,
		"utf16":  strings.ReplaceAll(looseTable, "password longtext", "password longtext CHARACTER SET utf16"),
		"utf32":  strings.ReplaceAll(looseTable, "longtext", "longtext CHARACTER SET utf32"),
		"binary": strings.ReplaceAll(looseTable, "longtext", "longblob"),
	} {
		t.Run(name, func(t *testing.T) {
			loose(t, table, func(t *testing.T, s *users.Store, db *sql.DB) {
				insert := func(id int64, username, hash string) {
					t.Helper()
					if _, err := db.ExecContext(t.Context(), "INSERT INTO user VALUES (?, ?, ?)", id, username, hash); err != nil {
						t.Fatal(err)
					}
				}
				name255 := strings.Repeat("😀", 255)
				insert(1, "padded", valid+strings.Repeat(" ", 1<<17))
				insert(2, "nul", valid+"\x00"+strings.Repeat("x", 1<<17))
				insert(3, "nul and little", valid+"\x00x")
				insert(4, name255, longest)
				insert(5, strings.Repeat("n", 1<<17), valid)
				insert(6, "trailing"+strings.Repeat(" ", 1<<17), valid)
				for _, username := range []string{"padded", "nul", "nul and little"} {
					record, err := s.FindByUsername(t.Context(), username)
					if err != nil || len(record.PasswordHash) > 100 {
						t.Fatalf("FindByUsername(%s) = %d bytes of hash, %v", username, len(record.PasswordHash), err)
					}
					if _, err := password.Parse(record.PasswordHash); !errors.Is(err, password.ErrMalformed) {
						t.Errorf("the hash of %q is taken for %.100q, %v, want ErrMalformed", username, record.PasswordHash, err)
					}
				}
				someone(t, s, name255, account.Record{User: account.User{ID: userid.Number(4), Username: name255}, PasswordHash: longest})
				nobody(t, s, strings.Repeat("n", 255))
				nobody(t, s, "trailing")
				user, err := s.FindByID(t.Context(), userid.Number(5))
				if want := (account.User{ID: userid.Number(5)}); err != nil || user != want {
					t.Errorf("FindByID() = %.40v, %v, want no name", user, err)
				}
				hashes, err := s.SampleHashes(t.Context(), 10)
				if err != nil || len(hashes) != 6 || len(strings.Join(hashes, "")) > 5000 {
					t.Errorf("SampleHashes() = %d hashes of %d bytes, %v, want 6, bounded", len(hashes), len(strings.Join(hashes, "")), err)
				}
			})
		})
	}
}

// TestNameLookupUsesTheIndex: bounding the answer must not cost the index.
func TestNameLookupUsesTheIndex(t *testing.T) {
	indexed := strings.ReplaceAll(looseTable, "username longtext", "username varchar(255), KEY by_name (username)")
	loose(t, indexed, func(t *testing.T, s *users.Store, db *sql.DB) {
		explain := "EXPLAIN "
		if strings.HasSuffix(t.Name(), "/sqlite") {
			mustExec(t, db, "CREATE INDEX by_name ON user (username)")
			explain = "EXPLAIN QUERY PLAN "
		}
		mustExec(t, db, "INSERT INTO user VALUES (1, 'roy', 'x')")
		for i := range 8 { // 256 rows: for a few no planner takes an index
			mustExec(t, db, fmt.Sprintf("INSERT INTO user SELECT id + %d, CONCAT(username, id), 'x' FROM user", 1<<i))
		}
		plan := everything(t, db, explain+s.ByNameQuery(t.Context()), "roy", "roy")
		if !regexp.MustCompile(`(?i)\nkey: by_name\n|using (index )?by_name`).MatchString(plan) {
			t.Errorf("the plan does not use the index:\n%s", plan)
		}
	})
}

// everything is all that a query returns, as text.
func everything(t *testing.T, db *sql.DB, query string, args ...any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(sql.NullString)
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatal(err)
		}
		for i, value := range values {
			fmt.Fprintf(&all, "%s: %s\n", columns[i], value.(*sql.NullString).String)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all.String()
}
