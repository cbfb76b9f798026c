//go:build linux

package failover

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/dbtest/galera"
	"github.com/restauth/restauth/internal/dbtest/process"
	"github.com/restauth/restauth/internal/flaskjwt"
)

const (
	// patience is how long something may take on a busy machine.
	patience = time.Minute
	// begins is how long after a fault logins may fail.
	begins = 2 * time.Second
	// settled is how long after a fault the next comes: a node that is cut off is missed
	// by the others after 5 s.
	settled = 8 * time.Second
)

// fault is what happens to a node, and how it ends.
type fault struct {
	name       string
	node       int
	begin, end func(c *galera.Cluster, t *testing.T, i int)
	serves     bool // until it knows
}

func faults() []fault {
	kill := func(c *galera.Cluster, t *testing.T, i int) { c.Kill(t, i) }
	restart := func(c *galera.Cluster, t *testing.T, i int) { c.Restart(t, i) }
	heal := func(c *galera.Cluster, t *testing.T, i int) { c.Heal(t, i) }
	partition := func(c *galera.Cluster, t *testing.T, i int) { c.Partition(t, i) }
	if short {
		return []fault{{"killed", 0, kill, restart, false}, {"cut off from the others", 0, partition, heal, true}}
	}
	var all []fault
	for _, node := range []int{0, 1} {
		all = append(all,
			fault{"killed", node, kill, restart, false},
			fault{"shut down", node, func(c *galera.Cluster, t *testing.T, i int) { c.Shutdown(t, i) }, restart, false},
			fault{"stopped", node, func(c *galera.Cluster, t *testing.T, i int) { c.Stop(t, i) },
				func(c *galera.Cluster, t *testing.T, i int) { c.Cont(t, i) }, false},
			fault{"cut off from the others", node, partition, heal, true},
			fault{"cut off from all", node, func(c *galera.Cluster, t *testing.T, i int) { c.Vanish(t, i) }, heal, false})
	}
	return all
}

// TestFailover: what is done to a node of three costs at most one login in a hundred, and
// none after two seconds. No answer is ever wrong, and all is as before in the end.
func TestFailover(t *testing.T) {
	t.Setenv("RESTAUTH_FAILOVER_PROGRAM", build(t))
	galera.Run(t, func(t *testing.T) {
		c := galera.Start(t, 3)
		table := c.Database(t)
		dbtest.Exec(t, table, flaskjwt.UsersSQL(t), "ALTER TABLE `user` ADD INDEX (username)")
		reader := c.Reader(t, table)
		state := c.Database(t)
		ways := map[string]*load{
			"with three hosts": startLoad(t, serve(t, c.Hosts(t, reader, 0, 1, 2), c.Hosts(t, state, 0, 1, 2))),
			"through HAProxy":  startLoad(t, serve(t, c.HAProxy(t, "../../../deploy/haproxy/galera.cfg", reader), "")),
		}
		writer := startWriter(t, c, state)
		for _, f := range faults() {
			begun := time.Now()
			f.begin(c, t, f.node)
			noticed := time.Now()
			if f.serves {
				eventually(t, "the node knows that it is cut off", func() bool { return c.Nodes[f.node].Serves(t.Context()) != nil })
				noticed = time.Now()
			}
			time.Sleep(settled - time.Since(begun))
			healed := time.Now()
			f.end(c, t, f.node)
			back := awaitFirst(t, c)
			served := time.Now()
			time.Sleep(time.Second)
			c.WaitSynced(t)
			what := fmt.Sprintf("node %d %s", f.node+1, f.name)
			for way, l := range ways {
				check(t, what+", "+way, l, begun, noticed, healed, served)
			}
			t.Logf("%s: back on the first %.1f s after it was told to go on, at most %.1f s after it served", what, served.Sub(healed).Seconds(), back.Seconds())
		}
		for way, l := range ways {
			l.end()
			now := time.Now()
			for _, kind := range []string{"login", "guarded"} {
				all := l.figures(kind, time.Time{}, now, now)
				if all.wrong > 0 || all.failed*100 > all.requests {
					t.Errorf("%s: of all %ss %d were wrong, want none, and %d of %d failed, want one in a hundred at most", way, kind, all.wrong, all.failed, all.requests)
				}
				t.Logf("%s, all %ss: %v, p50 %d ms, p99 %d ms", way, kind, all,
					l.percentile(kind, 50, time.Time{}, now).Milliseconds(), l.percentile(kind, 99, time.Time{}, now).Milliseconds())
			}
		}
		writer.check(t)
	})
}

// check holds what was promised of the logins from a fault to its end, and from there
// until all is as before.
func check(t *testing.T, what string, l *load, begun, noticed, healed, served time.Time) {
	t.Helper()
	for _, kind := range []string{"login", "guarded"} {
		fault, healing := l.figures(kind, begun, healed, noticed), l.figures(kind, healed, served, healed)
		t.Logf("%s: %ss %v; then %v", what, kind, fault, healing)
		if wrong := fault.wrong + healing.wrong; wrong > 0 {
			t.Errorf("%s: %d %ss had a wrong answer, such as %s", what, wrong, kind, fault.example+healing.example)
		}
		if fault.failed > 0 && fault.last > begins {
			t.Errorf("%s: a %s failed %v after the fault: %s", what, kind, fault.last, fault.example)
		}
		if all := fault.requests + healing.requests; (fault.failed+healing.failed)*100 > max(all, 100) {
			t.Errorf("%s: %d of %d %ss failed, want one in a hundred at most", what, fault.failed+healing.failed, all, kind)
		}
	}
}

// awaitFirst waits until the first node alone is asked, and returns how long it had
// served by then.
func awaitFirst(t *testing.T, c *galera.Cluster) time.Duration {
	t.Helper()
	begun := time.Now()
	var serves time.Time
	before := asked(t, c)
	for {
		time.Sleep(250 * time.Millisecond)
		if serves.IsZero() && c.Nodes[0].Serves(t.Context()) == nil {
			serves = time.Now()
		}
		now := asked(t, c)
		if now[0] > before[0] && now[1] == before[1] && now[2] == before[2] && !serves.IsZero() {
			took := time.Since(serves)
			if took > database.Back {
				t.Errorf("back on the first %v after it serves, want %v at most", took, database.Back)
			}
			return took
		}
		if before = now; time.Since(begun) > patience {
			t.Fatalf("after %v not back on the first: %v", patience, now)
		}
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for begun := time.Now(); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > patience {
			t.Fatalf("not so after %v: %s", patience, what)
		}
	}
}

// asked is how many statements each node has carried out, -1 for one that does not say.
func asked(t *testing.T, c *galera.Cluster) []int {
	var counts []int
	for _, n := range c.Nodes {
		count := -1
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		db, err := n.Open()
		if err == nil {
			_ = db.QueryRowContext(ctx, "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'COM_STMT_EXECUTE'").Scan(&count)
			_ = db.Close()
		}
		cancel()
		counts = append(counts, count)
	}
	return counts
}

func TestMain(m *testing.M) { dbtest.Main(m) }

// build compiles the program before the test is in a network of its own.
func build(t *testing.T) string {
	t.Helper()
	if program := os.Getenv("RESTAUTH_FAILOVER_PROGRAM"); program != "" {
		return program
	}
	dbtest.Want(t, "galera")
	return dbtest.Restauth(t)
}

// serve runs the program until the test ends and returns its URL.
func serve(t *testing.T, users, state string) string {
	t.Helper()
	cmd := exec.Command(os.Getenv("RESTAUTH_FAILOVER_PROGRAM"), "serve", "--listen", "127.0.0.1:0", "--log-format", "json",
		"--users-timeout", timeout.String(), "--identity-max-age", "0s", "--identity-outage-grace", "0s", "--login-max-wait", "10s",
		"--no-throttle") // who mistypes 20 times a second from one address is no part of this
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + t.TempDir(), "RESTAUTH_SECRET_KEY=" + strings.Repeat("k", 32), "RESTAUTH_USERS=" + users, "RESTAUTH_STATE=" + state}
	if state != "" {
		cmd.Args = append(cmd.Args, "--migrate")
	}
	log := filepath.Join(t.TempDir(), "log")
	p, err := process.Start(cmd, log, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Signal(syscall.SIGKILL)
		<-p.Done()
		t.Logf("restauth said:\n%.20000s", strings.Join(said(log, ""), "\n"))
	})
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		for _, line := range said(log, "listening") {
			var listening struct{ Addr string }
			if json.Unmarshal([]byte(line), &listening) == nil {
				return "http://" + listening.Addr
			}
		}
		if p.Ended() || time.Since(begun) > patience {
			t.Fatal("restauth does not listen")
		}
	}
}

// said are the lines of a log but those of requests, or only those with that message.
func said(log, message string) (lines []string) {
	content, _ := os.ReadFile(log)
	for line := range strings.Lines(string(content)) {
		var entry struct{ Msg string }
		_ = json.Unmarshal([]byte(line), &entry)
		if entry.Msg != "request" && (message == "" || entry.Msg == message) {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
