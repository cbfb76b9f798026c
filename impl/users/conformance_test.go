package users_test

import (
	"context"
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite"

	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/impl/users/userstest"
	"github.com/restauth/restauth/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// servers are the engines behind mysql:// URLs.
var servers = map[string]func(testing.TB) string{"mariadb": dbtest.MariaDB, "mysql": dbtest.MySQL}

// tutorialTable is Flask-JWT's tutorial's, with room for the suite's ids and names.
const tutorialTable = "CREATE TABLE `user` (`id` bigint NOT NULL AUTO_INCREMENT, `username` varchar(255) DEFAULT NULL," +
	" `password` varchar(1024) DEFAULT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci"

// patience is how long a test waits for what takes milliseconds on an idle machine.
const patience = time.Minute

// open opens a Store that gives up only when something hangs, unless cfg says when.
func open(t testing.TB, cfg users.Config) *users.Store {
	t.Helper()
	if cfg.Timeout == 0 {
		cfg.Timeout = patience
	}
	s, err := users.Open(context.Background(), cfg)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { _ = s.Close() }) // some tests closed it
	return s
}

// raw opens a mysql:// URL past the users.
func raw(t testing.TB, databaseURL string) *sql.DB {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.DBName = "tcp", u.Host, u.User.Username(), strings.TrimPrefix(u.Path, "/")
	cfg.Passwd, _ = u.User.Password()
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// TestServers runs the suite as a database user who may do nothing but read
// the three columns.
func TestServers(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			userstest.Run(t, func(t *testing.T) userstest.Fixture {
				admin := fresh(t)
				dbtest.Exec(t, admin, tutorialTable)
				s := open(t, users.Config{URL: dbtest.User(t, admin, "SELECT (id, username, password) ON `user`")})
				if err := s.Check(t.Context()); err != nil {
					t.Fatalf("Check() = %v", err)
				}
				return userstest.Fixture{Users: s, Close: s.Close, Raw: raw(t, admin), Insensitive: true, NullNames: true, Duplicates: true}
			})
		})
	}
}

// TestServersBinaryCollation runs it where only the same bytes are the same.
func TestServersBinaryCollation(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			userstest.Run(t, func(t *testing.T) userstest.Fixture {
				admin := fresh(t)
				dbtest.Exec(t, admin, strings.ReplaceAll(tutorialTable, "`username` varchar(255)", "`username` varbinary(1020)"))
				s := open(t, users.Config{URL: dbtest.User(t, admin, "SELECT ON `user`")})
				return userstest.Fixture{Users: s, Close: s.Close, Raw: raw(t, admin), NullNames: true, Duplicates: true}
			})
		})
	}
}

// TestSQLiteForeign runs it on a file that another program made.
func TestSQLiteForeign(t *testing.T) {
	t.Parallel()
	userstest.Run(t, func(t *testing.T) userstest.Fixture {
		file, db := foreignFile(t)
		s := open(t, users.Config{URL: "sqlite:" + file})
		return userstest.Fixture{Users: s, Close: s.Close, Raw: db, NullNames: true, Duplicates: true}
	})
}

// foreignFile makes a SQLite file the way SQLAlchemy would.
func foreignFile(t testing.TB) (string, *sql.DB) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "app.db")
	db, err := sql.Open("sqlite", "file://"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Exec("CREATE TABLE user (id INTEGER NOT NULL PRIMARY KEY, username VARCHAR(45), password VARCHAR(255))"); err != nil {
		t.Fatal(err)
	}
	return file, db
}
