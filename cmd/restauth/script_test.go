package main

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/restauth/restauth/internal/dbtest"
)

// scriptPatience bounds one script: a server that starts where it should
// not would otherwise go on for good.
const scriptPatience = 5 * time.Minute

// TestScript runs the command as people do, one process each, where no
// database server is needed.
func TestScript(t *testing.T) {
	t.Parallel()
	runScripts(t, "testdata/script", func(env *testscript.Env) error {
		env.Setenv("TAKEN", takenPort(t))
		env.Setenv("NEWLINE", "\n")
		env.Vars = append(append(env.Vars, patient...), "GODEBUG="+os.Getenv("GODEBUG")) // as on which processor
		return nil
	})
}

// TestDatabaseScript runs the scripts that need a server, on each.
func TestDatabaseScript(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"MariaDB", "MySQL"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			table := legacyTables()[engine](t)
			noGrant := dbtest.User(t, table, "SELECT (`id`, `username`) ON `user`")
			runScripts(t, "testdata/database", func(env *testscript.Env) error {
				env.Setenv("URL", table)
				env.Vars = append(env.Vars, patient...)
				env.Setenv("NOGRANT", noGrant)
				env.Setenv("DENIED", edit(t, noGrant, func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "wrong-password") }))
				env.Setenv("UNKNOWN", edit(t, table, func(u *url.URL) { u.Path = "/no_such_database" }))
				return nil
			})
		})
	}
}

// runScripts runs each script of a folder as a test of its own, whose time begins when its
// turn has come.
func runScripts(t *testing.T, folder string, setup func(*testscript.Env) error) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts in %s: %v", folder, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			testscript.RunT(oneScript{t}, testscript.Params{
				Files: []string{file}, RequireExplicitExec: true, Deadline: time.Now().Add(scriptPatience),
				Setup: func(env *testscript.Env) error {
					env.Setenv("GORACE", os.Getenv("GORACE")) // the Makefile's
					return setup(env)
				},
			})
		})
	}
}

// oneScript is a test that is its only script.
type oneScript struct{ *testing.T }

// Run implements testscript.T.
func (s oneScript) Run(_ string, script func(testscript.T)) { script(s) }

// Parallel implements testscript.T: it is.
func (oneScript) Parallel() {}

// Verbose implements testscript.T.
func (oneScript) Verbose() bool { return testing.Verbose() }

func edit(t *testing.T, raw string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal("the URL of the test database is malformed") // it holds a password
	}
	change(u)
	return u.String()
}

// takenPort returns the number of a port that someone listens on until the
// test ends.
func takenPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}
