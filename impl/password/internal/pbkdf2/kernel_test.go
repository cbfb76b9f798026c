//go:build !purego && (amd64 || arm64)

package pbkdf2

import (
	"math/rand/v2"
	"os"
	"regexp"
	"testing"
	"unsafe"
)

// TestAccelerated asks the kernel what the CPU has, so that the other tests do
// not pass unnoticed on the fallback.
func TestAccelerated(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil { // Not Linux: nothing else to ask.
		t.Logf("Accelerated() = %v, unchecked: %v", Accelerated(), err)
		return
	}
	has := os.Getenv(forcedKernel) != "none" && regexp.MustCompile(`(?m)^(flags|Features)\s*:.*\b(sha_ni|sha2)\b`).Match(info)
	if Accelerated() != has {
		t.Errorf("Accelerated() = %v, /proc/cpuinfo says %v", Accelerated(), has)
	}
	if !has {
		t.Log("this CPU has no SHA-256 instructions: only the fallback is tested here")
	}
}

// TestLaneOffsets guards the numbers that the assembly files repeat.
func TestLaneOffsets(t *testing.T) {
	var l lane
	got := [...]uintptr{unsafe.Offsetof(l.inner), unsafe.Offsetof(l.outer), unsafe.Offsetof(l.sum), unsafe.Offsetof(l.words), unsafe.Sizeof(l)}
	if want := [...]uintptr{0, 32, 64, 96, 160}; got != want {
		t.Errorf("offsets of lane = %v, want %v", got, want)
	}
}

// testKernel runs a loop with every number of lanes it takes. The lanes' memory
// sits at all offsets that Go's allocator may give it, with guards between.
func testKernel(t *testing.T, most int, run func([]*lane, int)) {
	t.Helper()
	const guard = 0xfeedface
	type guarded struct {
		lane
		after [2]uint32
	}
	r := rand.New(rand.NewPCG(7, 8))
	for count := 1; count <= most; count++ {
		for _, n := range []int{1, 2, 3, chunk} {
			jobs := make([]guarded, count)
			lanes := make([]*lane, count)
			want := make([][32]byte, count)
			for i := range lanes {
				d := randomDerivation(t, r, 1)
				job := newJob(d.password, d.salt, n+1, true)
				jobs[i] = guarded{job.lane, [2]uint32{guard, guard}}
				lanes[i] = &jobs[i].lane
				want[i] = reference(t, d.password, d.salt, n+1)
			}
			run(lanes, n)
			for i := range lanes {
				job := Job{lane: *lanes[i], valid: true}
				if got := job.Sum(); got != want[i] {
					t.Errorf("lane %d of %d after %d iterations: %x, want %x", i, count, n, got, want[i])
				}
				if jobs[i].after != [2]uint32{guard, guard} {
					t.Errorf("lane %d of %d: written past its end", i, count)
				}
			}
		}
	}
}

// TestNarrow runs the SHA loop where the CPU has it.
func TestNarrow(t *testing.T) {
	if Accelerated() {
		testKernel(t, 3*narrowLanes+3, iterateNarrow)
	}
}
