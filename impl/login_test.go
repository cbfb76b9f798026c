package impl_test

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"github.com/restauth/restauth/internal/dbtest"
)

// TestHostileLogin: nothing typed into the two fields is more than a wrong
// user name or password, on any database.
func TestHostileLogin(t *testing.T) {
	engines(t, func(t *testing.T, s *server) {
		for _, hostile := range []string{
			"' OR '1'='1' -- ", `" OR ""="`, "roy'--", "roy\\", "ro%", "ro_", "%", "*", "0", "1", "true", "null",
			"%s%n%d", "{{7*7}}", "${7*7}", "../../etc/passwd", "roy\n", "\troy", "ｒｏｙ1", "\U0001F600",
			strings.Repeat("a", 255), "<script>", "roy;DROP TABLE user", "`user`", "\x7f", "\u2028",
		} {
			for _, c := range [][2]string{{hostile, "roy"}, {"roy", hostile}} {
				if a := s.credentials(c[0], c[1]); a.status != 401 || a.problem.Description != "Invalid credentials" {
					t.Errorf("login as %q with %q = %d %s", c[0], c[1], a.status, a.body)
				}
			}
		}
		if a := s.credentials("roy", "roy"); a.status != 200 {
			t.Errorf("afterwards roy = %d", a.status)
		}
	})
}

// TestPasswordLengths: each length is taken whole, up to the contract's limit.
func TestPasswordLengths(t *testing.T) {
	s := demo(t)
	long := strings.Repeat("0123456789abcdef", 64)
	for _, n := range []int{64, 72, 73, 1024} {
		hash, err := argon2id(long[:n])
		if err != nil {
			t.Fatal(err)
		}
		name := "user" + string(rune('a'+n%26))
		s.add(name, hash)
		if a := s.credentials(name, long[:n]); a.status != 200 {
			t.Errorf("%d characters = %d", n, a.status)
		}
		if a := s.credentials(name, long[:n-1]); a.status != 401 {
			t.Errorf("%d of %d characters = %d", n-1, n, a.status)
		}
	}
	if a := s.credentials("usera", long+"x"); a.status != 400 {
		t.Errorf("1025 characters = %d", a.status)
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(long[:72]), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	s.add("bcrypt", string(hash))
	if a := s.credentials("bcrypt", long[:72]); a.status != 200 {
		t.Errorf("bcrypt, 72 characters = %d", a.status)
	}
	if a := s.credentials("bcrypt", long[:73]); a.status != 401 {
		t.Errorf("bcrypt, 72 characters and one more = %d", a.status)
	}
}

// poisoned are rows that must cost nothing and let nobody in.
var poisoned = map[string]string{
	"unknown":    "md4$salt$00",
	"empty":      "",
	"costly":     "pbkdf2:sha256:999999999$salt$" + strings.Repeat("0", 64),
	"hugeScrypt": "scrypt:1099511627776:8:1$salt$" + strings.Repeat("0", 128),
	"argon2":     "$argon2id$v=19$m=4194304,t=0,p=0$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
	"zero":       "pbkdf2:sha256:0$salt$" + strings.Repeat("0", 64),
	"noDigest":   "pbkdf2:sha256:1000$salt$",
	"long":       "sha256$" + strings.Repeat("s", 200) + "$0",
	"controls":   "sha256$a\nb$" + strings.Repeat("0", 64),
	"bcryptCost": "$2b$31$" + strings.Repeat("a", 53),
}

// TestBrokenRows: NULL, unknown and poisoned hashes answer like a wrong
// password, at once, on every database, and are logged once without the hash.
func TestBrokenRows(t *testing.T) {
	for name, open := range map[string]func(testing.TB) string{"mariadb": dbtest.MariaDB, "mysql": dbtest.MySQL} {
		t.Run(name, func(t *testing.T) {
			url := open(t)
			dbtest.Load(t, url, usersSQL)
			for user, hash := range poisoned {
				dbtest.Exec(t, url, "INSERT INTO user (username, password) VALUES ('"+user+"', '"+strings.ReplaceAll(hash, "\n", `\n`)+"')")
			}
			brokenRows(t, serve(t, url), "nopassword")
		})
	}
	t.Run("sqlite", func(t *testing.T) {
		s := demo(t)
		for user, hash := range poisoned {
			s.add(user, hash)
		}
		brokenRows(t, s)
	})
}

func brokenRows(t *testing.T, s *server, more ...string) {
	t.Helper()
	wrong := s.credentials("roy", "wrong")
	for user := range poisoned {
		more = append(more, user)
	}
	for _, user := range more {
		before := strings.Count(s.log.String(), `"level":"WARN"`)
		for range 2 {
			a := s.credentials(user, "x")
			if a.status != 401 || a.withoutID() != wrong.withoutID() {
				t.Errorf("%s = %d: %s", user, a.status, a.body)
			}
		}
		if events := strings.Count(s.log.String(), `"level":"WARN"`) - before; events != 1 {
			t.Errorf("%s: %d events in the log, want 1", user, events)
		}
	}
	if a := s.credentials("roy", "roy"); a.status != 200 {
		t.Errorf("afterwards roy = %d", a.status)
	}
	if log := s.log.String(); strings.Contains(log, "00000000") || strings.Contains(log, "$salt") {
		t.Errorf("a hash is in the log:\n%s", log)
	}
}

// TestUnknownAndWrongAreTheSame, byte for byte but for the request id.
func TestUnknownAndWrongAreTheSame(t *testing.T) {
	engines(t, func(t *testing.T, s *server) {
		unknown, wrong := s.credentials("nobody", "roy"), s.credentials("roy", "wrong")
		if unknown.withoutID() != wrong.withoutID() {
			t.Errorf("unknown:\n%s\nwrong:\n%s", unknown.body, wrong.body)
		}
		for _, h := range []string{"Date", "X-Request-Id"} {
			unknown.header.Del(h)
			wrong.header.Del(h)
		}
		if len(unknown.header) != len(wrong.header) || unknown.header.Get("Content-Length") != wrong.header.Get("Content-Length") {
			t.Errorf("headers %v, %v", unknown.header, wrong.header)
		}
	})
}

// TestProblemsLookAlike: whoever writes an error, the domain's refusal or the
// contract's enforcer, its members stand in one order, which people read.
func TestProblemsLookAlike(t *testing.T) {
	s := demo(t)
	want := regexp.MustCompile(`^\{"type":".*","title":".*","status":\d{3},"detail":".*","request_id":".*","status_code":\d{3},"error":".*","description":".*"(,"errors":\[.*\])?\}\n$`)
	for name, a := range map[string]answer{
		"a wrong password":  s.credentials("roy", "wrong"),
		"no token":          s.get("/rest-auth", ""),
		"a bad token":       s.get("/rest-auth", "Bearer x.y.z"),
		"a missing member":  s.post(`{"username":"roy"}`),
		"no JSON":           s.post(`{`),
		"nothing there":     s.get("/nowhere", ""),
		"no method of this": s.get("/auth", ""),
	} {
		if a.status < 400 || !want.Match(a.body) || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s = %d %s %s", name, a.status, a.header.Get("Content-Type"), a.body)
		}
	}
}

// TestWeakHashes: let in with one warning a user, or refused by the setting.
func TestWeakHashes(t *testing.T) {
	weak := map[string]string{
		"digest": "sha1$ofeFms0S$9f0b7ba72147f46e78f0d50c0d13a6c17db5bee2",
		"plain":  "plain$$correct horse",
	}
	allowed, refused := demo(t), demo(t, refuseWeak)
	for user, hash := range weak {
		allowed.add(user, hash)
		refused.add(user, hash)
		for range 3 {
			if a := allowed.credentials(user, "correct horse"); a.status != 200 {
				t.Errorf("%s = %d", user, a.status)
			}
			if a := refused.credentials(user, "correct horse"); a.status != 401 {
				t.Errorf("%s with weak hashes off = %d", user, a.status)
			}
		}
	}
	for _, s := range []*server{allowed, refused} {
		if n := strings.Count(s.log.String(), `"level":"WARN"`); n != len(weak) {
			t.Errorf("%d warnings, want %d:\n%s", n, len(weak), s.log.String())
		}
		if strings.Contains(s.log.String(), "correct horse") || strings.Contains(s.log.String(), "ofeFms0S") {
			t.Errorf("a password or hash is in the log:\n%s", s.log.String())
		}
	}
}
