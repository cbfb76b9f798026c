package galera

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// The two networks: %d is 254 for this process, and i+1 for node i.
const (
	clientNet      = "192.0.2.%d"
	clientNet6     = "fd00:2::%d"
	replicationNet = "198.51.100.%d"
)

// links are the wires of a node, by the network they lead to.
var links = [...]string{"client", "replication"}

// space is a network name space. It ends with the last process in it and with this
// handle.
type space struct{ handle *os.File }

// newSpace makes one. Only one thread enters it, and ends there.
func newSpace() (*space, error) {
	type made struct {
		handle *os.File
		err    error
	}
	result := make(chan made, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is lost with the goroutine
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			result <- made{err: fmt.Errorf("make a network name space: %w; %s", err, remedy(err))}
			return
		}
		handle, err := os.Open("/proc/thread-self/ns/net")
		result <- made{handle, err}
	}()
	m := <-result
	if m.err != nil {
		return nil, m.err
	}
	return &space{m.handle}, nil
}

// enter puts the calling thread there. It must not be used for anything else after.
func (s *space) enter() error {
	if err := unix.Setns(int(s.handle.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter a network name space: %w", err)
	}
	return nil
}

// path is its name for programs of this process's.
func (s *space) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), s.handle.Fd()) }

// ip runs commands of ip(8), each a line, in this process's name space or in another.
func ip(in *space, commands ...string) error {
	program, err := must("ip")
	if err != nil {
		return err
	}
	result := make(chan error, 1)
	go func() {
		if in != nil {
			runtime.LockOSThread() // never unlocked, see newSpace
			if err := in.enter(); err != nil {
				result <- err
				return
			}
		}
		var said bytes.Buffer
		cmd := exec.Command(program, "-batch", "-")
		cmd.Stdin = strings.NewReader(strings.Join(commands, "\n") + "\n")
		cmd.Stdout, cmd.Stderr = &said, &said
		if err := cmd.Run(); err != nil {
			result <- fmt.Errorf("ip %s: %w\n%s", strings.Join(commands, "; "), err, said.String())
			return
		}
		result <- nil
	}()
	return <-result
}

// addresses are the commands that give a device there its addresses.
func addresses(network, device string, last int) []string {
	if network == "replication" {
		return []string{fmt.Sprintf("addr add "+replicationNet+"/24 dev %s", last, device)}
	}
	return []string{
		fmt.Sprintf("addr add "+clientNet+"/24 dev %s", last, device),
		// Without looking for others of that address first, which takes a second.
		fmt.Sprintf("addr add "+clientNet6+"/64 dev %s nodad", last, device),
	}
}

// buildBridges makes both networks, with this process on each.
func buildBridges() error {
	commands := []string{"link set lo up"}
	for _, network := range links {
		commands = append(commands, fmt.Sprintf("link add %s type bridge mcast_snooping 0", network))
		commands = append(commands, addresses(network, network, 254)...)
		commands = append(commands, fmt.Sprintf("link set %s up", network))
	}
	return ip(nil, commands...)
}

// buildWires makes node i's name space, with a wire to each network.
func buildWires(i int) (*space, error) {
	s, err := newSpace()
	if err != nil {
		return nil, err
	}
	var outside, within []string
	for _, network := range links {
		outside = append(outside,
			fmt.Sprintf("link add %s type veth peer name %s netns %s", wire(network, i), network, s.path()),
			fmt.Sprintf("link set %s master %s up", wire(network, i), network))
		within = append(within, addresses(network, network, i+1)...)
		within = append(within, fmt.Sprintf("link set %s up", network))
	}
	if err := ip(nil, outside...); err != nil {
		return nil, err
	}
	return s, ip(s, append(within, "link set lo up")...)
}

// wire is the near end of node i's wire to a network.
func wire(network string, i int) string { return fmt.Sprintf("%.3s%d", network, i) }
