package password

import (
	stdlib "crypto/pbkdf2"
	"strconv"
	"strings"
	"time"

	"github.com/restauth/restauth/impl/password/internal/pbkdf2"
)

// Sizes of what is derived, in bytes, of any form.
const (
	minDigest = 16
	maxDigest = 128
	maxKey    = 64 // of PBKDF2 and scrypt
)

// pbkdf2Scheme is PBKDF2 (RFC 8018 section 5.2) with HMAC.
type pbkdf2Scheme struct {
	alg        algorithm
	iterations int
	blocks     int // more than one where the key is longer than the digest; 0 is one
}

// newPBKDF2 takes a count within the bounds: each block of the key costs as much as the
// first.
func newPBKDF2(name, count string, keySize int) (pbkdf2Scheme, error) {
	alg, err := findAlgorithm(name)
	if err != nil {
		return pbkdf2Scheme{}, err
	}
	limit, blocks := maxOtherRounds, (keySize+alg.size-1)/alg.size
	if alg.name == "sha256" && blocks <= 1 {
		limit = maxIterations
	}
	iterations, err := positive(count, "pbkdf2 iteration count", limit)
	if err != nil {
		return pbkdf2Scheme{}, err
	}
	s := pbkdf2Scheme{alg: alg, iterations: iterations}
	if blocks > 1 {
		s.blocks = blocks
	}
	if s.rounds() > limit {
		return pbkdf2Scheme{}, tooMuch("pbkdf2 iteration count times the key's blocks", limit)
	}
	return s, nil
}

// rounds is how many there are of all blocks together.
func (s pbkdf2Scheme) rounds() int { return s.iterations * max(s.blocks, 1) }

// method has a plus for each further block.
func (s pbkdf2Scheme) method() string {
	return s.form() + ":" + strconv.Itoa(s.iterations) + strings.Repeat("+", max(s.blocks-1, 0))
}

func (s pbkdf2Scheme) form() string         { return "pbkdf2:" + s.alg.name }
func (s pbkdf2Scheme) memory() int64        { return 0 }
func (s pbkdf2Scheme) weak() bool           { return false }
func (s pbkdf2Scheme) takes() time.Duration { return time.Duration(s.rounds()) * plainIteration }

func (s pbkdf2Scheme) fits(_, digest int) bool {
	return digest <= maxKey && (digest+s.alg.size-1)/s.alg.size == max(s.blocks, 1)
}

func (s pbkdf2Scheme) verify(password string, salt, digest []byte) bool {
	if s.blocks <= 1 {
		return equalStart(derivePBKDF2(s.alg, password, salt, s.iterations), digest)
	}
	key, err := stdlib.Key(s.alg.new, password, salt, s.iterations, len(digest))
	return err == nil && equal(key, digest)
}

// equalStart compares with the start of a key: of one block PBKDF2 gives any length so.
func equalStart(key, digest []byte) bool {
	return len(key) >= len(digest) && equal(key[:len(digest)], digest)
}

// derivePBKDF2 returns one block of PBKDF2-HMAC, as long as the digest. It returns nil,
// which equals no digest, where the process runs in a FIPS mode that forbids alg.
//
// SHA-256, which nearly every table has, goes the fast way; see the internal
// package. Several of those can go on together, from [Hash.Begin] to [Hash.End].
func derivePBKDF2(alg algorithm, password string, salt []byte, iterations int) []byte {
	if alg.name == "sha256" {
		key := pbkdf2.Key([]byte(password), salt, iterations)
		return key[:]
	}
	key, err := stdlib.Key(alg.new, password, salt, iterations, alg.size)
	if err != nil {
		return nil
	}
	return key
}

// Interleaves reports whether a verification can go on beside others on one
// core, in Begin and End instead of Verify.
func (h Hash) Interleaves() bool {
	s, ok := h.scheme.(pbkdf2Scheme)
	return ok && s.alg.name == "sha256" && s.blocks <= 1
}

// Begin starts a verification of a hash that interleaves. What it returns is
// advanced to its end and given to End, or erased.
func (h Hash) Begin(password string) *pbkdf2.Job {
	s, _ := h.scheme.(pbkdf2Scheme) // Interleaves said so
	return pbkdf2.NewJob([]byte(h.Prepare(password)), h.salt, s.iterations)
}

// End is the other half: it reports whether password is the one that was hashed, as
// Verify does.
func (h Hash) End(job *pbkdf2.Job, password string) bool {
	key := job.Sum()
	match := equalStart(key[:], h.digest)
	clear(key[:])
	return h.Accepts(match, password)
}
