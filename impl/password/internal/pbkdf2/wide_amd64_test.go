//go:build !purego

package pbkdf2

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// TestWide runs the wide loop where the CPU can; elsewhere it makes sure that
// nothing else would run it.
func TestWide(t *testing.T) {
	if !cpu.X86.HasAVX512F {
		if Lanes() >= wideLanes {
			t.Fatalf("Lanes() = %d on a CPU without AVX-512", Lanes())
		}
		t.Log("this CPU has no AVX-512: the wide loop is neither used nor tested here")
		return
	}
	testKernel(t, wideLanes, iterateWide)
}

// TestWideOffsets guards the numbers that wide_amd64.s repeats.
func TestWideOffsets(t *testing.T) {
	var w wide
	got := [...]uintptr{unsafe.Offsetof(w.inner), unsafe.Offsetof(w.outer), unsafe.Offsetof(w.sum), unsafe.Offsetof(w.words), unsafe.Sizeof(w)}
	if want := [...]uintptr{0, 512, 1024, 1536, 2048}; got != want {
		t.Errorf("offsets of wide = %v, want %v", got, want)
	}
}
