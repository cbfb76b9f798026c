package galera

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/internal/dbtest/process"
)

// Node is one server of a cluster.
type Node struct {
	cluster *Cluster
	number  int
	space   *space
	dir     string
	process *process.Process // nil while it does not run
	frozen  bool
}

// Addr is the host:port that clients reach it at.
func (n *Node) Addr() string { return fmt.Sprintf(clientNet+":3306", n.number+1) }

// Addr6 is the same as [address]:port.
func (n *Node) Addr6() string { return fmt.Sprintf("["+clientNet6+"]:3306", n.number+1) }

// AdminURL is the URL of a user that may do anything there, without a database.
func (n *Node) AdminURL() string {
	u := url.URL{Scheme: "mysql", User: url.UserPassword(adminName, n.cluster.password), Host: n.Addr(), Path: "/"}
	return u.String()
}

func (n *Node) name() string { return fmt.Sprintf("node%d", n.number+1) }
func (n *Node) data() string { return filepath.Join(n.dir, "data") }
func (n *Node) log() string  { return filepath.Join(n.dir, "server.log") }

// Restart starts node i again after Kill or Shutdown, and returns when it is in step
// with the others.
func (c *Cluster) Restart(t testing.TB, i int) {
	t.Helper()
	n := c.Nodes[i]
	if n.process != nil && !n.process.Ended() {
		t.Fatalf("%s runs", n.name())
	}
	position, err := n.recover(t.Context())
	if err == nil {
		err = n.start(t.Context(), "--wsrep-start-position="+position)
	}
	if err != nil {
		t.Fatalf("%s: %v", n.name(), err)
	}
}

// recover asks the data folder how far it has come.
func (n *Node) recover(ctx context.Context) (position string, err error) {
	cmd, err := n.command("--wsrep-recover")
	if err != nil {
		return "", err
	}
	log := filepath.Join(n.dir, "recover.log")
	if err := process.Run(ctx, cmd, log, n.space.enter); err != nil {
		return "", fmt.Errorf("recover the position: %w\n%s", err, excerpt(log))
	}
	said, err := os.ReadFile(log)
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`Recovered position: *([0-9a-f-]+:-?[0-9]+)`).FindSubmatch(said)
	if found == nil {
		return "", fmt.Errorf("no position recovered\n%s", excerpt(log))
	}
	return string(found[1]), nil
}

// start starts the server and returns when it is in step with those that run.
func (n *Node) start(ctx context.Context, args ...string) error {
	cmd, err := n.command(args...)
	if err != nil {
		return err
	}
	p, err := process.Start(cmd, n.log(), n.space.enter)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	n.process, n.frozen = p, false
	if err := n.awaitSynced(ctx, 1); err != nil {
		return fmt.Errorf("%w\n%s", err, excerpt(n.log()))
	}
	return nil
}

// command is the server with all its settings: as dbtest's, those that Galera asks
// for, and small caches.
func (n *Node) command(args ...string) (*exec.Cmd, error) {
	server, err := must("mariadbd")
	if err != nil {
		return nil, err
	}
	provider, err := findProvider()
	if err != nil {
		return nil, err
	}
	var peers []string
	for _, peer := range n.cluster.Nodes {
		peers = append(peers, fmt.Sprintf(replicationNet, peer.number+1))
	}
	c := n.cluster
	all := append([]string{
		"--no-defaults",
		"--datadir=" + n.data(),
		"--socket=" + filepath.Join(n.dir, "s"),
		"--pid-file=" + filepath.Join(n.dir, "pid"),
		"--tmpdir=" + n.dir,
		"--port=3306",
		"--bind-address=*",
		"--skip-name-resolve",
		"--max-connections=300",
		"--performance-schema=OFF",
		"--innodb-buffer-pool-size=16M",
		"--innodb-log-file-size=16M",
		"--innodb-flush-log-at-trx-commit=2",
		"--innodb-flush-method=nosync",
		"--innodb-doublewrite=OFF",
		"--binlog-format=ROW",
		"--innodb-autoinc-lock-mode=2",
		"--wsrep-on=ON",
		"--wsrep-provider=" + provider,
		"--wsrep-provider-options=" + strings.Join(append([]string{"gcache.size=16M"}, c.options...), ";"),
		"--wsrep-cluster-name=" + filepath.Base(c.dir),
		"--wsrep-cluster-address=gcomm://" + strings.Join(peers, ","),
		"--wsrep-node-name=" + n.name(),
		"--wsrep-node-address=" + fmt.Sprintf(replicationNet, n.number+1),
		"--wsrep-sst-method=missed",
	}, asUser()...)
	cmd := exec.Command(server, append(all, args...)...)
	cmd.Env = append(os.Environ(), "PATH="+c.path("bin")+":"+os.Getenv("PATH"), "TMPDIR="+n.dir)
	return cmd, nil
}

// findProvider is Galera's library, where Debian and others have it.
func findProvider() (string, error) {
	for _, path := range []string{"/usr/lib/galera/libgalera_smm.so", "/usr/lib64/galera-4/libgalera_smm.so", "/usr/lib64/galera/libgalera_smm.so"} {
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Galera 4 (libgalera_smm.so) is there: run scripts/test-deps.sh")
}

// awaitSynced waits until the node is in step with a cluster of at least that many.
func (n *Node) awaitSynced(ctx context.Context, nodes int) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := n.synced(ctx, nodes)
		if err == nil {
			return nil
		}
		select {
		case <-n.process.Done():
			return fmt.Errorf("it ended by itself: %w", n.process.Err())
		case <-ctx.Done():
			return fmt.Errorf("not in step after %v: %w", startLimit, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Serves is nil while the node is in step with those that it sees.
func (n *Node) Serves(ctx context.Context) error {
	if n.process == nil || n.frozen {
		return errors.New("it does not run")
	}
	return n.synced(ctx, 2)
}

// synced asks the node once.
func (n *Node) synced(ctx context.Context, nodes int) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	db, err := n.Open()
	if err != nil {
		return err
	}
	defer db.Close()
	var state string
	var size int
	err = db.QueryRowContext(ctx, "SELECT "+
		"(SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'WSREP_LOCAL_STATE_COMMENT'),"+
		"(SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'WSREP_CLUSTER_SIZE')").Scan(&state, &size)
	switch {
	case err != nil:
		return err
	case state != "Synced" || size < nodes:
		return fmt.Errorf("%s is %s in a cluster of %d, want Synced in one of %d", n.name(), state, size, nodes)
	}
	// How far it has come is written within a second. A node that is killed before
	// that knows of no state, and wants a whole copy.
	_, err = db.ExecContext(ctx, "FLUSH NO_WRITE_TO_BINLOG ENGINE LOGS")
	return err
}

// Open opens the node for an administrator, by a way that no cut wire hinders.
func (n *Node) Open() (*sql.DB, error) {
	cfg := mysql.NewConfig()
	cfg.Net, cfg.Addr = "unix", filepath.Join(n.dir, "s")
	cfg.User, cfg.Passwd = adminName, n.cluster.password
	cfg.Logger = &mysql.NopLogger{}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}

// end ends the server and waits for it.
func (n *Node) end(sig syscall.Signal) error {
	p := n.process
	if p == nil {
		return nil
	}
	n.process = nil
	if p.Ended() {
		return nil
	}
	if n.frozen && sig != syscall.SIGKILL {
		_ = p.Signal(syscall.SIGCONT)
	}
	if err := p.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end %s: %w", n.name(), err)
	}
	select {
	case <-p.Done():
		return nil
	case <-time.After(stopLimit):
	}
	_ = p.Signal(syscall.SIGKILL)
	<-p.Done()
	return fmt.Errorf("end %s: still running after %v\n%s", n.name(), stopLimit, excerpt(n.log()))
}

// excerpt is how a log ends, for the error that it explains, with the lines of errors
// before.
func excerpt(file string) string {
	const most = 30
	content, err := os.ReadFile(file)
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	var lines []string
	all := strings.Split(strings.TrimSpace(string(content)), "\n")
	for i, line := range all {
		if i >= len(all)-most || strings.Contains(line, "[ERROR]") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines[max(0, len(lines)-2*most):], "\n")
}
