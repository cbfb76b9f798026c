package account_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

// TestUnusableTableIsNoOutage: a database that refuses has answered. Whoever takes
// the grants away stops tokens within the bound, for users seen before too.
func TestUnusableTableIsNoOutage(t *testing.T) {
	for name, fresh := range map[string]func(testing.TB) string{"mariadb": dbtest.MariaDB, "mysql": dbtest.MySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			dbtest.Load(t, admin, "../../internal/flaskjwt/testdata/users.sql")
			reader := dbtest.User(t, admin, "SELECT ON user")
			u, err := url.Parse(reader)
			if err != nil {
				t.Fatal("the URL of the test database is malformed") // it holds a password
			}
			who := "'" + u.User.Username() + "'@'%'"
			table, err := users.Open(t.Context(), users.Config{URL: reader, Timeout: 20 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = table.Close() })
			i := identify(t, table, time.Second, 30*time.Second)
			i.want(1, 1, "roy", nil)
			i.want(2, 1, "scrypt", nil)

			dbtest.Exec(t, admin, "REVOKE SELECT ON user FROM "+who)
			i.want(1, 0, "roy", nil) // within the bound
			i.later(time.Second + 1)
			for range 2 {
				i.want(1, 1, "", account.ErrUnusable)
				i.want(2, 1, "", account.ErrUnavailable)
			}
			if _, err := login(t.Context(), i.Service, "roy", "roy"); !errors.Is(err, account.ErrUnusable) || errors.Is(err, account.ErrInvalidCredentials) {
				t.Errorf("login() = %v, want ErrUnusable", err)
			}
			dbtest.Exec(t, admin, "GRANT SELECT ON user TO "+who)
			i.want(1, 1, "roy", nil)
		})
	}
}
