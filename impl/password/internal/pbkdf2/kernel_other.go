//go:build purego || !(amd64 || arm64)

package pbkdf2

// Accelerated reports whether the CPU's SHA-256 instructions are used: not
// here.
func Accelerated() bool { return false }

// Lanes is how many jobs Advance runs at once.
func Lanes() int { return 1 }

func arrange(state [8]uint32) [8]uint32 { return state }

// iterate is never given a lane here: every job is a slow one.
func iterate([]*lane, int) {}
