package main

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/serve"
	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/flaskjwt"
)

// outageTimeout is of servers that meet an outage: long enough for a busy machine to
// answer within it, and to tell one of them from two.
const outageTimeout = 3 * time.Second

// TestOutage: a database that goes away under a running server is 503 after one
// time-out, never 401, and all is well again when it is back.
func TestOutage(t *testing.T) {
	t.Parallel()
	for _, kind := range []dbtest.Kind{dbtest.KindMariaDB, dbtest.KindMySQL} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server := dbtest.Start(t, kind)
			s := startLegacy(t, legacy(t, server.Database(t)), "--users-timeout", outageTimeout.String())
			token := s.login("roy", "roy")
			checkReady(t, s, true)

			server.Stop(t)
			checkDown(t, s, token)
			server.Start(t)
			checkReady(t, s, true)

			// Connections stay open and nothing ever answers on them.
			server.Freeze(t)
			checkDown(t, s, token)
			server.Thaw(t)
			checkReady(t, s, true)
			s.login("roy", "roy")
			if status, body := s.do("GET", "/rest-auth", "", "JWT "+token); status != 200 {
				t.Errorf("after the outage: /rest-auth = %d %s", status, body)
			}
		})
	}
}

// TestStartWithoutDatabase: a machine that restarts at night must not wait for
// a person because its database is slower.
func TestStartWithoutDatabase(t *testing.T) {
	t.Parallel()
	server := dbtest.Start(t, dbtest.KindMariaDB)
	table := legacy(t, server.Database(t))
	server.Stop(t)

	s := startLegacy(t, table, "--users-timeout", outageTimeout.String())
	if line := s.logLine("the user database does not answer; serving 503 until it does"); line == nil || line["level"] != "ERROR" {
		t.Errorf("the log does not say that the database is down:\n%s", s.log)
	}
	if out := s.stdout.String(); !strings.Contains(out, "\nNOT READY: ") || !strings.HasSuffix(out, "; logins are 503 until the database answers.\n") {
		t.Errorf("what is printed looks like success:\n%s", out)
	}
	if strings.Contains(s.stdout.String(), "connect") {
		t.Errorf("why it cannot be reached is said twice, in the log and on standard output:\n%s%s", s.log, s.stdout)
	}
	if status, body := s.do("GET", "/livez", "", ""); status != 200 {
		t.Errorf("/livez = %d %s, want 200", status, body)
	}
	checkDown(t, s, "")

	server.Start(t)
	checkReady(t, s, true)
	s.login("roy", "roy")
	eventually(t, "the log says that the database is up", func() bool {
		return s.logLine("the user table can be read now") != nil
	})
	checkLogClean(t, s)
	u, err := url.Parse(table)
	if err != nil {
		t.Fatal("the URL of the test database is malformed") // it holds a password
	}
	if password, _ := u.User.Password(); password == "" || strings.Contains(s.log.String()+s.stdout.String(), password) {
		t.Error("the database's password is in the log or in what is printed")
	}
}

// TestNoTLS: a server that cannot speak the TLS that was asked for will not
// learn it by waiting.
func TestNoTLS(t *testing.T) {
	t.Parallel()
	table := legacyTables()["MariaDB"](t) // 10.11 makes itself no certificate
	wanted := edit(t, table, func(u *url.URL) { u.RawQuery = "tls=true" })
	s := launch(t, "RESTAUTH_SECRET_KEY="+flaskjwt.Secret, "--allow-weak-secret", "--users", wanted)
	select {
	case <-s.exited:
	case <-time.After(patience):
		t.Fatalf("it goes on:\n%s%s", s.stdout, s.log)
	}
	if s.code != exitFailed || !strings.Contains(s.log.String(), "does not support TLS") || !strings.Contains(s.log.String(), "write tls=false in the URL") {
		t.Errorf("exit code %d, want 1 and what to do:\n%s", s.code, s.log)
	}
	if s.stdout.String() != "" {
		t.Errorf("it greets first:\n%s", s.stdout)
	}
}

// TestTableCheckedLate: what is found wrong when the database comes up is
// logged once and keeps the server from being ready, until it is put right.
func TestTableCheckedLate(t *testing.T) {
	t.Parallel()
	server := dbtest.Start(t, dbtest.KindMariaDB)
	table := legacy(t, server.Database(t))
	// A mistake that reading alone would not show.
	dbtest.Exec(t, table, "ALTER TABLE `user` MODIFY id double NOT NULL")
	server.Stop(t)
	s := startLegacy(t, table)
	server.Start(t)

	const message = "the user table cannot be used; not ready until that is put right"
	eventually(t, "the wrong table is logged", func() bool { return s.logLine(message) != nil })
	time.Sleep(3 * serve.RetryEvery)
	checkReady(t, s, false)
	if n := strings.Count(s.log.String(), message); n != 1 {
		t.Errorf("logged %d times, want once:\n%s", n, s.log)
	}
	dbtest.Exec(t, table, "ALTER TABLE `user` MODIFY id int NOT NULL AUTO_INCREMENT")
	checkReady(t, s, true)
	s.login("roy", "roy")
}

// checkReady waits for /readyz to be so, or checks that it is not.
func checkReady(t *testing.T, s *testServer, want bool) {
	t.Helper()
	if !want {
		if status, body := s.do("GET", "/readyz", "", ""); status != 503 {
			t.Errorf("/readyz = %d %s, want 503", status, body)
		}
		return
	}
	eventually(t, "/readyz is 200", func() bool {
		status, _ := s.do("GET", "/readyz", "", "")
		return status == 200
	})
}

// checkDown: every operation that needs the database says after one time-out that
// it is away, and nothing about the password or the token, "" for none.
func checkDown(t *testing.T, s *testServer, token string) {
	t.Helper()
	type request struct{ method, path, body, authorization string }
	requests := []request{
		{"POST", "/auth", `{"username":"roy","password":"roy"}`, ""},
		{"POST", "/auth", `{"username":"nobody","password":"wrong"}`, ""},
		{"GET", "/readyz", "", ""},
	}
	if token != "" {
		requests = append(requests, request{"GET", "/rest-auth", "", "JWT " + token})
	}
	for _, r := range requests {
		begin := time.Now()
		status, body, header := s.send(r.method, r.path, r.body, r.authorization)
		if took := time.Since(begin); took >= 2*outageTimeout {
			t.Errorf("%s %s took %v, want %v at most", r.method, r.path, took, outageTimeout)
		}
		if status != 503 || header.Get("Retry-After") == "" {
			t.Errorf("%s %s = %d %s, want 503 with Retry-After", r.method, r.path, status, body)
		}
		if strings.Contains(body, "127.0.0.1") || strings.Contains(body, "refused") {
			t.Errorf("%s %s tells the client about the inside: %s", r.method, r.path, body)
		}
	}
	// A bad token needs no database to be known as one.
	if status, body := s.do("GET", "/rest-auth", "", "JWT "+flaskjwt.Secret); status != 401 {
		t.Errorf("a bad token = %d %s, want 401", status, body)
	}
}
