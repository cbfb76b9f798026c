package galera

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/dbtest/process"
)

// How long the cluster may take over something, on a machine that is busy with
// other tests.
const (
	startLimit = 3 * time.Minute
	stopLimit  = time.Minute
)

const adminName = "dbtest"

// Cluster is a Galera cluster in a temporary folder. It is not safe for concurrent
// use.
type Cluster struct {
	// Nodes are in the order of their addresses.
	Nodes []*Node

	dir      string
	password string
	options  []string // wsrep_provider_options
}

// Start starts a cluster of that many nodes and returns when all are in step. It is
// gone when the test ends. options are Galera's (wsrep_provider_options), such as
// Quick; without them they are the usual ones, so that a node that vanished is missed
// after 5 s.
//
// The test has to be inside Run.
func Start(t testing.TB, nodes int, options ...string) *Cluster {
	t.Helper()
	if os.Getenv(inside) == "" {
		t.Fatal("galera.Start outside galera.Run")
	}
	dir, err := os.MkdirTemp("", "restauth-galera-")
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{dir: dir, password: randomHex(16), options: options}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	})
	begin := time.Now()
	if err := c.create(t.Context(), nodes); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d nodes are in step after %.1f s", nodes, time.Since(begin).Seconds())
	return c
}

// Quick are options with which a node that vanished is missed after 2 s.
func Quick() []string {
	return []string{"evs.keepalive_period=PT0.5S", "evs.suspect_timeout=PT2S", "evs.inactive_timeout=PT5S"}
}

// create makes everything. The first node begins the cluster by itself once, so that
// its data folder knows the cluster's state, and the others begin with a copy: so none
// wants a whole one from another. Then all start at once, the first as the one that the
// others join.
func (c *Cluster) create(ctx context.Context, nodes int) error {
	if err := buildBridges(); err != nil {
		return err
	}
	for i := range nodes {
		space, err := buildWires(i)
		if err != nil {
			return err
		}
		n := &Node{cluster: c, number: i, space: space, dir: c.path(fmt.Sprintf("node%d", i+1))}
		if err := os.Mkdir(n.dir, 0o700); err != nil {
			return err
		}
		c.Nodes = append(c.Nodes, n)
	}
	first := c.Nodes[0]
	if err := errors.Join(c.install(ctx, first.data()), c.writeTransfer()); err != nil {
		return err
	}
	if err := first.start(ctx, "--wsrep-new-cluster", "--init-file="+c.path("init.sql")); err != nil {
		return err
	}
	if err := first.end(syscall.SIGTERM); err != nil {
		return err
	}
	err := c.each(func(n *Node) error {
		if n == first {
			return nil
		}
		return os.CopyFS(n.data(), os.DirFS(first.data()))
	})
	if err != nil {
		return fmt.Errorf("copy the data folder: %w", err)
	}
	return c.each(func(n *Node) error {
		if n == first {
			return n.start(ctx, "--wsrep-new-cluster")
		}
		return n.start(ctx)
	})
}

// each does something with all nodes at once.
func (c *Cluster) each(do func(*Node) error) error {
	errs := make([]error, len(c.Nodes))
	var wg sync.WaitGroup
	for i, n := range c.Nodes {
		wg.Go(func() {
			if err := do(n); err != nil {
				errs[i] = fmt.Errorf("%s: %w", n.name(), err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// install makes the first data folder, and what is run in it at the first start.
func (c *Cluster) install(ctx context.Context, data string) error {
	installer, err := must("mariadb-install-db")
	if err != nil {
		return err
	}
	args := []string{"--no-defaults", "--datadir=" + data, "--skip-test-db", "--skip-name-resolve", "--innodb-flush-method=nosync", "--innodb-log-file-size=16M"}
	cmd := exec.Command(installer, append(args, asUser()...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+c.dir)
	if err := process.Run(ctx, cmd, c.path("install.log"), nil); err != nil {
		return fmt.Errorf("initialize MariaDB: %w\n%s", err, excerpt(c.path("install.log")))
	}
	users := fmt.Sprintf("CREATE USER '%[1]s'@'%%' IDENTIFIED BY '%[2]s';\n"+
		"GRANT ALL PRIVILEGES ON *.* TO '%[1]s'@'%%' WITH GRANT OPTION;\n", adminName, c.password)
	return os.WriteFile(c.path("init.sql"), []byte(users), 0o600)
}

// Database creates a fresh database and returns its URL on the first node, with an
// administrator as its user.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	u, err := url.Parse(c.Nodes[0].AdminURL())
	if err != nil {
		t.Fatal("the administrator's URL is malformed") // it holds a password
	}
	name := "t_" + randomHex(8)
	dbtest.Exec(t, u.String(), "CREATE DATABASE `"+name+"` CHARACTER SET utf8mb4")
	u.Path = "/" + name
	return u.String()
}

// Reader adds a database user that may read all of that URL's database, and returns
// the URL with that user in it.
func (c *Cluster) Reader(t testing.TB, databaseURL string) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the URL of the test database is malformed")
	}
	name, password := "u_"+randomHex(6), randomHex(12)
	dbtest.Exec(t, databaseURL,
		fmt.Sprintf("CREATE USER '%s'@'%%' IDENTIFIED BY '%s'", name, password),
		fmt.Sprintf("GRANT SELECT ON `%s`.* TO '%s'@'%%'", strings.TrimPrefix(u.Path, "/"), name))
	u.User = url.UserPassword(name, password)
	return u.String()
}

// Hosts is the URL with those nodes as its hosts, in that order.
func (c *Cluster) Hosts(t testing.TB, databaseURL string, nodes ...int) string {
	t.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the URL of the test database is malformed")
	}
	var hosts []string
	for _, i := range nodes {
		hosts = append(hosts, c.Nodes[i].Addr())
	}
	u.Host = strings.Join(hosts, ",")
	return u.String()
}

// WaitSynced waits until all nodes that run see each other and are in step.
func (c *Cluster) WaitSynced(t testing.TB) {
	t.Helper()
	running := 0
	for _, n := range c.Nodes {
		if n.process != nil && !n.process.Ended() {
			running++
		}
	}
	err := c.each(func(n *Node) error {
		if n.process == nil || n.process.Ended() {
			return nil
		}
		return n.awaitSynced(t.Context(), running)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// close kills all nodes and removes their data.
func (c *Cluster) close() error {
	err := c.each(func(n *Node) error { return n.end(syscall.SIGKILL) })
	return errors.Join(err, os.RemoveAll(c.dir))
}

func (c *Cluster) path(name string) string { return filepath.Join(c.dir, name) }

// writeTransfer writes the program that MariaDB calls on both sides when a node has
// missed something. What was missed goes from node to node without it; it only hands
// on from where. See wsrep_sst.cc and Debian's wsrep_sst_rsync for how it is called.
func (c *Cluster) writeTransfer() error {
	const script = `#!/bin/sh
set -eu
bypass=
while [ $# -gt 0 ]; do
	case $1 in
	--role) role=$2 && shift ;;
	--address) address=$2 && shift ;;
	--gtid) gtid=$2 && shift ;;
	--gtid-domain-id) domain=$2 && shift ;;
	--parent) parent=$2 && shift ;;
	--bypass) bypass=yes ;;
	--mysqld-args) break ;;
	esac
	shift
done
hand=$(dirname "$0")/from-$address
case $role in
joiner)
	rm -f "$hand"
	echo "ready $address"
	until [ -s "$hand" ]; do
		sleep 0.05
		kill -0 "$parent" || exit 32 # ECHILD
	done
	cat "$hand"
	;;
donor)
	if [ -z "$bypass" ]; then
		echo "$address has missed too much: it wants a whole copy, which this cluster does not make" >&2
		exit 95 # EOPNOTSUPP
	fi
	echo "$gtid ${domain:-0}" >"$hand.partial"
	mv "$hand.partial" "$hand"
	echo "done $gtid"
	;;
esac
`
	dir := c.path("bin")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "wsrep_sst_missed"), []byte(script), 0o700)
}

// asUser is how root tells the server that it is root on purpose, as in dbtest.
func asUser() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: it ends the process instead
	return hex.EncodeToString(b)
}
