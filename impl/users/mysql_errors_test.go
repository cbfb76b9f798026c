package users_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// fault is what is wrong, and what has to be said of it.
type fault struct {
	kind  error // of Check's error
	lasts bool  // until somebody puts it right
	want  []string
}

// says holds what Check and a call at run time say of a fault to the truth: the
// right kind, what to do, no secret, and nothing of starting a server that runs.
func (f fault) says(t *testing.T, what string, cfg users.Config) {
	t.Helper()
	s := open(t, cfg)
	f.holds(t, what+", Check()", s.Check(t.Context()), cfg)
	f.running(t, what, s, cfg)
}

// running is says of a Store that was open before.
func (f fault) running(t *testing.T, what string, s *users.Store, cfg users.Config) {
	t.Helper()
	_, byName := s.FindByUsername(t.Context(), "roy")
	for op, err := range map[string]error{"Ready()": s.Ready(t.Context()), "FindByUsername()": byName} {
		f.holds(t, what+", "+op, err, cfg)
		if !errors.Is(err, account.ErrUnavailable) || errors.Is(err, account.ErrUserNotFound) {
			t.Errorf("%s, %s = %v, want ErrUnavailable", what, op, err)
		}
	}
}

func (f fault) holds(t *testing.T, what string, err error, cfg users.Config) {
	t.Helper()
	if !errors.Is(err, f.kind) || errors.Is(err, account.ErrUnusable) != f.lasts {
		t.Errorf("%s = %v (lasting: %v), want %v (%v)", what, err, errors.Is(err, account.ErrUnusable), f.kind, f.lasts)
		return
	}
	for _, want := range f.want {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s = %q, want %q in it", what, err, want)
		}
	}
	password, _ := mustParse(t, cfg.URL).User.Password()
	if text := err.Error(); strings.Contains(text, "start the server") || strings.Contains(text, password) || strings.Contains(text, "wr0ng") {
		t.Errorf("%s = %q: says to start a server that runs, or the password", what, text)
	}
	if name := users.Fault(err); name == "" || !strings.Contains(err.Error(), name) && name != f.kind.Error() {
		t.Errorf("%s = %q, named %q", what, err, name)
	}
}

// accountFaults are what can be wrong with the account of a database user: SQL
// that makes it so, %s for the account, and on which engine alone, "" for both.
var accountFaults = []struct {
	name, engine string
	alter        []string
	options      string
	password     string
	fault
}{
	{
		name: "wrong password", password: "wr0ng",
		fault: fault{database.ErrAccessDenied, true, []string{"USER'@'127.0.0.1'", "the password is wrong", "''@'localhost'", "tls=true", "RESTAUTH_USERS"}},
	},
	{
		name: "TLS required", alter: []string{"ALTER USER %s REQUIRE SSL"},
		fault: fault{database.ErrAccessDenied, true, []string{"USER'@'127.0.0.1'", "REQUIRE SSL", "tls=true"}},
	},
	{
		name: "certificate required", engine: "mysql", alter: []string{"ALTER USER %s REQUIRE X509"}, options: "tls=skip-verify",
		fault: fault{database.ErrAccessDenied, true, []string{"REQUIRE X509", "tls-cert=FILE&tls-key=FILE"}},
	},
	{
		name: "locked", alter: []string{"ALTER USER %s ACCOUNT LOCK"},
		fault: fault{database.ErrAccessDenied, true, []string{"is locked", "ACCOUNT UNLOCK"}},
	},
	{
		name: "password expired", alter: []string{"ALTER USER %s PASSWORD EXPIRE"}, // 1862 of MySQL, 1820 of MariaDB
		fault: fault{database.ErrAccessDenied, true, []string{"has expired", "PASSWORD EXPIRE NEVER"}},
	},
	{
		name: "queries of an hour", alter: []string{"ALTER USER %s WITH MAX_QUERIES_PER_HOUR 1"},
		fault: fault{account.ErrUnavailable, false, []string{"in an hour", "(max_qu"}},
	},
	{
		name: "through the socket only", engine: "mariadb", alter: []string{"ALTER USER %s IDENTIFIED VIA unix_socket"},
		fault: fault{database.ErrAccessDenied, true, []string{"USER'@'127.0.0.1'", "unix_socket", "IDENTIFIED BY"}},
	},
	{
		name: "password of before 4.1", engine: "mariadb", alter: []string{"ALTER USER %s IDENTIFIED VIA mysql_old_password USING '5d2e19393cc5ef67'"},
		fault: fault{database.ErrUnsupported, true, []string{"before MySQL 4.1", "IDENTIFIED BY"}},
	},
}

func TestAccountFaults(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			if name == "mariadb" { // Other tests' users that are not there would be answered as these are.
				admin = dbtest.Start(t, dbtest.KindMariaDB).Database(t)
			}
			dbtest.Exec(t, admin, tutorialTable, rows)
			for _, c := range accountFaults {
				if c.engine != "" && c.engine != name {
					continue
				}
				who, cfg := reader(t, admin, c.options, c.alter...)
				cfg.Password = c.password
				c.want = withUser(c.want, who)
				c.says(t, c.name, cfg)
			}
		})
	}
}

// TestNoSuchAccount: MariaDB answers a user that it does not have as it answers one of
// the others, and then too it is said that there may be none.
func TestNoSuchAccount(t *testing.T) {
	t.Parallel()
	admin := dbtest.Start(t, dbtest.KindMariaDB).Database(t)
	for i := range 20 {
		by := [...]string{"unix_socket", "mysql_old_password USING '5d2e19393cc5ef67'"}[i%2]
		dbtest.Exec(t, admin, fmt.Sprintf("CREATE USER 'other%d'@'%%' IDENTIFIED VIA %s", i, by))
	}
	answers := make(map[string]bool)
	for i := range 40 {
		s := open(t, users.Config{URL: edit(t, admin, func(u *url.URL) { u.User = url.UserPassword(fmt.Sprintf("nobody%d", i), "wr0ng") })})
		err := s.Check(t.Context())
		if err == nil || !strings.Contains(err.Error(), "there is no such account") {
			t.Errorf("Check() = %v, want \"there is no such account\" in it", err)
		}
		for _, answer := range []string{"the password is wrong", "unix_socket", "before MySQL 4.1"} {
			answers[answer] = answers[answer] || err != nil && strings.Contains(err.Error(), answer)
		}
	}
	if !answers["unix_socket"] || !answers["before MySQL 4.1"] {
		t.Errorf("nobody was answered as the others are: %v", answers)
	}
}

// reader adds a database user that may read the table, changes it, and returns
// its name and how to be it.
func reader(t *testing.T, admin, options string, alter ...string) (string, users.Config) {
	t.Helper()
	databaseURL := dbtest.User(t, admin, "SELECT ON `user`")
	who := mustParse(t, databaseURL).User.Username()
	for _, statement := range alter {
		dbtest.Exec(t, admin, fmt.Sprintf(statement, "'"+who+"'@'%'"))
	}
	return who, users.Config{URL: edit(t, databaseURL, func(u *url.URL) { u.RawQuery = options })}
}

func withUser(words []string, who string) []string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = strings.ReplaceAll(word, "USER'@", who+"'@")
	}
	return all
}

// TestFaultsUnderARunningStore: what somebody does to the table or the grants
// while connections are open.
func TestFaultsUnderARunningStore(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct {
				name   string
				change string // %s for the account
				back   string
				fault
			}{
				{
					"grant revoked", "REVOKE SELECT ON `user` FROM %s", "GRANT SELECT ON `user` TO %s",
					fault{database.ErrNoGrant, true, []string{"may not read table `user` in database `t_", "grant it SELECT on the columns `id`, `username`, `password`"}},
				},
				{
					"column's grant revoked", "REVOKE SELECT ON `user` FROM %[1]s; GRANT SELECT (id, username) ON `user` TO %[1]s", "GRANT SELECT ON `user` TO %s",
					fault{database.ErrNoGrant, true, []string{"may not read column `password`", "RESTAUTH_USERS_PASSWORD_COLUMN"}},
				},
				{
					"table renamed", "RENAME TABLE `user` TO members /*%s*/", "RENAME TABLE members TO `user` /*%s*/",
					fault{users.ErrTableMissing, true, []string{"table `user` not found in database `t_", "RESTAUTH_USERS_TABLE"}},
				},
				{
					"column renamed", "ALTER TABLE `user` CHANGE password secret varchar(99) /*%s*/", "ALTER TABLE `user` CHANGE secret password varchar(99) /*%s*/",
					fault{users.ErrColumnMissing, true, []string{"has no column `password`", "RESTAUTH_USERS_PASSWORD_COLUMN"}},
				},
			} {
				admin := fresh(t)
				dbtest.Exec(t, admin, tutorialTable, rows)
				who, cfg := reader(t, admin, "")
				s := open(t, cfg)
				warm(t, s)
				dbtest.Exec(t, admin, fmt.Sprintf(c.change, "'"+who+"'@'%'"))
				c.running(t, c.name, s, cfg)
				dbtest.Exec(t, admin, fmt.Sprintf(c.back, "'"+who+"'@'%'"))
				available(t, s, c.name+", put right")
			}
		})
	}
}

// TestViewFaults: a view that cannot be read any more, by anybody or by others
// than its definer's friends.
func TestViewFaults(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			const base = "CREATE TABLE base (id int, username varchar(45), password varchar(45))"
			dbtest.Exec(t, admin, base, "INSERT INTO base VALUES (1, 'roy', 'hash')", "CREATE VIEW `user` AS SELECT * FROM base")
			_, cfg := reader(t, admin, "")
			s := open(t, cfg)
			available(t, s, "whole")
			dbtest.Exec(t, admin, "DROP TABLE base")
			gone := fault{users.ErrTableMissing, true, []string{"the view `user` in database `t_", "SHOW CREATE VIEW `user`"}}
			gone.running(t, "table gone, running", s, cfg)
			gone.says(t, "table gone", cfg)
			dbtest.Exec(t, admin, "DROP VIEW `user`", base, "CREATE DEFINER = 'nobody_there'@'%' VIEW `user` AS SELECT * FROM base")
			definer := fault{database.ErrNoGrant, true, []string{"does not exist any more (its DEFINER)", "SQL SECURITY INVOKER"}}
			definer.says(t, "definer gone", cfg)                                           // 1045, though nobody's password is wrong
			definer.says(t, "definer gone, to an administrator", users.Config{URL: admin}) // 1449
		})
	}
}
