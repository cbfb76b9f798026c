package password

import (
	stdlib "crypto/pbkdf2"

	"github.com/restauth/restauth/impl/password/internal/pbkdf2"
)

// derivePBKDF2 returns one block of PBKDF2-HMAC, as long as the digest: the
// only length Werkzeug asks for. It returns nil, which equals no digest, where
// the process runs in a FIPS mode that forbids alg.
//
// SHA-256, which nearly every table has, goes the fast way; see the internal
// package. [Gate] runs several of those together.
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

// interleaves reports whether a verification can go on beside others on one
// core, in begin and end instead of Verify.
func (h Hash) interleaves() bool {
	s, ok := h.scheme.(pbkdf2Scheme)
	return ok && s.alg.name == "sha256"
}

// begin starts a verification of a hash that interleaves. What it returns is
// advanced to its end and given to end, or erased.
func (h Hash) begin(password string) *pbkdf2.Job {
	s, _ := h.scheme.(pbkdf2Scheme) // interleaves said so
	return pbkdf2.NewJob([]byte(password), h.salt, s.iterations)
}

// end is the other half.
func (h Hash) end(job *pbkdf2.Job, password string) bool {
	key := job.Sum()
	match := equal(key[:], h.digest)
	clear(key[:])
	return h.accepts(match, password)
}
