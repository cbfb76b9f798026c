//go:build !purego

package pbkdf2

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestFIPSOnly runs the known vectors again where crypto/hmac panics on short
// keys. On one architecture only, as a test can't start itself when emulated;
// and not with purego, which that mode refuses.
func TestFIPSOnly(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestKnown$")
	cmd.Env = append(os.Environ(), "GODEBUG="+strings.TrimPrefix(os.Getenv("GODEBUG")+",fips140=only", ","))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("with GODEBUG=fips140=only: %v\n%s", err, out)
	}
}
