package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
)

// TestReplicasMigrate starts three replicas at once on an empty database: all come up,
// and a login works at each.
func TestReplicasMigrate(t *testing.T) {
	t.Parallel()
	for name, fresh := range map[string]func(testing.TB) string{"mariadb": dbtest.MariaDB, "mysql": dbtest.MySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			table, own := legacy(t, fresh(t)), fresh(t)
			s := launch(t, legacyArgs(table, "--state", own)...)
			if <-s.exited; s.code != 1 || !strings.Contains(s.log.String()+s.stdout.String(), "restauth migrate") {
				t.Errorf("serve on an empty state ends with %d:\n%s", s.code, s.log)
			}
			replicas := make([]*testServer, 3)
			var starting sync.WaitGroup
			for i := range replicas {
				replicas[i] = launch(t, legacyArgs(table, "--state", own, "--migrate")...)
				starting.Go(replicas[i].listens)
			}
			starting.Wait()
			for _, s := range replicas {
				s.login("roy", "roy")
			}
			without := launch(t, legacyArgs(table, "--state", own)...) // brought up by now
			without.listens()
			without.login("roy", "roy")
		})
	}
}

// TestStateInForeignFile: where --state names the users' own file, and another program
// made that, nothing could be kept. It is said, and not passed over.
func TestStateInForeignFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "app.db")
	if code := startServer(t, "--users", "sqlite:"+file).Stop(os.Interrupt); code != 0 {
		t.Fatalf("making the file ends with %d", code)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	clear(content[68:72]) // the application id: now it is nobody's of ours
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"RESTAUTH_SECRET_KEY=0123456789abcdef0123456789abcdef", "--users", "sqlite:" + file}
	startServer(t, args...) // without --state it can be served
	s := launch(t, append(args, "--state", "sqlite:"+filepath.Join(filepath.Dir(file), ".", "app.db"))...)
	select {
	case <-s.exited:
	case <-time.After(patience):
		t.Fatal("serve goes on")
	}
	if want := "--state names the users' own file"; s.code != 2 || !strings.Contains(s.log.String(), want) {
		t.Errorf("serve ends with %d, want 2 and %q:\n%s", s.code, want, s.log)
	}
	var out, errs buffer
	w := world{
		args: []string{"config", "check", "--connect", "--users", "sqlite:" + file, "--state", "sqlite:" + file},
		env:  []string{"RESTAUTH_SECRET_KEY=0123456789abcdef0123456789abcdef"}, stdin: strings.NewReader(""), stdout: &out, stderr: &errs,
	}
	if code := run(t.Context(), w); code == 0 || !strings.Contains(errs.String(), "--state names the users' own file") {
		t.Errorf("config check ends with %d:\n%s", code, errs.String())
	}
}

// TestStateIsDown: what needs no memory goes on while the state does not answer.
func TestStateIsDown(t *testing.T) {
	t.Parallel()
	server := dbtest.Start(t, dbtest.KindMariaDB)
	own := server.Database(t)
	table := legacy(t, dbtest.MariaDB(t))
	server.Stop(t)
	s := startLegacy(t, table, "--state", own, "--migrate")
	s.login("roy", "roy")
	checkReady(t, s, true)
	u, err := url.Parse(own)
	if err != nil {
		t.Fatal("the URL of the test database is malformed")
	}
	if line := s.logLine("the state database does not answer; going on without it until it does"); line == nil || line["state"] != "mysql://"+u.Host+u.Path {
		t.Errorf("the log does not say that the state is down: %v\n%s", line, s.log)
	}
	server.Start(t)
	deadline := time.Now().Add(patience)
	for s.logLine("the state database answers now") == nil {
		if time.Now().After(deadline) {
			t.Fatalf("the state was not found again:\n%s", s.log)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if s.logLine("the state's schema was brought up") == nil {
		t.Errorf("the schema was not brought up:\n%s", s.log)
	}
}

// TestStateStaysWrong: a state that comes up while serving and then cannot be used says
// why, once and not with each look.
func TestStateStaysWrong(t *testing.T) {
	t.Parallel()
	server := dbtest.Start(t, dbtest.KindMariaDB)
	own := server.Database(t)
	dbtest.Exec(t, own, "CREATE TABLE `other` (id INT)")
	denied := dbtest.User(t, own, "SELECT ON `other`")
	table := legacy(t, dbtest.MariaDB(t))
	server.Stop(t)
	s := startLegacy(t, table, "--state", denied)
	server.Start(t)
	const wrong = "the state database cannot be used yet"
	eventually(t, "the log says that the state cannot be used", func() bool { return s.logLine(wrong) != nil })
	if line := s.logLine(wrong); !strings.Contains(line["error"].(string), "grant it SELECT, INSERT, UPDATE and DELETE") {
		t.Errorf("the log says %v, want what to grant", line["error"])
	}
	time.Sleep(5 * time.Second) // two looks and more
	if said := strings.Count(s.log.String(), wrong); said != 1 {
		t.Errorf("it is said %d times, want once:\n%s", said, s.log)
	}
	s.login("roy", "roy")
}
