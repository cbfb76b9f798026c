package serve

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/restauth/restauth/cmd/restauth/internal/commandtest"
)

// TestConnections: others get their descriptors first, and a server has connections
// all the same.
func TestConnections(t *testing.T) {
	for _, tt := range []struct {
		name                        string
		wanted, descriptors, others int
		want                        int
		warns                       string
	}{
		{"the rest", 0, 1024, 100, 924, ""},
		{"not known", 0, 0, 100, mostConnections, ""},
		{"not known, set", 50_000, 0, 100, 50_000, ""},
		{"no end of files", 0, 1 << 30, 100, mostConnections, ""},
		{"set above the default", 50_000, 1 << 20, 100, 50_000, ""},
		{"set below", 10, 1024, 100, 10, ""},
		{"set above what there is", 5000, 1024, 100, 924, "--max-connections"},
		{"few files", 0, 150, 100, 75, "max-open"},
		{"one file", 0, 1, 100, 1, "max-open"},
	} {
		log := new(commandtest.Buffer)
		got := connections(tt.wanted, tt.descriptors, tt.others, slog.New(slog.NewTextHandler(log, nil)))
		if got != tt.want || (tt.warns == "") != (log.String() == "") || !strings.Contains(log.String(), tt.warns) {
			t.Errorf("%s: connections() = %d, want %d and %q in the log:\n%s", tt.name, got, tt.want, tt.warns, log)
		}
	}
}
