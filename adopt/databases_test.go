//go:build adopt && linux

package adopt

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/internal/dbtest"
)

// byMariaDB has PASSWORD() hash the passwords. MySQL 9 has neither that nor, without a
// component, the SHA1() that it is made of; its hashes of before are the same.
func byMariaDB(t *testing.T) (all []pair) {
	t.Helper()
	file, err := os.Open(os.Getenv("ADOPT_PASSWORDS"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	db := open(t, dbtest.MariaDB(t))
	ask := func(password string) (hash string) {
		if err := db.QueryRowContext(t.Context(), "SELECT PASSWORD(?)", password).Scan(&hash); err != nil {
			t.Fatal(err)
		}
		return hash
	}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var of struct {
			Password string
			Wrong    []string
		}
		if err := json.Unmarshal(lines.Bytes(), &of); err != nil {
			t.Fatal(err)
		}
		p := pair{Writer: "MariaDB", Form: "*...", Hash: ask(of.Password), Password: of.Password}
		for _, wrong := range of.Wrong {
			if ask(wrong) == p.Hash {
				p.Loose = append(p.Loose, wrong)
			} else {
				p.Wrong = append(p.Wrong, wrong)
			}
		}
		all = append(all, p)
	}
	return all
}

// open opens a mysql:// URL.
func open(t testing.TB, databaseURL string) *sql.DB {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the URL of the test database is malformed")
	}
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.DBName = "tcp", u.Host, u.User.Username(), strings.TrimPrefix(u.Path, "/")
	cfg.Passwd, _ = u.User.Password()
	if err := cfg.Apply(mysql.Charset("utf8mb4", "")); err != nil {
		t.Fatal(err)
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db
}
