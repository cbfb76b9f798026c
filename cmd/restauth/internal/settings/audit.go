package settings

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// AuditTo says where what happens to accounts is kept beside the log. The commands
// that change users record it there too.
type AuditTo struct {
	AuditFile string `group:"audit" placeholder:"FILE" help:"File to which a line is added for each login, each refusal and each change of a user, the same as in the log. It is made for its owner alone, and opened again on SIGHUP. Commands that change users add to it too."`
}

// Audit says what is recorded of what happens to accounts.
type Audit struct {
	AuditTo
	AuditUnknownNames bool `group:"audit" default:"true" negatable:"" help:"Record names that no user has, too; people type passwords into the wrong field."`
}

// Metrics says where the server can be measured.
type Metrics struct {
	MetricsListen string `group:"metrics" placeholder:"HOST:PORT" help:"Address at which /metrics answers in Prometheus' format, to everybody who can reach it; never that of --listen."`
	MetricsPprof  bool   `group:"metrics" help:"Serve Go's profiles there too, at /debug/pprof/."`
}

// Validate is called by kong after parsing.
func (s *Metrics) Validate() error {
	if s.MetricsListen == "" {
		if s.MetricsPprof {
			return errors.New("--metrics-pprof is set and --metrics-listen is not; profiles are served there alone")
		}
		return nil
	}
	return checkListen("metrics-listen", s.MetricsListen)
}

// apart holds the metrics to an address of their own: what is meant for an operator is
// not to be had where everybody asks.
func (s *Metrics) apart(public string) error {
	if s.MetricsListen == "" || !overlap(s.MetricsListen, public) {
		return nil
	}
	return fmt.Errorf("--metrics-listen %q is the address of --listen %q, where everybody can ask; name another port", s.MetricsListen, public)
}

// overlap reports whether two addresses are the same to who connects. Port 0 is never
// the same twice.
func overlap(one, other string) bool {
	host1, port1, err1 := net.SplitHostPort(one)
	host2, port2, err2 := net.SplitHostPort(other)
	if err1 != nil || err2 != nil || port1 != port2 || port1 == "0" {
		return false
	}
	return host1 == host2 || anywhere(host1) || anywhere(host2)
}

// anywhere reports whether a host stands for all addresses of the machine.
func anywhere(host string) bool {
	if host == "" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsUnspecified()
}
