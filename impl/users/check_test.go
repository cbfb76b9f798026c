package users_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// edit changes parts of a mysql:// URL.
func edit(t *testing.T, databaseURL string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

func TestCheckExplains(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, tutorialTable,
				"CREATE TABLE members (nr int, mail varchar(45), secret varchar(255), joined date, pin int)",
				"CREATE VIEW people AS SELECT nr AS id, mail AS username, secret AS password FROM members")
			reader := dbtest.User(t, admin, "SELECT ON `user`")
			columns := dbtest.User(t, admin, "SELECT (id, username) ON `user`")
			nobody := dbtest.User(t, admin)
			for _, test := range []struct {
				name string
				cfg  users.Config
				kind error
				want []string
			}{
				{"fine", users.Config{URL: reader}, nil, nil},
				{"a view is fine", users.Config{URL: admin, Table: "people"}, nil, nil},
				{"database.table is fine", users.Config{URL: admin, Table: strings.TrimPrefix(mustParse(t, admin).Path, "/") + ".user"}, nil, nil},
				{"other names are fine", users.Config{URL: admin, Table: "members", IDColumn: "nr", UsernameColumn: "mail", PasswordColumn: "secret"}, nil, nil},
				{
					"unknown database", users.Config{URL: edit(t, admin, func(u *url.URL) { u.Path = "/nowhere" })},
					database.ErrUnknownDatabase, []string{"`nowhere`", "RESTAUTH_USERS"},
				},
				{
					"wrong password", users.Config{URL: reader, Password: "wr0ng"},
					database.ErrAccessDenied, []string{"refuses database user", "--users"},
				},
				{
					"unknown user", users.Config{URL: edit(t, admin, func(u *url.URL) { u.User = url.UserPassword("ghost", "wr0ng") })},
					database.ErrAccessDenied, []string{"'ghost'@'127.0.0.1'"},
				},
				{"no grant on the database", users.Config{URL: nobody}, database.ErrNoGrant, []string{"SELECT"}},
				{
					"no grant on a column", users.Config{URL: columns},
					database.ErrNoGrant, []string{"`password`", "run GRANT SELECT (`id`, `username`, `password`) ON `", "`.`user` TO 'u_"},
				},
				{"no grant on the table", users.Config{URL: reader, Table: "members"}, database.ErrNoGrant, []string{"`members`", "run GRANT SELECT"}},
				{
					"no table", users.Config{URL: admin, Table: "users"},
					users.ErrTableMissing, []string{"table `users` not found in database `t_", "--users-table or RESTAUTH_USERS_TABLE"},
				},
				{
					"no column", users.Config{URL: admin, UsernameColumn: "email"},
					users.ErrColumnMissing, []string{"`email`", "(it has id, username, password)", "--users-username-column or RESTAUTH_USERS_USERNAME_COLUMN"},
				},
				{
					"id is a date", users.Config{URL: admin, Table: "members", IDColumn: "joined", UsernameColumn: "mail", PasswordColumn: "secret"},
					users.ErrColumnType, []string{"`joined`", "DATE", "whole numbers", "RESTAUTH_USERS_ID_COLUMN"},
				},
				{
					"name is a number", users.Config{URL: admin, Table: "members", IDColumn: "nr", UsernameColumn: "pin", PasswordColumn: "secret"},
					users.ErrColumnType, []string{"`pin`", "text", "RESTAUTH_USERS_USERNAME_COLUMN"},
				},
				{
					"quoted to the end", users.Config{URL: admin, Table: "user` WHERE 1=1 -- "[:17]},
					users.ErrTableMissing, []string{"user`` WHERE"},
				},
			} {
				err := open(t, test.cfg).Check(t.Context())
				if !errors.Is(err, test.kind) {
					t.Errorf("%s: Check() = %v, want %v", test.name, err, test.kind)
					continue
				}
				for _, want := range test.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%s: Check() = %q, want %q in it", test.name, err, want)
					}
				}
				password, _ := mustParse(t, test.cfg.URL).User.Password()
				if err != nil && (strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "wr0ng")) {
					t.Errorf("%s: Check() repeats the password: %v", test.name, err)
				}
			}
		})
	}
}

func mustParse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// TestUnsuitableColumnsAreNeverRead: without Check, and when someone alters
// the table, a number column must not be compared with text.
func TestUnsuitableColumnsAreNeverRead(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, "CREATE TABLE `user` (id int, username int, password varchar(45))", "INSERT INTO `user` VALUES (1, 1, 'x')")
			s := open(t, users.Config{URL: admin})
			record, err := s.FindByUsername(t.Context(), "1 OR 1=1")
			if !errors.Is(err, account.ErrUnavailable) || !errors.Is(err, users.ErrColumnType) {
				t.Errorf("FindByUsername() in a number column = %v, %v, want ErrUnavailable", record, err)
			}
		})
	}
}

// TestUnsignedIDs: keys up to 2^64-1 are keys as others.
func TestUnsignedIDs(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, "CREATE TABLE `user` (id bigint unsigned, username varchar(45), password varchar(45))",
				"INSERT INTO `user` VALUES (9223372036854775808, 'big', 'x'), (9223372036854775807, 'last', 'x'), (18446744073709551615, 'biggest', 'x')")
			s := open(t, users.Config{URL: admin})
			if err := s.Check(t.Context()); err != nil {
				t.Errorf("Check() with an unsigned id = %v", err)
			}
			for username, id := range map[string]userid.ID{
				"last": userid.Number(9223372036854775807), "big": userid.Unsigned(1 << 63), "biggest": userid.Unsigned(1<<64 - 1),
			} {
				want := account.User{ID: id, Username: username}
				someone(t, s, username, account.Record{User: want, PasswordHash: "x"})
				if user, err := s.FindByID(t.Context(), id); err != nil || user != want {
					t.Errorf("FindByID(%v) = %v, %v, want %s", id, user, err, username)
				}
				found, err := s.FindByIDs(t.Context(), []userid.ID{userid.Number(1), id, userid.Text(id.String())})
				if diff := cmp.Diff(map[userid.ID]account.User{id: want}, found); err != nil || diff != "" {
					t.Errorf("FindByIDs(%v): %v\n%s", id, err, diff)
				}
			}
			// Whose bits are the same, or whose digits.
			for _, id := range []userid.ID{
				userid.Number(-9223372036854775808), userid.Number(-1), userid.Text("9223372036854775807"), digits(t, "18446744073709551616"), digits(t, "-9223372036854775809"),
			} {
				if user, err := s.FindByID(t.Context(), id); !errors.Is(err, account.ErrUserNotFound) || errors.Is(err, account.ErrUnavailable) {
					t.Errorf("FindByID(%v) = %v, %v, want ErrUserNotFound", id, user, err)
				}
			}
		})
	}
}

// digits is a number's key.
func digits(t *testing.T, text string) userid.ID {
	t.Helper()
	id, ok := userid.ParseNumber(text)
	if !ok {
		t.Fatalf("%q is no number", text)
	}
	return id
}

// TestCharacterSets: a name that the column's character set cannot hold is a
// name that nobody has; it must not become "????" either.
func TestCharacterSets(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, charset := range []string{"ascii", "latin1", "utf8mb3", "utf8mb4", "utf16", "cp1251"} {
				admin := fresh(t)
				dbtest.Exec(t, admin, "CREATE TABLE `user` (id int, username varchar(45) CHARACTER SET "+charset+", password varchar(45))",
					"INSERT INTO `user` VALUES (1, '????', 'x'), (2, 'roy', 'x'), (3, '?', 'x')")
				s := open(t, users.Config{URL: admin})
				for _, unknown := range []string{"ユーザー", "😀", "é", "ж", "ÿ", "\u0080"} {
					if record, err := s.FindByUsername(t.Context(), unknown); !errors.Is(err, account.ErrUserNotFound) || errors.Is(err, account.ErrUnavailable) {
						t.Errorf("%s: FindByUsername(%q) = %v, %v, want ErrUserNotFound", charset, unknown, record, err)
					}
				}
				if record, err := s.FindByUsername(t.Context(), "roy"); err != nil || record.ID != userid.Number(2) {
					t.Errorf("%s: FindByUsername(roy) = %v, %v, want id 2", charset, record, err)
				}
			}
			admin := fresh(t)
			dbtest.Exec(t, admin, "CREATE TABLE `user` (id int, username varchar(45) CHARACTER SET latin1, password varchar(45))",
				"INSERT INTO `user` VALUES (1, 'josé', 'x'), (2, 'JOSÉ', 'x')")
			s := open(t, users.Config{URL: admin})
			if record, err := s.FindByUsername(t.Context(), "JOSÉ"); err != nil || record.ID != userid.Number(2) || record.Username != "JOSÉ" {
				t.Errorf("FindByUsername(JOSÉ) in latin1 = %v, %v, want id 2", record, err)
			}
		})
	}
}
