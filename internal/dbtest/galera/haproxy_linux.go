package galera

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/dbtest/process"
)

// HAProxy starts HAProxy in front of the cluster, as that file says, which is the
// recipe of deploy/haproxy: its addresses are those of the nodes here. It returns the
// databaseURL with HAProxy as its host.
func (c *Cluster) HAProxy(t testing.TB, file, databaseURL string) string {
	t.Helper()
	dbtest.Exec(t, c.Nodes[0].AdminURL(), fmt.Sprintf("CREATE USER haproxy@'%s'", strings.ReplaceAll(clientNet, "%d", "%")))
	program, err := must("haproxy")
	if err != nil {
		t.Fatal(err)
	}
	// In the place of Debian's own, which wants root and a system log.
	general := c.path("haproxy.cfg")
	if err := os.WriteFile(general, []byte("global\n\tlog stderr local0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	log := c.path("haproxy.log")
	p, err := process.Start(exec.Command(program, "-db", "-f", general, "-f", file), log, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Signal(9)
		<-p.Done()
		if t.Failed() {
			t.Logf("HAProxy said:\n%s", excerpt(log))
		}
	})
	const front = "127.0.0.1:3306"
	for deadline := time.Now().Add(startLimit); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", front)
		if err == nil {
			_ = conn.Close()
			break
		}
		if p.Ended() || time.Now().After(deadline) {
			t.Fatalf("HAProxy takes no connections: %v\n%s", err, excerpt(log))
		}
	}
	u, err := url.Parse(databaseURL)
	if err != nil {
		t.Fatal("the URL of the test database is malformed")
	}
	u.Host = front
	return u.String()
}
