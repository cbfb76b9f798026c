package password

import (
	"time"

	"github.com/restauth/restauth/impl/password/internal/pbkdf2"
)

// What a step of each method takes, by BenchmarkVerify and the pbkdf2 package's
// BenchmarkKey on processors from 2017 to 2024.
const (
	loneIteration  = 80 * time.Nanosecond  // of pbkdf2:sha256 in assembly
	lanedIteration = 60 * time.Nanosecond  // the same among four
	wideIteration  = 33 * time.Nanosecond  // the same among sixteen
	plainIteration = 250 * time.Nanosecond // of pbkdf2 without assembly
	scryptBlock    = 250 * time.Nanosecond // one of N·r·p
	argon2Block    = 900 * time.Nanosecond // a KiB in one pass
	bcryptRound    = 50 * time.Microsecond // one of 2^cost
	digestOnce     = 10 * time.Microsecond // a password of usual length
)

// SharedLanes is how many lanes share the SHA instructions; more share wider registers.
const SharedLanes = 4

// Kernel is how a processor derives pbkdf2:sha256. What is expected of one follows
// from it alone, so that a test can ask for any processor's.
type Kernel struct {
	// Accelerated: by the SHA instructions.
	Accelerated bool
	// Lanes is how many verifications that interleave one thread fills its time with.
	Lanes int
}

// ThisKernel is of the processor that this runs on.
func ThisKernel() Kernel { return Kernel{pbkdf2.Accelerated(), pbkdf2.Lanes()} }

// Estimate is about what a verification takes of a core, alone or where most lanes
// are full. It serves for as long as none was seen: whoever restarts the server in a
// storm should neither turn away those it could serve nor let in those it cannot.
func (k Kernel) Estimate(h Hash, crowded bool) time.Duration {
	switch s := h.scheme.(type) {
	case nil:
		return digestOnce
	case pbkdf2Scheme:
		return time.Duration(s.rounds()) * k.iteration(h, crowded)
	default:
		return s.takes()
	}
}

func (k Kernel) iteration(h Hash, crowded bool) time.Duration {
	switch {
	case !h.Interleaves() || !k.Accelerated:
		return plainIteration
	case !crowded:
		return loneIteration
	case k.Lanes > SharedLanes:
		return wideIteration
	default:
		return lanedIteration
	}
}
