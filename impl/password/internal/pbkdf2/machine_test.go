package pbkdf2

import (
	"runtime"
	"testing"
)

// TestKernelOfThisMachine says which code runs on this CPU, for scripts/machine.sh:
// what CI was green on. Several lanes without assembly would be served by none.
func TestKernelOfThisMachine(t *testing.T) {
	name := "crypto/hmac"
	switch {
	case Accelerated() && Lanes() == MaxLanes:
		name = "SHA instructions and AVX-512"
	case Accelerated():
		name = "SHA instructions"
	}
	t.Logf("kernel: PBKDF2 on %s runs on %s, %d lanes", runtime.GOARCH, name, Lanes())
	if Lanes() < 1 || Lanes() > MaxLanes || Lanes() > 1 && !Accelerated() {
		t.Errorf("Lanes() = %d with Accelerated() = %v, want 1 to %d, and 1 without", Lanes(), Accelerated(), MaxLanes)
	}
}
