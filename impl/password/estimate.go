package password

import (
	"time"

	"github.com/restauth/restauth/impl/password/internal/pbkdf2"
)

// What a step of each method takes, by BenchmarkVerify and the pbkdf2 package's
// BenchmarkKey on processors from 2017 to 2024, rounded up rather than down: who
// is let in should be served in time.
const (
	lanedIteration = 65 * time.Nanosecond  // of pbkdf2:sha256, beside three others
	plainIteration = 250 * time.Nanosecond // of pbkdf2 without assembly
	scryptBlock    = 250 * time.Nanosecond // one of N·r·p
	argon2Block    = 900 * time.Nanosecond // a KiB in one pass
	bcryptRound    = 50 * time.Microsecond // one of 2^cost
	digestOnce     = 10 * time.Microsecond // a password of usual length
)

// estimate is about what a verification takes of a core. It serves for as long as
// none was seen: whoever restarts the server in a storm should neither turn away
// those it could serve nor let in those it cannot.
func (h Hash) estimate() time.Duration {
	switch s := h.scheme.(type) {
	case pbkdf2Scheme:
		if h.interleaves() && pbkdf2.Accelerated() {
			return time.Duration(s.iterations) * lanedIteration
		}
		return time.Duration(s.iterations) * plainIteration
	case scryptScheme:
		return time.Duration(s.n*s.r*s.p) * scryptBlock
	case argon2idScheme:
		return time.Duration(s.memoryKiB*s.time) * argon2Block
	case bcryptScheme:
		return bcryptRound << s.cost
	default:
		return digestOnce
	}
}
