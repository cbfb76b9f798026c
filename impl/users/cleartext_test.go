package users_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/certtest"
	"github.com/restauth/restauth/internal/dbtest"
)

// TestCleartext: a server that wants passwords as they are, as managed databases do,
// gets it where its certificate is verified, and nobody else does.
func TestCleartext(t *testing.T) {
	t.Parallel()
	dbtest.Want(t, dbtest.KindMariaDB)
	plugin, err := dbtest.Tool("auth_test_plugin.so", "mariadb-test/usr/lib/mysql/plugin/auth_test_plugin.so")
	if err != nil {
		t.Fatal(err)
	}
	cert, key := certtest.Valid(t).Write(t, t.TempDir())
	server := dbtest.Start(t, dbtest.KindMariaDB, "--plugin-dir="+filepath.Dir(plugin), "--plugin-maturity=unknown",
		"--plugin-load-add=auth_test_plugin.so", "--ssl-cert="+cert, "--ssl-key="+key)
	admin := server.Database(t)
	dbtest.Exec(t, admin, tutorialTable, rows, "CREATE USER iam@'%' IDENTIFIED VIA cleartext_plugin_server USING 't0ken-1'", "GRANT SELECT ON `user` TO iam@'%'")
	with := func(options string) users.Config {
		return users.Config{URL: edit(t, admin, func(u *url.URL) { u.User, u.RawQuery = url.UserPassword("iam", "t0ken-1"), options })}
	}
	for _, options := range []string{"tls=true&tls-ca=" + cert, "tls=verify-ca&tls-ca=" + cert, "tls-ca=" + cert} {
		s := open(t, with(options+"&allow-cleartext=true"))
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("%s: Check() = %v", options, err)
		}
		available(t, s, options)
	}
	asked := fault{database.ErrUnsupported, true, []string{"as it is", "IAM", "tls=true&allow-cleartext=true"}}
	for _, options := range []string{"", "tls=skip-verify", "tls=preferred", "tls=true&tls-ca=" + cert, "tls=true&allow-cleartext=false&tls-ca=" + cert} {
		asked.says(t, "asked for with "+options, with(options))
	}
	another, _ := certtest.Valid(t).Write(t, t.TempDir())
	err = open(t, with("tls=true&allow-cleartext=true&tls-ca="+another)).Check(t.Context())
	if !errors.Is(err, database.ErrCertificate) || strings.Contains(err.Error(), "t0ken") {
		t.Errorf("with another's certificate: Check() = %v, want ErrCertificate", err)
	}
	rotates(t, admin, with("allow-cleartext=true&tls-ca="+cert), "iam", func(password string) string {
		return "ALTER USER iam@'%' IDENTIFIED VIA cleartext_plugin_server USING '" + password + "'"
	})
}

// TestRotatedPassword: a database password that is replaced counts from the next
// connection on, with nothing started anew.
func TestRotatedPassword(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Exec(t, admin, tutorialTable, rows)
			who, cfg := reader(t, admin, "")
			rotates(t, admin, cfg, who, func(password string) string {
				return "ALTER USER '" + who + "'@'%' IDENTIFIED BY '" + password + "'"
			})
		})
	}
}

// rotates has the password of cfg's user end twice.
func rotates(t *testing.T, admin string, cfg users.Config, who string, set func(password string) string) {
	t.Helper()
	var file atomic.Value // what stands there, "" for nothing
	password, _ := mustParse(t, cfg.URL).User.Password()
	file.Store(password)
	cfg.PasswordOf = func() (string, error) {
		if text := file.Load().(string); text != "" {
			return text, nil
		}
		return "", errors.New("--users-password-file: it is away")
	}
	s := open(t, cfg)
	available(t, s, "with the first password")
	for _, next := range []string{"t0ken-2", "t0ken-3"} {
		dbtest.Exec(t, admin, set(next))
		available(t, s, "with the connections from before") // a password counts when connecting
		disconnect(t, admin, who)
		fault{database.ErrAccessDenied, true, []string{"the password in the file (--users-password-file", "15 minutes"}}.running(t, "the old password", s, cfg)
		file.Store("")
		fault{database.ErrConfig, true, []string{"cannot be read: --users-password-file: it is away"}}.running(t, "no password", s, cfg)
		file.Store(next)
		available(t, s, "with the next password")
	}
}

// disconnect ends all connections of a database user.
func disconnect(t *testing.T, admin, who string) {
	t.Helper()
	db := raw(t, admin)
	before := connections(t, db, who)
	if len(before) == 0 {
		t.Fatalf("%s has no connection", who)
	}
	for _, id := range before {
		dbtest.Exec(t, admin, fmt.Sprintf("KILL %d", id))
	}
	for deadline := time.Now().Add(patience); len(connections(t, db, who)) > 0; {
		if time.Now().After(deadline) {
			t.Fatalf("the connections of %s do not end", who)
		}
	}
}

// connections are those of a database user. MySQL fails to list any while somebody asks
// something that is no UTF-8.
func connections(t *testing.T, db *sql.DB, who string) (ids []int64) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if ids, err = listed(t, db, who); err == nil {
			return ids
		}
	}
	t.Fatal(err)
	return nil
}

func listed(t *testing.T, db *sql.DB, who string) (ids []int64, err error) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), "SELECT id FROM information_schema.processlist WHERE user = ?", who)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }()
	for found.Next() {
		var id int64
		if err := found.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, found.Err()
}
