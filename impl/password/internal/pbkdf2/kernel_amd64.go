//go:build !purego

package pbkdf2

import (
	"sync"

	"golang.org/x/sys/cpu"
)

// Accelerated reports whether this CPU has the SHA extensions and what else
// the assembly for them uses.
func Accelerated() bool {
	return cpu.X86.HasSSSE3 && cpu.X86.HasSSE41 && knowsSHA()
}

// Lanes is how many jobs Advance runs at once on this CPU, at most [MaxLanes].
func Lanes() int {
	switch {
	case !Accelerated():
		return 1
	case cpu.X86.HasAVX512F:
		return wideLanes
	default:
		return narrowLanes
	}
}

// knowsSHA asks once: CPUID is slow on virtual machines.
var knowsSHA = sync.OnceValue(hasSHA)

// hasSHA asks the CPU, for golang.org/x/sys/cpu doesn't know this feature.
func hasSHA() bool

// The order of SHA256RNDS2, from the lowest word up: FEBA, HGDC. arranged[i]
// says which word of the state goes to place i.
const arranged = "\x05\x04\x01\x00\x07\x06\x03\x02"

func arrange(state [8]uint32) (words [8]uint32) {
	for i := range words {
		words[i] = state[arranged[i]]
	}
	return words
}

// iterate advances up to MaxLanes lanes by n iterations each.
//
// The wide loop takes as long for one lane as for sixteen. The Xeon it was
// measured on breaks even at eight; a CPU with a faster SHA unit does later.
func iterate(lanes []*lane, n int) {
	if len(lanes) > wideLanes/2 && cpu.X86.HasAVX512F {
		iterateWide(lanes, n)
		return
	}
	iterateNarrow(lanes, n)
}
