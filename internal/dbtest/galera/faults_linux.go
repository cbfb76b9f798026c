package galera

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
)

// Kill ends node i at once, as a crash does, and waits for that.
func (c *Cluster) Kill(t testing.TB, i int) {
	t.Helper()
	c.ended(t, i, syscall.SIGKILL)
}

// Shutdown ends node i as a service manager does, and waits for it.
func (c *Cluster) Shutdown(t testing.TB, i int) {
	t.Helper()
	c.ended(t, i, syscall.SIGTERM)
}

func (c *Cluster) ended(t testing.TB, i int, sig syscall.Signal) {
	t.Helper()
	if err := c.Nodes[i].end(sig); err != nil {
		t.Fatal(err)
	}
}

// Stop keeps node i from doing anything (SIGSTOP), while its host still takes
// connections. Cont lets it go on.
func (c *Cluster) Stop(t testing.TB, i int) {
	t.Helper()
	n := c.Nodes[i]
	err := n.process.Signal(syscall.SIGSTOP)
	n.frozen = err == nil
	if err = errors.Join(err, n.process.AwaitStopped()); err != nil {
		t.Fatal(err)
	}
}

// Cont ends Stop.
func (c *Cluster) Cont(t testing.TB, i int) {
	t.Helper()
	if err := c.Nodes[i].process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	c.Nodes[i].frozen = false
}

// Partition cuts node i off from the other nodes. Clients reach it; when it has missed
// the others for as long as evs.suspect_timeout says, it answers them with error 1047.
func (c *Cluster) Partition(t testing.TB, i int) {
	t.Helper()
	c.links(t, i, "down", "replication")
}

// Vanish cuts node i off from everybody. What is sent to it is lost, and nobody is
// told.
func (c *Cluster) Vanish(t testing.TB, i int) {
	t.Helper()
	c.links(t, i, "down", links[:]...)
}

// Heal ends Partition and Vanish.
func (c *Cluster) Heal(t testing.TB, i int) {
	t.Helper()
	c.links(t, i, "up", links[:]...)
}

func (c *Cluster) links(t testing.TB, i int, state string, networks ...string) {
	t.Helper()
	var commands []string
	for _, network := range networks {
		commands = append(commands, fmt.Sprintf("link set %s %s", wire(network, i), state))
	}
	if err := ip(nil, commands...); err != nil {
		t.Fatal(err)
	}
}
