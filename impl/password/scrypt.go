package password

import (
	"fmt"
	"math/bits"
	"time"

	"golang.org/x/crypto/scrypt"
)

// scryptScheme is scrypt (RFC 7914).
type scryptScheme struct{ n, r, p int }

// newScrypt takes N, r and p. The bounds on N and r are RFC 7914 section 2's and
// those that keep the memory small enough.
func newScrypt(fields []string) (scryptScheme, error) {
	if len(fields) != 3 {
		return scryptScheme{}, malformed("scrypt without its three parameters")
	}
	// Each alone is bounded first, so that no product can overflow.
	n, err := positive(fields[0], "scrypt N", maxScryptMemory/128)
	if err != nil {
		return scryptScheme{}, err
	}
	r, err := positive(fields[1], "scrypt r", maxScryptLanes/128)
	if err != nil {
		return scryptScheme{}, err
	}
	p, err := positive(fields[2], "scrypt p", maxScryptP)
	if err != nil {
		return scryptScheme{}, err
	}
	if n < 2 || n&(n-1) != 0 || bits.Len(uint(n))-1 >= 16*r {
		return scryptScheme{}, malformed("scrypt N is not a power of two between 1 and 2^(16r)")
	}
	if 128*n*r > maxScryptMemory {
		return scryptScheme{}, tooMuchMemory("scrypt")
	}
	if 128*r*p > maxScryptLanes {
		return scryptScheme{}, tooMuch("scrypt r·p", maxScryptLanes/128)
	}
	if n*r*p > maxScryptWork { // At most 2^20·16: no overflow.
		return scryptScheme{}, tooMuch("scrypt N·r·p", maxScryptWork)
	}
	return scryptScheme{n, r, p}, nil
}

func (s scryptScheme) method() string       { return fmt.Sprintf("scrypt:%d:%d:%d", s.n, s.r, s.p) }
func (s scryptScheme) form() string         { return "scrypt" }
func (s scryptScheme) weak() bool           { return false }
func (s scryptScheme) takes() time.Duration { return time.Duration(s.n*s.r*s.p) * scryptBlock }

func (s scryptScheme) fits(_, digest int) bool { return digest <= maxKey }

// memory is that of the vector V (128·N·r), the lanes B (128·r·p) and the
// scratch blocks (256·r). Where V alone is the most that may be, it counts alone: a hash
// that is let in must fit into the least that a gate has.
func (s scryptScheme) memory() int64 {
	return min(128*int64(s.n)*int64(s.r)+128*int64(s.r)*int64(s.p)+256*int64(s.r), MostMemory)
}

func (s scryptScheme) verify(password string, salt, digest []byte) bool {
	key, err := scrypt.Key([]byte(password), salt, s.n, s.r, s.p, len(digest))
	return err == nil && equal(key, digest)
}
