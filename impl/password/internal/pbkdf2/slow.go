package pbkdf2

import (
	"crypto/fips140"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"hash"
)

// slow is a derivation with the standard library's HMAC.
type slow struct {
	mac    hash.Hash
	u, sum [sha256.Size]byte
}

// newMAC makes an HMAC for a password of any length. In FIPS 140-only mode
// crypto/hmac panics on keys below 14 bytes; a login must not, and the
// standard allows verifying what was stored under older rules.
func newMAC(password []byte) (mac hash.Hash) {
	fips140.WithoutEnforcement(func() { mac = hmac.New(sha256.New, password) })
	return mac
}

// iterate is one lane's work for a machine without assembly for it.
func (s *slow) iterate(n int) {
	for range n {
		s.mac.Reset()
		s.mac.Write(s.u[:])
		s.mac.Sum(s.u[:0])
		subtle.XORBytes(s.sum[:], s.sum[:], s.u[:])
	}
}
