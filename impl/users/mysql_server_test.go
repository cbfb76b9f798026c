package users_test

import (
	"context"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// TestServerFaults: what a whole server does, which a test needs one of its own
// for.
func TestServerFaults(t *testing.T) {
	for _, kind := range []dbtest.Kind{dbtest.KindMariaDB, dbtest.KindMySQL} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := dbtest.Start(t, kind, "--skip-name-resolve=OFF", "--max-connect-errors=1", "--host-cache-size=16", "--max-connections=12",
				"--max-user-connections=12") // MariaDB does not let it be limited later
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
				secure := fault{database.ErrAccessDenied, true, []string{"lets nobody in without TLS", "tls=true"}}
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
				fault{database.ErrAccessDenied, true, []string{"too many wrong passwords", "ACCOUNT UNLOCK"}}.says(t, "blocked", cfg)
				set("INSTALL PLUGIN auth_socket SONAME 'auth_socket.so'")
				who, cfg := reader(t, admin, "", "ALTER USER %s IDENTIFIED WITH auth_socket")
				fault{database.ErrAccessDenied, true, withUser([]string{"USER'@'127.0.0.1'", "auth_socket"}, who)}.says(t, "through the socket only", cfg)
				set("UNINSTALL PLUGIN auth_socket")
				fault{database.ErrUnsupported, true, []string{"plugin auth_socket, which", "has not loaded"}}.says(t, "plugin not loaded", cfg)
			} else {
				_, cfg := reader(t, admin, "")
				set("SET GLOBAL max_password_errors = 1")
				wrong := cfg
				wrong.Password = "wr0ng"
				_ = open(t, wrong).Ready(t.Context())
				fault{database.ErrAccessDenied, true, []string{"too many wrong passwords", "FLUSH PRIVILEGES"}}.says(t, "blocked", wrong)
				set("SET GLOBAL max_password_errors = 1000")
				set("FLUSH PRIVILEGES")
				set("SET GLOBAL secure_auth = OFF") // the driver refuses, not the server
				_, cfg = reader(t, admin, "", "ALTER USER %s IDENTIFIED VIA mysql_old_password USING '5d2e19393cc5ef67'")
				fault{database.ErrUnsupported, true, []string{"before MySQL 4.1"}}.says(t, "password of before 4.1", cfg)
			}
			crowded(t, "connections of any user", 1203, admin, func(string) { set("SET GLOBAL max_user_connections = 1") })
			set("SET GLOBAL max_user_connections = 12")
			crowded(t, "connections of this user", 1226, admin, func(who string) { set("ALTER USER '" + who + "'@'%' WITH MAX_USER_CONNECTIONS 1") })
			_, cfg := reader(t, admin, "max-open=7")
			full(t, admin, cfg)
			if kind == dbtest.KindMariaDB { // MySQL counts only where it can look addresses up
				blocked(t, cfg)
			}
			roomAgain(t, admin)
			nobodysHost(t, kind, admin, cfg)
		})
	}
}

// crowded has a database user who has a connection, and may have no other once
// limit is called: the server answers the next with that error.
func crowded(t *testing.T, what string, number uint16, admin string, limit func(who string)) {
	t.Helper()
	who, cfg := reader(t, admin, "max-open=7")
	taken := raw(t, cfg.URL)
	first, err := taken.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	limit(who)
	if _, err := taken.Conn(t.Context()); database.Number(err) != number {
		t.Errorf("%s: a second connection = %v, want error %d", what, err, number)
	}
	fault{account.ErrUnavailable, false, []string{who, "has all the connections", "max_user_connections", "max-open=N", "now 7", "MAX_USER_CONNECTIONS"}}.says(t, what, cfg)
}

// full takes all the connections there are: 1040.
func full(t *testing.T, admin string, cfg users.Config) {
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

// roomAgain waits until the server has noticed that connections were closed.
func roomAgain(t *testing.T, admin string) {
	t.Helper()
	db := raw(t, admin)
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		var open int
		err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM information_schema.processlist").Scan(&open)
		if err == nil && open < 6 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are open, %v", open, err)
		}
	}
}

// blocked breaks connections off until the server blocks the address: 1129. It
// never does that to 127.0.0.1.
func blocked(t *testing.T, cfg users.Config) {
	t.Helper()
	through := proxyFrom(t, mustParse(t, cfg.URL).Host, "127.0.0.2")
	cfg.URL = edit(t, cfg.URL, func(u *url.URL) { u.Host = through })
	for wait := time.Millisecond; wait < patience; wait *= 2 { // until the server has counted them
		for range 3 {
			breakOff(t, through)
		}
		time.Sleep(wait)
		if database.Number(raw(t, cfg.URL).PingContext(t.Context())) == 1129 {
			break
		}
	}
	fault{database.ErrAccessDenied, true, []string{"lets this machine in no more", "FLUSH HOSTS"}}.says(t, "host blocked", cfg)
}

// nobodysHost leaves no account that this machine could be: 1130.
func nobodysHost(t *testing.T, kind dbtest.Kind, admin string, cfg users.Config) {
	t.Helper()
	accounts := map[dbtest.Kind]string{dbtest.KindMariaDB: "mysql.global_priv", dbtest.KindMySQL: "mysql.user"}[kind]
	dbtest.Exec(t, admin, "CREATE USER elsewhere@'10.9.9.9'; DROP USER '"+mustParse(t, cfg.URL).User.Username()+"'@'%'; DELETE FROM "+accounts+" WHERE host IN ('%', 'localhost'); FLUSH PRIVILEGES")
	fault{database.ErrAccessDenied, true, []string{"lets nobody in from this machine's address", "'%'"}}.says(t, "no account for the host", cfg)
}

// TestNoKey: without TLS caching_sha2_password encrypts the password to a key of
// the server's, which this one does not have. TiDB never has.
func TestNoKey(t *testing.T) {
	t.Parallel()
	nowhere := filepath.Join(t.TempDir(), "none.pem")
	server := dbtest.Start(t, dbtest.KindMySQL, "--caching-sha2-password-auto-generate-rsa-keys=OFF",
		"--caching-sha2-password-private-key-path="+nowhere, "--caching-sha2-password-public-key-path="+nowhere)
	admin := server.Database(t)
	dbtest.Exec(t, admin, tutorialTable, rows)
	_, cfg := reader(t, admin, "")
	fault{database.ErrUnsupported, true, []string{"caching_sha2_password", "tls=true"}}.says(t, "no key", cfg)
}
