package main

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
)

// TestLastingFault: what somebody does to a table under a running server is told
// from an outage, in the log once when it begins and once when it ends, and to
// clients without a word of what it is. Tokens get no grace.
func TestLastingFault(t *testing.T) {
	t.Parallel()
	for name, fresh := range map[string]func(testing.TB) string{"mariadb": dbtest.MariaDB, "mysql": dbtest.MySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := legacy(t, fresh(t))
			reader := dbtest.User(t, admin, "SELECT ON user")
			u, err := url.Parse(reader)
			if err != nil {
				t.Fatal("the URL of the test database is malformed") // it holds a password
			}
			password, _ := u.User.Password()
			s := startLegacy(t, reader)
			token := s.login("roy", "roy")
			checkReady(t, s, true)
			for _, c := range []struct{ change, back, want string }{
				{"REVOKE SELECT ON user FROM '%s'@'%%'", "GRANT SELECT ON user TO '%s'@'%%'", "may not read table `user`"},
				{"RENAME TABLE user TO members /* %s */", "RENAME TABLE members TO user /* %s */", "table `user` not found"},
			} {
				before := len(s.log.String())
				dbtest.Exec(t, admin, fmt.Sprintf(c.change, u.User.Username()))
				eventually(t, "tokens get no grace", func() bool {
					status, _ := s.do("GET", "/rest-auth", "", "JWT "+token)
					return status == 503
				})
				for range 3 {
					checkUnusable(t, s, token)
				}
				dbtest.Exec(t, admin, fmt.Sprintf(c.back, u.User.Username()))
				checkReady(t, s, true)
				s.login("roy", "roy")
				log := func() string { return s.log.String()[before:] }
				eventually(t, "the end of it is logged", func() bool { return strings.Contains(log(), "the user table can be read now") })
				const begin = "the user table cannot be used; not ready until that is put right"
				if strings.Count(log(), begin) != 1 || strings.Count(log(), `"level":"ERROR"`) != 1 || strings.Count(log(), "can be read now") != 1 ||
					strings.Count(log(), c.want) != 1 || strings.Contains(log(), "start the server") || strings.Contains(log(), password) {
					t.Errorf("the log, want begin and end once and %q:\n%s", c.want, log())
				}
			}
		})
	}
}

// checkUnusable: 503 to everybody, at once, without what is wrong.
func checkUnusable(t *testing.T, s *testServer, token string) {
	t.Helper()
	for _, r := range [][4]string{
		{"POST", "/auth", `{"username":"roy","password":"roy"}`, ""},
		{"POST", "/auth", `{"username":"nobody","password":"wrong"}`, ""},
		{"GET", "/rest-auth", "", "JWT " + token},
		{"GET", "/readyz", "", ""},
	} {
		status, body, header := s.send(r[0], r[1], r[2], r[3])
		if status != 503 || header.Get("Retry-After") == "" || !strings.Contains(body, "until its operator puts something right") {
			t.Errorf("%s %s = %d %s, want 503, a fault that lasts", r[0], r[1], status, body)
		}
		for _, inside := range []string{"127.0.0.1", "members", "`", "SELECT", "grant", "Error"} {
			if strings.Contains(body, inside) {
				t.Errorf("%s %s tells the client about the inside: %s", r[0], r[1], body)
			}
		}
	}
}

// TestOutageIsSaidOnce, however many ask in it.
func TestOutageIsSaidOnce(t *testing.T) {
	t.Parallel()
	server := dbtest.Start(t, dbtest.KindMariaDB)
	s := startLegacy(t, legacy(t, server.Database(t)))
	token := s.login("roy", "roy")
	eventually(t, "the start has told all it tells", func() bool { return strings.Contains(s.log.String(), "of that sample") })
	before := len(s.log.String())
	server.Stop(t)
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); {
		s.do("POST", "/auth", `{"username":"roy","password":"roy"}`, "")
		s.do("GET", "/readyz", "", "")
		s.do("GET", "/rest-auth", "", "JWT "+token)
	}
	server.Start(t)
	eventually(t, "the end of it is logged", func() bool { return strings.Contains(s.log.String()[before:], "the user table can be read now") })
	var lines []string
	for line := range strings.Lines(s.log.String()[before:]) {
		if !strings.Contains(line, `"msg":"request"`) && !strings.Contains(line, `"event":"login"`) {
			lines = append(lines, line)
		}
	}
	if len(lines) != 2 || !strings.Contains(lines[0], "does not answer; serving 503") || !strings.Contains(lines[1], `"failed_for"`) {
		t.Errorf("the log of an outage, want its begin and its end:\n%s", strings.Join(lines, ""))
	}
}
