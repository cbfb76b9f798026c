package dbtest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"testing"
)

// Where ports are chosen when the system does not say which ones it hands out,
// and the fewest that are worth choosing from.
const (
	firstPort   = 10000
	pastPorts   = 32768 // Linux hands out those from here on, most others from 49152
	fewestPorts = 1000
	mostPort    = 65535
)

// port is a TCP port of 127.0.0.1 that a server has to itself while it runs and
// while it is stopped. The system hands it to nobody, for it is none of those it
// hands out; no other user of this package takes it, for its lock is the UDP
// port of the same number, which ends with the process.
type port struct {
	tcp  int
	lock net.PacketConn
}

func (p *port) number() string { return strconv.Itoa(p.tcp) }

func (p *port) address() string { return net.JoinHostPort("127.0.0.1", p.number()) }

// release lets others have the port. There may be none.
func (p *port) release() {
	if p != nil {
		_ = p.lock.Close()
	}
}

// FreePort is a port for a server that has to be told one. The system gives it to nobody:
// what a listener on port 0 had and gave back may be the next client's.
func FreePort(t testing.TB) string {
	t.Helper()
	p, err := choosePort()
	if err != nil {
		t.Fatalf("dbtest: no port is free: %v", err)
	}
	p.release() // The server may want the UDP port, too.
	return p.number()
}

// choosePort returns a port that is free and nobody else's. Its error is the
// last one's of many that are not.
func choosePort() (*port, error) {
	setting, _ := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range") // Linux only
	from, past := portRange(string(setting))
	err := errors.New("none tried")
	for range 100 {
		p := &port{tcp: from + rand.N(past-from)}
		if err = p.take(); err == nil {
			return p, nil
		}
	}
	return nil, err
}

func (p *port) take() error {
	lock, err := net.ListenPacket("udp4", p.address())
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp4", p.address())
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	p.lock = lock
	return listener.Close()
}

// portRange is where to choose, the second number excluded: below what the
// system hands out, as ip_local_port_range says it, or else above.
func portRange(setting string) (from, past int) {
	var first, last int
	if _, err := fmt.Sscan(setting, &first, &last); err != nil {
		return firstPort, pastPorts
	}
	switch {
	case first >= firstPort+fewestPorts:
		return firstPort, first
	case last <= mostPort-fewestPorts:
		return last + 1, mostPort + 1
	default: // It hands out nearly all there are.
		return firstPort, pastPorts
	}
}
