package main

import (
	"cmp"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// tries is how often a scenario of moments may go wrong: a busy machine spoils one
// now and then, a fault all.
const tries = 20

// TestRepeatedSignal: timeout(1) sends one signal to the process and one to its
// group. That is one wish, and none to cut requests off.
func TestRepeatedSignal(t *testing.T) {
	t.Parallel()
	var s *testServer
	var status int
	var err error
	for range tries { // A busy machine may hear of the last one after repeatWindow.
		s = startServer(t, "--demo", "--drain-delay", "1s")
		slow := startLogin(t, s)
		for range 4 {
			s.signals <- syscall.SIGTERM
		}
		eventually(t, "the listener closes", func() bool {
			status, _ := s.do("GET", "/livez", "", "")
			return status == 0
		})
		status, err = slow.tryFinish()
		<-s.exited
		if !strings.Contains(s.log.String(), "stopped by a second") {
			break
		}
	}
	if status != 200 || err != nil {
		t.Errorf("the request under way = %d, %v, want 200", status, err)
	}
	if s.code != exitOK {
		t.Errorf("exit code = %d, want 0:\n%s", s.code, s.log)
	}
}

// TestReachable: 0.0.0.0 is every IPv4 address and no other, and who starts
// such a server is told that it is not theirs alone.
func TestReachable(t *testing.T) {
	t.Parallel()
	const told = "Other machines can reach it too: it listens on "
	any6, loopback6 := probe("[::]:0"), probe("[::1]:0")
	every := cmp.Or(probe(":0"), "[::]:")
	for _, tt := range []struct{ listen, addr, told string }{
		{"0.0.0.0:0", "0.0.0.0:", told + "0.0.0.0:"},
		{"[::]:0", any6, told + "[::]:"},
		{":0", every, told + every},
		{"127.0.0.1:0", "127.0.0.1:", ""},
		{"[::1]:0", loopback6, ""},
	} {
		t.Run(tt.listen, func(t *testing.T) {
			if tt.addr == "" {
				refusedAddress(t, tt.listen)
				return
			}
			s := startServer(t, "--users", settings.InMemory, "--listen", tt.listen)
			if addr := strings.TrimPrefix(s.URL, "http://"); !strings.HasPrefix(addr, tt.addr) {
				t.Errorf("it listens on %s, want %s", addr, tt.addr)
			}
			out := s.stdout.String()
			if !strings.Contains(out, tt.told) || tt.told == "" && strings.Contains(out, told) {
				t.Errorf("want %q in what is printed:\n%s", tt.told, out)
			}
		})
	}
}

// probe is where this machine listens that is asked to, without the port, "" where it
// cannot: not every machine has IPv6, or all of it.
func probe(address string) string {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return ""
	}
	defer listener.Close()
	got := listener.Addr().String()
	return got[:strings.LastIndex(got, ":")+1]
}

// refusedAddress: a server that cannot have its address ends and names it.
func refusedAddress(t *testing.T, listen string) {
	t.Helper()
	s := launch(t, "--users", settings.InMemory, "--listen", listen)
	select {
	case <-s.exited:
	case <-time.After(patience):
		t.Fatalf("it goes on:\n%s", s.log)
	}
	if s.code != exitFailed || !strings.Contains(s.log.String(), listen) {
		t.Errorf("exit code %d, want 1 and a message that names %s:\n%s", s.code, listen, s.log)
	}
}
