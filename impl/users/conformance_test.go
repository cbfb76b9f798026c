package users_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite"

	"github.com/restauth/restauth/impl/userid"
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

// textKey, uuidKey and hugeKey are keys of other kinds, one for each number and in the same order.
func textKey(n int64) (userid.ID, any) {
	text := fmt.Sprintf("key-%020d", uint64(n)^1<<63)
	return userid.Text(text), text
}

func paddedKey(n int64) (userid.ID, any) {
	id, text := textKey(n)
	return id, text.(string) + "\x00\x00\x00\x00\x00\x00" // as BINARY(30) has it
}

func uuidKey(n int64) (userid.ID, any) {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], uint64(n)^1<<63)
	text := fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
	return userid.Text(text), b[:]
}

func hugeKey(n int64) (userid.ID, any) {
	text := fmt.Sprintf("1%020d", uint64(n)^1<<63)
	id, _ := userid.ParseNumber(text)
	return id, text
}

// TestServersKeys runs it on tables of other keys, with a filter that all rows meet and
// names in two columns: whatever a table is like, the rules are the same.
func TestServersKeys(t *testing.T) {
	for name, fresh := range servers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for column, key := range map[string]func(int64) (userid.ID, any){
				"varchar(40) COLLATE utf8mb4_unicode_ci": textKey, "varchar(40) CHARACTER SET latin1": textKey, "char(36)": textKey,
				"binary(16)": uuidKey, "binary(30)": paddedKey, "decimal(40,0)": hugeKey,
			} {
				t.Run(column, func(t *testing.T) {
					userstest.Run(t, func(t *testing.T) userstest.Fixture {
						admin := fresh(t)
						table := strings.ReplaceAll(tutorialTable, "`id` bigint NOT NULL AUTO_INCREMENT", "`id` "+column+" NOT NULL")
						dbtest.Exec(t, admin, strings.ReplaceAll(table, "PRIMARY KEY", "`is_active` enum('0','1') DEFAULT '1', `email` varchar(40) CHARACTER SET latin1, PRIMARY KEY"))
						s := open(t, users.Config{
							URL:     dbtest.User(t, admin, "SELECT (id, username, password, email, is_active) ON `user`"),
							Filters: filters(t, "is_active=1"), UsernameColumns: []string{"username", "email"},
						})
						if err := s.Check(t.Context()); err != nil {
							t.Fatalf("Check() = %v", err)
						}
						return userstest.Fixture{Users: s, Close: s.Close, Raw: raw(t, admin), Insensitive: true, NullNames: true, Duplicates: true, Key: key}
					})
				})
			}
		})
	}
}

// TestSQLiteKeys is the same on a file of another program's.
func TestSQLiteKeys(t *testing.T) {
	t.Parallel()
	for column, key := range map[string]func(int64) (userid.ID, any){"CHAR(36)": textKey, "BLOB": uuidKey, "TEXT COLLATE NOCASE": textKey} {
		t.Run(column, func(t *testing.T) {
			userstest.Run(t, func(t *testing.T) userstest.Fixture {
				file, db := foreignFile(t)
				mustExec(t, db, "DROP TABLE user", "CREATE TABLE user (id "+column+" PRIMARY KEY, username TEXT, password TEXT, email TEXT, is_active BOOLEAN DEFAULT 1)")
				s := open(t, users.Config{URL: "sqlite:" + file, Filters: filters(t, "is_active=1"), UsernameColumns: []string{"username", "email"}})
				if err := s.Check(t.Context()); err != nil {
					t.Fatalf("Check() = %v", err)
				}
				return userstest.Fixture{Users: s, Close: s.Close, Raw: db, NullNames: true, Duplicates: true, Key: key}
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
