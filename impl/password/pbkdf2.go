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
	return ok && s.alg.name == "sha256"
}

// Begin starts a verification of a hash that interleaves. What it returns is
// advanced to its end and given to End, or erased.
func (h Hash) Begin(password string) *pbkdf2.Job {
	s, _ := h.scheme.(pbkdf2Scheme) // Interleaves said so
	return pbkdf2.NewJob([]byte(password), h.salt, s.iterations)
}

// End is the other half: it reports whether password is the one that was hashed, as
// Verify does.
func (h Hash) End(job *pbkdf2.Job, password string) bool {
	key := job.Sum()
	match := equal(key[:], h.digest)
	clear(key[:])
	return h.Accepts(match, password)
}
