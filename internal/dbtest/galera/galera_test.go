//go:build linux

package galera_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/dbtest/galera"
)

// patience is how long something may take on a busy machine.
const patience = time.Minute

// connect opens that database on the node at addr, a new connection for each query.
func connect(t *testing.T, databaseURL, addr string) *sql.DB {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr, cfg.User, cfg.DBName = "tcp", addr, u.User.Username(), strings.TrimPrefix(u.Path, "/")
	cfg.Passwd, _ = u.User.Password()
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(0)
	t.Cleanup(func() { db.Close() })
	return db
}

// read returns the number in table a, or why there is none within a second.
func read(db *sql.DB) (n int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err = db.QueryRowContext(ctx, "SELECT max(n) FROM a").Scan(&n)
	return n, err
}

// becomes waits until what read says is what it should be.
func becomes(t *testing.T, when string, db *sql.DB, as func(n int, err error) bool) {
	t.Helper()
	begin := time.Now()
	for {
		n, err := read(db)
		if as(n, err) {
			t.Logf("%s: after %.1f s", when, time.Since(begin).Seconds())
			return
		}
		if time.Since(begin) > patience {
			t.Fatalf("%s: after %v still %d, %v", when, patience, n, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func reads(want int) func(int, error) bool {
	return func(n int, err error) bool { return err == nil && n == want }
}

// TestNetworkIsOurOwn: nothing of it is in the machine's network, while it is there.
func TestNetworkIsOurOwn(t *testing.T) {
	outside, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	galera.Run(t, func(t *testing.T) {
		within, err := net.Interfaces()
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range within {
			if i.Flags&net.FlagLoopback == 0 && i.Flags&net.FlagUp != 0 {
				t.Errorf("in a network of its own there is %s", i.Name)
			}
		}
		t.Logf("in a network of its own there are %d devices", len(within))
	})
	now, err := net.Interfaces()
	if err != nil || len(now) != len(outside) {
		t.Errorf("the machine had %d devices and now has %d, %v", len(outside), len(now), err)
	}
}

// TestFailureArrives: what fails in there fails here, and is said here.
func TestFailureArrives(t *testing.T) {
	const role = "RESTAUTH_GALERA_TEST_FAIL"
	if how := os.Getenv(role); how != "" {
		galera.Run(t, func(t *testing.T) {
			if how == "panic" {
				panic("a cat was here")
			}
			t.Fatal("a cat was here")
		})
		return
	}
	for _, how := range []string{"fatal", "panic"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFailureArrives$", "-test.v")
		cmd.Env = append(os.Environ(), role+"="+how)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "a cat was here") || !strings.Contains(string(out), "--- FAIL: TestFailureArrives") {
			t.Errorf("%s: %v, want a failed test that says why:\n%s", how, err, out)
		}
	}
}

// TestAsAnybody: who is not root needs no right that others have not.
func TestAsAnybody(t *testing.T) {
	t.Parallel()
	const role = "RESTAUTH_GALERA_TEST_ANYBODY"
	if os.Getenv(role) != "" {
		galera.Run(t, func(t *testing.T) {
			c := galera.Start(t, 2)
			databaseURL := c.Database(t)
			dbtest.Exec(t, databaseURL, "CREATE TABLE a (n int PRIMARY KEY)", "INSERT INTO a VALUES (7)")
			becomes(t, "the other has it", connect(t, databaseURL, c.Nodes[1].Addr()), reads(7))
		})
		return
	}
	dbtest.Want(t, "galera")
	if os.Geteuid() != 0 {
		return // all tests here ran as somebody else
	}
	dir, err := os.MkdirTemp("", "restauth-anybody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	binary, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "test")
	if err := errors.Join(os.WriteFile(file, binary, 0o755), os.Chmod(dir, 0o1777), os.Chmod(file, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file, "-test.run=^TestAsAnybody$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), role+"=1", "TMPDIR="+dir, "HOME="+dir)
	const nobody = 65534
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "the other has it") {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}

// TestNothingOutlives kills a test that runs a cluster in a way that leaves it no time
// to clean up.
func TestNothingOutlives(t *testing.T) {
	t.Parallel()
	const role = "RESTAUTH_GALERA_TEST_OUTLIVE"
	if os.Getenv(role) != "" {
		galera.Run(t, func(t *testing.T) {
			galera.Start(t, 1)
			t.Log("killme")
			select {}
		})
		return
	}
	dbtest.Want(t, "galera")
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestNothingOutlives$", "-test.v")
	cmd.Env = append(os.Environ(), role+"=1", "TMPDIR="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.Contains(lines.Text(), "killme"); {
		said.WriteString(lines.Text() + "\n")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "node1", "pid"))
	if err != nil || len(files) != 1 {
		t.Fatalf("pid files %v, %v\n%s", files, err, said.String())
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, 0); err != nil {
		t.Fatalf("the node does not run: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for begin := time.Now(); syscall.Kill(pid, 0) == nil; time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > patience {
			t.Fatalf("the node outlived its test by %v", patience)
		}
	}
}
