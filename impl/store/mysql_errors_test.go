package store_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/store"
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
func (f fault) says(t *testing.T, what string, cfg store.Config) {
	t.Helper()
	s := open(t, cfg)
	f.holds(t, what+", Check()", s.Check(t.Context()), cfg)
	f.running(t, what, s, cfg)
}

// running is says of a Store that was open before.
func (f fault) running(t *testing.T, what string, s *store.Store, cfg store.Config) {
	t.Helper()
	_, byName := s.FindByUsername(t.Context(), "roy")
	for op, err := range map[string]error{"Ready()": s.Ready(t.Context()), "FindByUsername()": byName} {
		f.holds(t, what+", "+op, err, cfg)
		if !errors.Is(err, account.ErrUnavailable) || errors.Is(err, account.ErrUserNotFound) {
			t.Errorf("%s, %s = %v, want ErrUnavailable", what, op, err)
		}
	}
}

func (f fault) holds(t *testing.T, what string, err error, cfg store.Config) {
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
	if name := store.Fault(err); name == "" || !strings.Contains(err.Error(), name) && name != f.kind.Error() {
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
		fault: fault{store.ErrAccessDenied, true, []string{"USER'@'127.0.0.1'", "the password is wrong", "''@'localhost'", "tls=true", "RESTAUTH_USERS"}},
	},
	{
		name: "TLS required", alter: []string{"ALTER USER %s REQUIRE SSL"},
		fault: fault{store.ErrAccessDenied, true, []string{"USER'@'127.0.0.1'", "REQUIRE SSL", "tls=true"}},
	},
	{
		name: "certificate required", engine: "mysql", alter: []string{"ALTER USER %s REQUIRE X509"}, options: "tls=skip-verify",
		fault: fault{store.ErrAccessDenied, true, []string{"REQUIRE X509", "tls-cert=FILE&tls-key=FILE"}},
	},
	{
		name: "locked", alter: []string{"ALTER USER %s ACCOUNT LOCK"},
		fault: fault{store.ErrAccessDenied, true, []string{"is locked", "ACCOUNT UNLOCK"}},
	},
	{
		name: "password expired", alter: []string{"ALTER USER %s PASSWORD EXPIRE"}, // 1862 of MySQL, 1820 of MariaDB
		fault: fault{store.ErrAccessDenied, true, []string{"has expired", "PASSWORD EXPIRE NEVER"}},
	},
	{
		name: "queries of an hour", alter: []string{"ALTER USER %s WITH MAX_QUERIES_PER_HOUR 1"},
		fault: fault{account.ErrUnavailable, false, []string{"in an hour", "(max_qu"}},
	},
	{
		name: "through the socket only", engine: "mariadb", alter: []string{"ALTER USER %s IDENTIFIED VIA unix_socket"},
		fault: fault{store.ErrAccessDenied, true, []string{"USER'@'127.0.0.1'", "unix_socket", "IDENTIFIED BY"}},
	},
	{
		name: "password of before 4.1", engine: "mariadb", alter: []string{"ALTER USER %s IDENTIFIED VIA mysql_old_password USING '5d2e19393cc5ef67'"},
		fault: fault{store.ErrUnsupported, true, []string{"before MySQL 4.1", "IDENTIFIED BY"}},
	},
}

func TestAccountFaults(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
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

// reader adds a database user that may read the table, changes it, and returns
// its name and how to be it.
func reader(t *testing.T, admin, options string, alter ...string) (string, store.Config) {
	t.Helper()
	databaseURL := dbtest.User(t, admin, "SELECT ON `user`")
	who := mustParse(t, databaseURL).User.Username()
	for _, statement := range alter {
		dbtest.Exec(t, admin, fmt.Sprintf(statement, "'"+who+"'@'%'"))
	}
	return who, store.Config{URL: edit(t, databaseURL, func(u *url.URL) { u.RawQuery = options })}
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
					fault{store.ErrNoGrant, true, []string{"may not read table `user` in database `t_", "grant it SELECT on the columns `id`, `username`, `password`"}},
				},
				{
					"column's grant revoked", "REVOKE SELECT ON `user` FROM %[1]s; GRANT SELECT (id, username) ON `user` TO %[1]s", "GRANT SELECT ON `user` TO %s",
					fault{store.ErrNoGrant, true, []string{"may not read column `password`", "RESTAUTH_USERS_PASSWORD_COLUMN"}},
				},
				{
					"table renamed", "RENAME TABLE `user` TO members /*%s*/", "RENAME TABLE members TO `user` /*%s*/",
					fault{store.ErrTableMissing, true, []string{"table `user` not found in database `t_", "RESTAUTH_USERS_TABLE"}},
				},
				{
					"column renamed", "ALTER TABLE `user` CHANGE password secret varchar(99) /*%s*/", "ALTER TABLE `user` CHANGE secret password varchar(99) /*%s*/",
					fault{store.ErrColumnMissing, true, []string{"has no column `password`", "RESTAUTH_USERS_PASSWORD_COLUMN"}},
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
			gone := fault{store.ErrTableMissing, true, []string{"the view `user` in database `t_", "SHOW CREATE VIEW `user`"}}
			gone.running(t, "table gone, running", s, cfg)
			gone.says(t, "table gone", cfg)
			dbtest.Exec(t, admin, "DROP VIEW `user`", base, "CREATE DEFINER = 'nobody_there'@'%' VIEW `user` AS SELECT * FROM base")
			definer := fault{store.ErrNoGrant, true, []string{"does not exist any more (its DEFINER)", "SQL SECURITY INVOKER"}}
			definer.says(t, "definer gone", cfg)                                           // 1045, though nobody's password is wrong
			definer.says(t, "definer gone, to an administrator", store.Config{URL: admin}) // 1449
		})
	}
}

// TestServerFaults: what a whole server does, which a test needs one of its own
// for.
func TestServerFaults(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.KindMariaDB, dbtest.KindMySQL} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := dbtest.Start(t, kind, "--skip-name-resolve=OFF", "--max-connect-errors=1", "--host-cache-size=16", "--max-connections=12")
			admin := server.Database(t)
			dbtest.Exec(t, admin, tutorialTable, rows)
			db := raw(t, admin)
			db.SetMaxOpenConns(1)
			set := func(statement string) {
				t.Helper()
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			if kind == dbtest.KindMySQL {
				secure := fault{store.ErrAccessDenied, true, []string{"lets nobody in without TLS", "tls=true"}}
				_, cfg := reader(t, admin, "")
				set("SET GLOBAL require_secure_transport = ON")
				secure.says(t, "TLS for everybody", cfg)
				set("SET GLOBAL require_secure_transport = OFF")
				set("SET GLOBAL offline_mode = ON")
				fault{account.ErrUnavailable, false, []string{"offline mode"}}.says(t, "offline", cfg)
				set("SET GLOBAL offline_mode = OFF")
				_, cfg = reader(t, admin, "", "ALTER USER %s FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME 1")
				cfg.Password = "wr0ng"
				_ = open(t, cfg).Ready(t.Context())
				fault{store.ErrAccessDenied, true, []string{"too many wrong passwords", "ACCOUNT UNLOCK"}}.says(t, "blocked", cfg)
				set("INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'")
				who, cfg := reader(t, admin, "", "ALTER USER %s IDENTIFIED WITH auth_socket")
				fault{store.ErrAccessDenied, true, withUser([]string{"USER'@'127.0.0.1'", "auth_socket"}, who)}.says(t, "through the socket only", cfg)
				set("UNINSTALL PLUGIN auth_socket")
				fault{store.ErrUnsupported, true, []string{"plugin auth_socket, which", "has not loaded"}}.says(t, "plugin not loaded", cfg)
			} else {
				_, cfg := reader(t, admin, "")
				set("SET GLOBAL max_password_errors = 1")
				wrong := cfg
				wrong.Password = "wr0ng"
				_ = open(t, wrong).Ready(t.Context())
				fault{store.ErrAccessDenied, true, []string{"too many wrong passwords", "FLUSH PRIVILEGES"}}.says(t, "blocked", wrong)
				set("SET GLOBAL max_password_errors = 1000")
				set("FLUSH PRIVILEGES")
				set("SET GLOBAL secure_auth = OFF") // the driver refuses, not the server
				_, cfg = reader(t, admin, "", "ALTER USER %s IDENTIFIED VIA mysql_old_password USING '5d2e19393cc5ef67'")
				fault{store.ErrUnsupported, true, []string{"before MySQL 4.1"}}.says(t, "password of before 4.1", cfg)
			}
			_, cfg := reader(t, admin, "max-open=7")
			full(t, admin, cfg)
			if kind == dbtest.KindMariaDB { // MySQL counts only where it can look addresses up
				blocked(t, cfg)
			}
			nobodysHost(t, kind, admin, cfg)
		})
	}
}

// full takes all the connections there are: 1040.
func full(t *testing.T, admin string, cfg store.Config) {
	t.Helper()
	others := raw(t, admin)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for {
		conn, err := others.Conn(ctx)
		if err != nil {
			break
		}
		defer func() { _ = conn.Close() }()
	}
	fault{account.ErrUnavailable, false, []string{"max_connections", "max-open=N", "now 7"}}.says(t, "full", cfg)
	_ = others.Close()
}

// blocked breaks connections off until the server blocks the address: 1129. It
// never does that to 127.0.0.1.
func blocked(t *testing.T, cfg store.Config) {
	t.Helper()
	through := proxyFrom(t, mustParse(t, cfg.URL).Host, "127.0.0.2")
	for range 3 {
		breakOff(t, through)
	}
	cfg.URL = edit(t, cfg.URL, func(u *url.URL) { u.Host = through })
	fault{store.ErrAccessDenied, true, []string{"lets this machine in no more", "FLUSH HOSTS"}}.says(t, "host blocked", cfg)
}

// nobodysHost leaves no account that this machine could be: 1130.
func nobodysHost(t *testing.T, kind dbtest.Kind, admin string, cfg store.Config) {
	t.Helper()
	accounts := map[dbtest.Kind]string{dbtest.KindMariaDB: "mysql.global_priv", dbtest.KindMySQL: "mysql.user"}[kind]
	dbtest.Exec(t, admin, "CREATE USER elsewhere@'10.9.9.9'; DROP USER '"+mustParse(t, cfg.URL).User.Username()+"'@'%'; DELETE FROM "+accounts+" WHERE host IN ('%', 'localhost'); FLUSH PRIVILEGES")
	fault{store.ErrAccessDenied, true, []string{"lets nobody in from this machine's address", "'%'"}}.says(t, "no account for the host", cfg)
}

// TestNoKey: without TLS caching_sha2_password encrypts the password to a key of
// the server's, which this one does not have. TiDB never has.
func TestNoKey(t *testing.T) {
	t.Parallel()
	nowhere := filepath.Join(t.TempDir(), "none.pem")
	server := dbtest.Start(t, dbtest.KindMySQL, "--caching-sha2-password-auto-generate-rsa-keys=OFF",
		"--caching-sha2-password-private-key-path="+nowhere, "--caching-sha2-password-public-key-path="+nowhere)
	_ = os.Remove(nowhere)
	admin := server.Database(t)
	dbtest.Exec(t, admin, tutorialTable, rows)
	_, cfg := reader(t, admin, "")
	fault{store.ErrUnsupported, true, []string{"caching_sha2_password", "tls=true"}}.says(t, "no key", cfg)
}
