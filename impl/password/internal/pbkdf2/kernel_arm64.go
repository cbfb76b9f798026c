//go:build !purego

package pbkdf2

import "golang.org/x/sys/cpu"

// Accelerated reports whether this CPU has the SHA2 instructions.
func Accelerated() bool { return cpu.ARM64.HasSHA2 }

// Lanes is how many jobs Advance runs at once on this CPU, at most [MaxLanes].
func Lanes() int {
	if !Accelerated() {
		return 1
	}
	return narrowLanes
}

// arrange leaves a state as it is: SHA256H takes ABCD and EFGH.
func arrange(state [8]uint32) [8]uint32 { return state }

// iterate advances up to MaxLanes lanes by n iterations each.
func iterate(lanes []*lane, n int) { iterateNarrow(lanes, n) }
