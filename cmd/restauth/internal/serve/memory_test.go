package serve

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/password/gate"
)

// TestHashingMemory: a setting that does not fit into the container is lowered, with
// one line, and never below what one hash may need.
func TestHashingMemory(t *testing.T) {
	const least = gate.LeastMemoryLimit >> 20
	for _, test := range []struct {
		wanted          int
		container       int64 // MiB, as all below
		hashes, process int64
		says            string
	}{
		{256, 0, 256, 0, ""},
		{256, 512, 256, 280, ""},
		{256, 376, 256, 280, ""}, // exactly
		{256, 375, 255, 279, "lowered_to=255"},
		{256, 256, 136, 160, "lowered_to=136"},
		{4096, 1024, 904, 928, "lowered_to=904"},
		{256, 248, least, least + 24, "lowered_to=128"},
		{128, 248, least, least + 24, ""},
		{256, 128, least, least + 24, "wanted_mib=248"},
		{128, 64, least, least + 24, "wanted_mib=248"},
	} {
		var log bytes.Buffer
		hashes, process := hashingMemory(test.wanted, test.container<<20, slog.New(slog.NewTextHandler(&log, nil)))
		if hashes != test.hashes<<20 || process != test.process<<20 {
			t.Errorf("of %d MiB: hashingMemory(%d) = %d, %d, want %d, %d MiB", test.container, test.wanted, hashes>>20, process>>20, test.hashes, test.process)
		}
		lines := strings.Count(log.String(), "\n")
		if !strings.Contains(log.String(), test.says) || (lines > 0) != (test.says != "") || lines > 1 {
			t.Errorf("of %d MiB: hashingMemory(%d) logs %q, want %q", test.container, test.wanted, &log, test.says)
		}
	}
}
