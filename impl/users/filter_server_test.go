package users_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

func filters(t testing.TB, texts ...string) []users.Filter {
	t.Helper()
	var all []users.Filter
	for _, text := range texts {
		f, err := users.ParseFilter(text)
		if err != nil {
			t.Fatalf("ParseFilter(%s) = %v", text, err)
		}
		all = append(all, f)
	}
	return all
}

func TestParseFilter(t *testing.T) {
	for text, want := range map[string]users.Filter{
		"is_active=1":     {Column: "is_active", Value: "1"},
		"banned!=1":       {Column: "banned", Not: true, Value: "1"},
		"deleted_at=NULL": {Column: "deleted_at", Null: true}, "deleted_at=null": {Column: "deleted_at", Null: true},
		"confirmed_at!=NULL": {Column: "confirmed_at", Not: true, Null: true},
		"role=":              {Column: "role"}, "role!=": {Column: "role", Not: true},
		"role=a=b": {Column: "role", Value: "a=b"}, "role==": {Column: "role", Value: "="}, "role= a ": {Column: "role", Value: " a "},
		"role=!=": {Column: "role", Value: "!="}, "role=' OR 1=1 -- ": {Column: "role", Value: "' OR 1=1 -- "},
	} {
		if got, err := users.ParseFilter(text); err != nil || got != want {
			t.Errorf("ParseFilter(%q) = %+v, %v", text, got, err)
		}
		again, err := users.ParseFilter(want.String())
		if err != nil || again != want {
			t.Errorf("%+v as text is %q, which reads as %+v, %v", want, want, again, err)
		}
	}
	for _, text := range []string{"", "is_active", "=1", "!=1", " =1", "is_active>1", "a\x00=1", "!", strings.Repeat("c", 65) + "=1"} {
		if got, err := users.ParseFilter(text); !errors.Is(err, database.ErrConfig) {
			t.Errorf("ParseFilter(%q) = %+v, %v, want ErrConfig", text, got, err)
		}
	}
	if _, err := users.ParseFilter("secret"); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("an error repeats what it does not understand: %v", err)
	}
}

// stated is a column of a type, and whom each filter lets in.
type stated struct {
	column string
	values string // of users a, b, c and so on, with commas
	lets   map[string]string
	not    []string // filters that are refused
}

// sameEverywhere are those of which all databases think alike.
var sameEverywhere = map[string]stated{
	"TINYINT(1)":  {"TINYINT(1)", "1, 0, NULL, 2, -1", map[string]string{"s=1": "a", "s!=1": "bde", "s!=0": "ade", "s=0": "b", "s=true": "a", "s=FALSE": "b", "s=NULL": "c", "s!=NULL": "abde", "s=-1": "e", "s=7": ""}, []string{"s=yes", "s=1.0", "s=", "s=1 OR 1=1", "s=1e0", "s=x"}},
	"INT":         {"INT", "7, 8, NULL", map[string]string{"s=7": "a", "s!=7": "b"}, []string{"s=seven"}},
	"VARCHAR(20)": {"VARCHAR(20)", "'active', 'banned', NULL, '', 'act''ive'", map[string]string{"s=active": "a", "s!=banned": "ade", "s=": "d", "s!=": "abe", "s=act'ive": "e", "s=' OR 1=1 -- ": "", "s=1": ""}, nil},
	"DATETIME":    {"DATETIME", "NULL, '2020-01-02 03:04:05'", map[string]string{"s=NULL": "a", "s!=NULL": "b"}, []string{"s=soon", "s=1", "s=2020-13-01"}},
}

// onServers are those of MySQL and MariaDB.
var onServers = map[string]stated{
	"BIT(1)":        {"BIT(1)", "b'1', b'0', NULL", map[string]string{"s=1": "a", "s!=1": "b", "s=0": "b", "s=true": "a", "s=NULL": "c"}, []string{"s=2", "s=-1", "s=x", "s=\x01"}},
	"BIT(8)":        {"BIT(8)", "255, 49", map[string]string{"s=255": "a", "s=49": "b", "s=1": ""}, []string{"s=256"}},
	"ENUM digits":   {"ENUM('0','1')", "'0', '1', NULL", map[string]string{"s=1": "b", "s=0": "a", "s!=0": "b", "s=NULL": "c"}, []string{"s=2", "s=true", "s="}},
	"ENUM words":    {"ENUM('Y','N','it''s')", "'Y', 'N', NULL, 'it''s'", map[string]string{"s=Y": "a", "s!=N": "ad", "s=it's": "d"}, []string{"s=y", "s=1"}},
	"DECIMAL":       {"DECIMAL(10,2)", "1, 0.50, NULL", map[string]string{"s=1": "a", "s=1.00": "a", "s=0.5": "b", "s!=1": "b"}, []string{"s=x", "s=1e0", "s=.5"}},
	"any case":      {"VARCHAR(20)", "'Active', 'active', 'aktiv', 'active '", map[string]string{"s=active": "b", "s!=active": "c"}, nil},
	"latin1":        {"VARCHAR(20) CHARACTER SET latin1", "'jö', 'x'", map[string]string{"s=x": "b"}, []string{"s=jö", "s=😀"}},
	"BINARY(4)":     {"BINARY(4)", "'ab', 'abcd', NULL", map[string]string{"s=ab": "a", "s=abcd": "b", "s!=ab": "b", "s=0x61620000": "a", "s=AB": ""}, nil},
	"VARBINARY":     {"VARBINARY(20)", "'ab', UNHEX('ff00')", map[string]string{"s=ab": "a", "s=0xff00": "b", "s!=0xff00": "a"}, nil},
	"DATE":          {"DATE", "'2020-01-02', NULL", map[string]string{"s=2020-01-02": "a", "s!=2020-01-03": "a"}, []string{"s=0000-00-00", "s=2020-02-30"}},
	"DATETIME(6)":   {"DATETIME(6)", "'2020-01-02 03:04:05', '2020-01-02', NULL", map[string]string{"s=2020-01-02 03:04:05": "a", "s=2020-01-02": "b", "s!=2020-01-02": "a"}, nil},
	"TIMESTAMP":     {"TIMESTAMP NULL", "NULL, '2020-01-02 03:04:05'", map[string]string{"s=NULL": "a", "s!=NULL": "b"}, []string{"s=2020-01-02 03:04:05"}},
	"DOUBLE":        {"DOUBLE", "1, NULL", map[string]string{"s=NULL": "b"}, []string{"s=1"}},
	"SET":           {"SET('a','b')", "'a', NULL", map[string]string{"s=NULL": "b"}, []string{"s=a"}},
	"BIGINT":        {"BIGINT UNSIGNED", "18446744073709551615, 9223372036854775807", map[string]string{"s=18446744073709551615": "a", "s=-1": ""}, []string{"s=18446744073709551616"}},
	"TEXT":          {"TEXT", "'a', 'b'", map[string]string{"s=a": "a", "s!=a": "b"}, nil},
	"JSON, as text": {"JSON", "'1', NULL", map[string]string{"s=NULL": "b"}, nil},
}

// TestFilters: who does not meet a filter is not there, by name and by key and among
// others, and his hash is no sample; a filter that could mean more than one thing in its
// column is refused before anybody logs in.
func TestFilters(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kinds := range []map[string]stated{sameEverywhere, onServers} {
				for kind, c := range kinds {
					t.Run(kind, func(t *testing.T) {
						admin := fresh(t)
						dbtest.Exec(t, admin, "CREATE TABLE `user` (id int PRIMARY KEY AUTO_INCREMENT, username varchar(20), password varchar(20), s "+c.column+") DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci")
						for i, value := range strings.Split(c.values, ", ") {
							dbtest.Exec(t, admin, "INSERT INTO `user` (username, password, s) VALUES ('"+string(rune('a'+i))+"', 'hash-"+string(rune('a'+i))+"', "+value+")")
						}
						checkFilters(t, c, users.Config{URL: dbtest.User(t, admin, "SELECT (id, username, password, s) ON `user`")})
					})
				}
			}
		})
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		for kind, c := range sameEverywhere {
			t.Run(kind, func(t *testing.T) {
				file, db := foreignFile(t)
				mustExec(t, db, "DROP TABLE user", "CREATE TABLE user (id INTEGER PRIMARY KEY, username TEXT, password TEXT, s "+c.column+")")
				for i, value := range strings.Split(c.values, ", ") {
					mustExec(t, db, "INSERT INTO user (username, password, s) VALUES ('"+string(rune('a'+i))+"', 'hash-"+string(rune('a'+i))+"', "+value+")")
				}
				checkFilters(t, c, users.Config{URL: "sqlite:" + file})
			})
		}
	})
}

func checkFilters(t *testing.T, c stated, cfg users.Config) {
	t.Helper()
	all := strings.Split(c.values, ", ")
	for filter, lets := range c.lets {
		cfg.Filters = filters(t, filter)
		s := open(t, cfg)
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("%s: Check() = %v", filter, err)
			continue
		}
		var ids []userid.ID
		var hashes []string
		want := make(map[userid.ID]account.User)
		for i := range all {
			name, id := string(rune('a'+i)), userid.Number(int64(i+1))
			ids = append(ids, id)
			user, err := s.FindByID(t.Context(), id)
			if !strings.Contains(lets, name) {
				nobody(t, s, name)
				if !errors.Is(err, account.ErrUserNotFound) || errors.Is(err, account.ErrUnavailable) {
					t.Errorf("%s: FindByID(%s) = %v, %v, want ErrUserNotFound", filter, name, user, err)
				}
				continue
			}
			want[id] = account.User{ID: id, Username: name}
			hashes = append(hashes, "hash-"+name)
			someone(t, s, name, account.Record{User: want[id], PasswordHash: "hash-" + name})
			if err != nil || user != want[id] {
				t.Errorf("%s: FindByID(%s) = %v, %v", filter, name, user, err)
			}
		}
		got, err := s.FindByIDs(t.Context(), append(ids, userid.Number(99)))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: FindByIDs(): %v\n%s", filter, err, diff)
		}
		sample, err := s.SampleHashes(t.Context(), 100)
		slices.Sort(sample)
		if err != nil || !slices.Equal(sample, hashes) {
			t.Errorf("%s: SampleHashes() = %q, %v, want %q", filter, sample, err, hashes)
		}
	}
	for _, filter := range c.not {
		cfg.Filters = filters(t, filter)
		s := open(t, cfg)
		if err := s.Check(t.Context()); !errors.Is(err, users.ErrColumnType) || !strings.Contains(err.Error(), "--users-filter") {
			t.Errorf("%s: Check() = %v, want ErrColumnType and the setting", filter, err)
		}
		if record, err := s.FindByUsername(t.Context(), "a"); !errors.Is(err, users.ErrColumnType) {
			t.Errorf("%s: FindByUsername() = %v, %v, want ErrColumnType", filter, record, err)
		}
	}
}

// TestFiltersAreChecked: a filter's column has to be there and readable, and what is to be
// granted names all that are read.
func TestFiltersAreChecked(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, "CREATE TABLE `user` (id int, username varchar(45), email varchar(45), password varchar(45), salt varchar(45), is_active tinyint, tenant_id int)",
				"INSERT INTO `user` VALUES (1, 'roy', NULL, 'hash', 'salty', 1, 7), (2, 'moss', NULL, 'hash', NULL, 1, 8), (3, 'jen', NULL, 'hash', NULL, 0, 7)")
			reader := dbtest.User(t, admin, "SELECT (id, username, password) ON `user`")
			cfg := users.Config{URL: reader, UsernameColumns: []string{"username", "email"}, SaltColumn: "salt", Filters: filters(t, "is_active=1", "tenant_id=7")}
			err := open(t, cfg).Check(t.Context())
			if !errors.Is(err, database.ErrNoGrant) || !strings.Contains(err.Error(), "(`id`, `username`, `password`, `email`, `salt`, `is_active`, `tenant_id`)") {
				t.Errorf("Check() = %v, want all columns in the grant", err)
			}
			cfg.URL = dbtest.User(t, admin, "SELECT (id, username, password, email, salt, is_active, tenant_id) ON `user`")
			s := open(t, cfg)
			if err := s.Check(t.Context()); err != nil {
				t.Fatalf("Check() = %v", err)
			}
			someone(t, s, "roy", account.Record{User: account.User{ID: userid.Number(1), Username: "roy"}, PasswordHash: "hash", Salt: "salty"})
			nobody(t, s, "moss")
			nobody(t, s, "jen")
			if err := s.Ready(t.Context()); err != nil {
				t.Errorf("Ready() = %v", err)
			}
			cfg.Filters = filters(t, "deleted=0")
			if err := open(t, cfg).Check(t.Context()); !errors.Is(err, database.ErrNoGrant) && !errors.Is(err, users.ErrColumnMissing) || !strings.Contains(err.Error(), "--users-filter") {
				t.Errorf("Check() of a filter without a column = %v", err)
			}
		})
	}
	file, _ := foreignFile(t)
	err := open(t, users.Config{URL: "sqlite:" + file, Filters: filters(t, "deleted=0")}).Check(t.Context())
	if !errors.Is(err, users.ErrColumnMissing) || !strings.Contains(err.Error(), "--users-filter") {
		t.Errorf("Check() of a filter without a column = %v", err)
	}
}

// TestStateColumnsAreSeen: a column that looks as if it said who may log in, and that no
// filter uses, is one warning with what to add.
func TestStateColumnsAreSeen(t *testing.T) {
	const table = "CREATE TABLE `user` (id int, username varchar(45), password varchar(45), is_active tinyint(1), deleted_at datetime, banned enum('N','Y'), locked timestamp NULL, confirmed_at datetime, status int, tenant_id int)"
	advice := func(t *testing.T, cfg users.Config) string {
		var log bytes.Buffer
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		s := open(t, cfg)
		for range 3 {
			if err := s.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		return log.String()
	}
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, table)
			got := advice(t, users.Config{URL: admin, Filters: filters(t, "confirmed_at!=NULL")})
			for _, want := range []string{"'is_active=1'", "'deleted_at=NULL'", "'banned=N'", "'locked=NULL'", "status"} {
				if !strings.Contains(got, want) {
					t.Errorf("no %s in %s", want, got)
				}
			}
			if strings.Count(got, "\n") != 1 || strings.Contains(got, "confirmed_at") || strings.Contains(got, "tenant") {
				t.Errorf("want one line, without what is used:\n%s", got)
			}
			// What is advised is taken.
			cfg := users.Config{URL: admin, Filters: filters(t, "is_active=1", "deleted_at=NULL", "banned=N", "locked=NULL", "confirmed_at!=NULL", "status=1")}
			if got := advice(t, cfg); got != "" {
				t.Errorf("all are used: %s", got)
			}
			// Who may not see them is told nothing.
			if got := advice(t, users.Config{URL: dbtest.User(t, admin, "SELECT (id, username, password) ON `user`")}); got != "" {
				t.Errorf("unseen columns: %s", got)
			}
		})
	}
	file, db := foreignFile(t)
	mustExec(t, db, "ALTER TABLE user ADD COLUMN enabled BOOLEAN")
	if got := advice(t, users.Config{URL: "sqlite:" + file}); !strings.Contains(got, "'enabled=1'") {
		t.Errorf("in SQLite: %s", got)
	}
	file, _ = foreignFile(t)
	if got := advice(t, users.Config{URL: "sqlite:" + file}); got != "" {
		t.Errorf("the tutorial's table: %s", got)
	}
}
