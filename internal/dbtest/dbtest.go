// Package dbtest gives tests real MariaDB and MySQL servers.
//
// MariaDB(t) and MySQL(t) return the URL of a fresh, empty database on a server
// that all tests share. `go run ./internal/dbtest/with-databases -- go test ./...`
// starts both servers once for all packages. Without it the first test of a
// package that asks starts a server, and Main, called from TestMain, stops it:
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
// Start(t, kind) gives a test a server of its own, to stop, freeze and start
// again. A missing server fails the test. Only go test -short (make test-quick)
// leaves out what wants a server; in CI that is refused.
//
// The servers listen on 127.0.0.1 only, behind a random password, keep their
// data in a temporary folder, and do not survive the process that started them.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Kind names a database engine.
type Kind string

// The engines that tests run on.
const (
	KindMariaDB Kind = "mariadb"
	KindMySQL   Kind = "mysql"
)

// Env is the variable that carries the admin URL of the shared server of that
// kind from with-databases to the tests:
// mysql://user:password@127.0.0.1:port/, allowed to create databases and users.
func (k Kind) Env() string { return "RESTAUTH_TEST_" + strings.ToUpper(string(k)) }

// shared holds the servers that this process started for all of its tests. It
// has to outlive single tests, so it is the one package variable here.
var shared struct{ mariaDB, mySQL slot }

// slot is a server that is started once, when a test asks for it. It remembers
// a failure too, so that a hundred tests do not wait for the same time-out.
type slot struct {
	once   sync.Once
	server *Server
	err    error
}

func (s *slot) get(kind Kind) (*Server, error) {
	s.once.Do(func() { s.server, s.err = Launch(context.Background(), kind) })
	return s.server, s.err
}

// stop ends the server, if there is one, and any hope for another.
func (s *slot) stop() {
	s.once.Do(func() { s.err = errors.New("the tests are over") })
	if s.server == nil {
		return
	}
	if err := s.server.Close(); err != nil {
		fmt.Fprintf(os.Stderr, "dbtest: %v\n", err)
	}
}

// MariaDB returns the URL (mysql://user:password@127.0.0.1:port/database) of a
// fresh utf8mb4 database on the shared MariaDB server; its user may do anything
// on that server. The database is dropped when the test ends.
func MariaDB(t testing.TB) string {
	t.Helper()
	return fresh(t, KindMariaDB, &shared.mariaDB)
}

// MySQL is MariaDB on the shared MySQL server.
func MySQL(t testing.TB) string {
	t.Helper()
	return fresh(t, KindMySQL, &shared.mySQL)
}

// Main runs the tests of a package, then stops the servers they started. When
// TestMain returns after it, the test binary exits with the tests' own code.
func Main(m *testing.M) { Wrap(m).Run() }

// Runner is what testing.M and testscript.TestingM have in common.
type Runner interface{ Run() int }

// Wrap returns a Runner that runs m and then stops the servers its tests
// started and removes what they built, for a TestMain that hands its Runner on:
//
//	testscript.Main(dbtest.Wrap(m), commands)
func Wrap(m Runner) Runner { return wrapped{m} }

type wrapped struct{ Runner }

func (w wrapped) Run() int {
	defer shared.mariaDB.stop()
	defer shared.mySQL.stop()
	defer restauth.remove()
	return w.Runner.Run()
}

// Want is for a test that is about to need a server of that kind without asking
// this package for one: under go test -short it is left out here.
func Want(t testing.TB, kind Kind) {
	t.Helper()
	if !testing.Short() {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("-short leaves out what needs %s; with CI set nothing may be left out", kind)
	}
	t.Skipf("-short: needs %s", kind)
}

func fresh(t testing.TB, kind Kind, shared *slot) string {
	t.Helper()
	Want(t, kind)
	admin := os.Getenv(kind.Env())
	if admin == "" {
		server, err := shared.get(kind)
		if err != nil {
			t.Fatal(err)
		}
		admin = server.AdminURL()
	}
	return createDatabase(t, admin)
}

func createDatabase(t testing.TB, admin string) string {
	t.Helper()
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("the admin URL of the test server is malformed") // it holds a password
	}
	name := "t_" + randomHex(8)
	Exec(t, admin, "CREATE DATABASE `"+name+"` CHARACTER SET utf8mb4")
	t.Cleanup(func() {
		// A server that the test stopped takes its databases with it.
		db, err := open(admin)
		if err != nil {
			return
		}
		defer db.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_, _ = db.ExecContext(ctx, "DROP DATABASE IF EXISTS `"+name+"`")
	})
	u.Path = "/" + name
	return u.String()
}

// Load runs every statement of a SQL file on the database at that URL.
func Load(t testing.TB, databaseURL, sqlFile string) {
	t.Helper()
	script, err := os.ReadFile(sqlFile)
	if err != nil {
		t.Fatalf("read SQL file: %v", err)
	}
	Exec(t, databaseURL, string(script))
}

// Exec runs SQL on the database at that URL, each string in turn on one
// connection. A string may hold several statements.
func Exec(t testing.TB, databaseURL string, statements ...string) {
	t.Helper()
	db, err := open(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			t.Fatalf("run %.80q: %v", statement, err)
		}
	}
}

// User adds a database user that may log in from anywhere and holds only the
// given grants, each written as "SELECT ON `user`" for the URL's own database,
// and returns the URL with that user in it.
func User(t testing.TB, databaseURL string, grants ...string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the URL of the test database is malformed")
	}
	name, password := "u_"+randomHex(6), randomHex(12)
	Exec(t, databaseURL, fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY '%s'", name, password))
	t.Cleanup(func() {
		if db, err := open(databaseURL); err == nil {
			defer db.Close()
			_, _ = db.Exec("DROP USER IF EXISTS '" + name + "'@'%'")
		}
	})
	for _, grant := range grants {
		Exec(t, databaseURL, fmt.Sprintf("GRANT %s TO '%s'@'%%'", grant, name))
	}
	u.User = url.UserPassword(name, password)
	return u.String()
}

// Open opens a test's database, closed when the test ends.
func Open(t testing.TB, databaseURL string) *sql.DB {
	t.Helper()
	db, err := open(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(4)
	return db
}

// open opens one connection's worth of a mysql:// URL, several statements a
// string allowed, which the product itself never does.
func open(databaseURL string) (*sql.DB, error) {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("the URL of the test database is malformed")
	}
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr = "tcp", u.Host
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.DBName = strings.TrimPrefix(u.Path, "/")
	if err := cfg.Apply(mysql.Charset("utf8mb4", ""), mysql.BeforeConnect(ownSettings)); err != nil {
		return nil, fmt.Errorf("open test database: %w", err)
	}
	cfg.TLSConfig = "preferred" // a test may take the server's other ways to hide a password
	cfg.MultiStatements = true
	cfg.Timeout = 10 * time.Second
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("open test database: %w", err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}

// ownSettings is there so that the driver gives each connection a copy of its settings.
// With tls=preferred it writes to them when a server has no TLS: all later connections
// would do without, and two that are made at once would race.
func ownSettings(context.Context, *mysql.Config) error { return nil }

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	return hex.EncodeToString(b)
}
