package dbtest

import (
	"errors"
	"net"
	"os"
	"strconv"
	"testing"
)

func TestPortRange(t *testing.T) {
	tests := []struct {
		setting    string
		from, past int
	}{
		{"32768\t60999\n", 10000, 32768},
		{"49152\t65535\n", 10000, 49152},
		{"11000 65535", 10000, 11000},
		{"10240 60999", 61000, 65536},
		{"1024 65000", 10000, 32768},
		{"1024 65535", 10000, 32768},
		{"", 10000, 32768},
		{"many", 10000, 32768},
	}
	for _, tt := range tests {
		if from, past := portRange(tt.setting); from != tt.from || past != tt.past {
			t.Errorf("portRange(%q) = %d, %d, want %d, %d", tt.setting, from, past, tt.from, tt.past)
		}
	}
}

// TestPortIsKept: nobody who chooses the same way gets it while it is not
// released, whether a server listens or not.
func TestPortIsKept(t *testing.T) {
	first, err := choosePort()
	if err != nil {
		t.Fatal(err)
	}
	defer first.release()
	again := &port{tcp: first.tcp}
	if err := again.take(); err == nil {
		again.release()
		t.Error("a port was taken twice")
	}
	listener, err := net.Listen("tcp4", first.address())
	if err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
	first.release()
	if err := again.take(); err == nil {
		again.release()
		t.Error("a port was taken that somebody listens on")
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if err := again.take(); err != nil {
		t.Errorf("a released port is not free: %v", err)
	}
	again.release()
}

// TestPortIsAnothers: a server that cannot have its port is known by its end,
// whoever answers there, and how.
func TestPortIsAnothers(t *testing.T) {
	for _, kind := range []Kind{KindMariaDB, KindMySQL} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			server, other := Start(t, kind), Start(t, KindMariaDB)
			server.Stop(t)
			silent, err := net.Listen("tcp4", server.Addr())
			if err != nil {
				t.Fatal(err)
			}
			if err := server.start(t.Context()); !errors.Is(err, errEnded) {
				t.Errorf("where nobody answers: %v, want %v", err, errEnded)
			}
			if err := silent.Close(); err != nil {
				t.Fatal(err)
			}
			server.port.release()
			server.port = other.port
			if err := server.start(t.Context()); !errors.Is(err, errEnded) {
				t.Errorf("where another server answers: %v, want %v", err, errEnded)
			}
			if server.port, err = choosePort(); err != nil {
				t.Fatal(err)
			}
			server.Start(t)
		})
	}
}

// TestFreePort is of those that the system hands to nobody, and can be listened on.
func TestFreePort(t *testing.T) {
	setting, _ := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range") // Linux only
	from, past := portRange(string(setting))
	for range 100 {
		port := FreePort(t)
		if n, err := strconv.Atoi(port); err != nil || n < from || n >= past {
			t.Fatalf("FreePort() = %q, want one of %d to %d", port, from, past-1)
		}
		listener, err := net.Listen("tcp", ":"+port)
		if err != nil {
			t.Fatal(err)
		}
		_ = listener.Close()
	}
}
