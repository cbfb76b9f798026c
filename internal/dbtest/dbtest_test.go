package dbtest_test

import (
	"context"
	"database/sql"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var engines = map[string]struct {
	kind  dbtest.Kind
	fresh func(testing.TB) string
	want  string // what @@version contains
}{
	"mariadb": {dbtest.KindMariaDB, dbtest.MariaDB, "MariaDB"},
	"mysql":   {dbtest.KindMySQL, dbtest.MySQL, "."},
}

// connect opens a database whose answers it waits for as long as limit says, a minute
// unless it does.
func connect(t *testing.T, databaseURL string, limit ...time.Duration) *sql.DB {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.DBName = "tcp", u.Host, u.User.Username(), strings.TrimPrefix(u.Path, "/")
	cfg.Passwd, _ = u.User.Password()
	cfg.Timeout, cfg.ReadTimeout, cfg.Logger = time.Minute, time.Minute, &mysql.NopLogger{}
	if len(limit) > 0 {
		cfg.ReadTimeout = limit[0]
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	return db
}

func TestFreshDatabases(t *testing.T) {
	for name, engine := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first, second := engine.fresh(t), engine.fresh(t)
			if first == second {
				t.Fatalf("two calls gave the same database")
			}
			file := filepath.Join(t.TempDir(), "two.sql")
			if err := os.WriteFile(file, []byte("CREATE TABLE a (n int);\n-- ; \nINSERT INTO a VALUES (7);\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			dbtest.Load(t, first, file)

			var n int
			if err := connect(t, first).QueryRow("SELECT n FROM a").Scan(&n); err != nil || n != 7 {
				t.Errorf("after Load, SELECT n = %d, %v, want 7", n, err)
			}
			if err := connect(t, second).QueryRow("SELECT n FROM a").Scan(&n); err == nil {
				t.Error("the second database has the first one's table")
			}
			var version string
			if err := connect(t, first).QueryRow("SELECT @@version").Scan(&version); err != nil || !strings.Contains(version, engine.want) {
				t.Errorf("@@version = %q, %v, want %q in it", version, err, engine.want)
			}
		})
	}
}

func TestUserHoldsOnlyItsGrants(t *testing.T) {
	for name, engine := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			admin := engine.fresh(t)
			dbtest.Exec(t, admin, "CREATE TABLE a (n int)", "CREATE TABLE b (n int)")
			db := connect(t, dbtest.User(t, admin, "SELECT ON a"))
			if _, err := db.Exec("SELECT * FROM a"); err != nil {
				t.Errorf("granted SELECT: %v", err)
			}
			for _, refused := range []string{"SELECT * FROM b", "INSERT INTO a VALUES (1)", "DROP TABLE a"} {
				if _, err := db.Exec(refused); err == nil {
					t.Errorf("%s succeeded without a grant", refused)
				}
			}
		})
	}
}

func TestServerStopsAndStartsAgain(t *testing.T) {
	for name, engine := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := dbtest.Start(t, engine.kind)
			databaseURL := server.Database(t)
			dbtest.Exec(t, databaseURL, "CREATE TABLE a (n int)", "INSERT INTO a VALUES (1)")
			addr := server.Addr()

			server.Stop(t)
			if conn, err := net.DialTimeout("tcp", addr, time.Second); err == nil {
				conn.Close()
				t.Error("a stopped server accepts connections")
			}
			server.Start(t)
			if server.Addr() != addr {
				t.Errorf("after a restart Addr() = %s, want %s", server.Addr(), addr)
			}
			db := connect(t, databaseURL)
			if err := db.QueryRow("SELECT n FROM a").Scan(new(int)); err != nil {
				t.Errorf("after a restart: %v", err)
			}

			server.Freeze(t)
			if err := connect(t, databaseURL, time.Second).QueryRow("SELECT n FROM a").Scan(new(int)); err == nil {
				t.Error("a frozen server answered")
			}
			server.Thaw(t)
			if err := db.QueryRow("SELECT n FROM a").Scan(new(int)); err != nil {
				t.Errorf("after Thaw: %v", err)
			}
		})
	}
}

// TestShort: -short leaves a test out and says why, except in CI, where it fails.
func TestShort(t *testing.T) {
	const role = "RESTAUTH_DBTEST_SHORT"
	if os.Getenv(role) != "" {
		dbtest.MySQL(t)
		return
	}
	for ci, want := range map[string]string{"": "-short: needs mysql", "true": "with CI set nothing may be left out"} {
		cmd := exec.Command(os.Args[0], "-test.short", "-test.v", "-test.run=^TestShort$")
		cmd.Env = append(os.Environ(), role+"=1", "CI="+ci)
		out, err := cmd.CombinedOutput()
		if failed := err != nil; failed != (ci != "") || !strings.Contains(string(out), want) {
			t.Errorf("-short with CI=%q: %v, want %q in\n%s", ci, err, want, out)
		}
	}
}

func TestMissingServerSaysWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("RESTAUTH_TEST_CACHE", t.TempDir())
	for _, kind := range []dbtest.Kind{dbtest.KindMariaDB, dbtest.KindMySQL} {
		_, err := dbtest.Launch(t.Context(), kind)
		if err == nil || !strings.Contains(err.Error(), "run scripts/test-deps.sh") {
			t.Errorf("Launch(%s) without binaries = %v, want the way out", kind, err)
		}
	}
}

// TestServerDiesWithItsProcess kills a process that started a server in a way
// that leaves it no time to clean up.
func TestServerDiesWithItsProcess(t *testing.T) {
	const role = "RESTAUTH_DBTEST_LAUNCH"
	if os.Getenv(role) != "" {
		s, err := dbtest.Launch(context.Background(), dbtest.KindMariaDB)
		if err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString(s.Addr() + "\n")
		select {}
	}
	dbtest.Want(t, dbtest.KindMariaDB)
	cmd := exec.Command(os.Args[0], "-test.run=^TestServerDiesWithItsProcess$")
	cmd.Env = append(os.Environ(), role+"=1", "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 64)
	n, err := out.Read(line)
	if err != nil {
		t.Fatalf("the child said nothing: %v", err)
	}
	addr := strings.TrimSpace(string(line[:n]))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for range 1000 {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return
		}
		conn.Close()
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("the server at %s outlived its process by 50 s", addr)
}
