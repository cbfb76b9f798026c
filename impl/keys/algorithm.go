package keys

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"

	// What crypto.Hash computes with.
	_ "crypto/sha256"
	_ "crypto/sha512"
)

// Algorithm is what a key is used with, and nothing else, by its name in a JOSE
// header (RFC 7518 section 3.1).
type Algorithm string

// HMAC with one of the hashes of SHA-2 (RFC 7518 section 3.2): who verifies could sign.
const (
	HS256 Algorithm = "HS256"
	HS384 Algorithm = "HS384"
	HS512 Algorithm = "HS512"
)

// Algorithms returns all that a key can be for.
func Algorithms() []Algorithm { return []Algorithm{HS256, HS384, HS512} }

// hash is the one that the algorithm computes with, 0 for an unknown algorithm.
func (a Algorithm) hash() crypto.Hash {
	switch a {
	case HS256:
		return crypto.SHA256
	case HS384:
		return crypto.SHA384
	case HS512:
		return crypto.SHA512
	default:
		return 0
	}
}

// MinSecretBytes is how long a secret must be, that of the hash's output (RFC 7518
// section 3.2). Keys of less can be made: how strong a secret is, others judge. It is 0
// for an unknown algorithm.
func (a Algorithm) MinSecretBytes() int {
	if a.hash() == 0 {
		return 0
	}
	return a.hash().Size()
}

// Key returns a named key for the algorithm. The id has 1 to MaxID of the characters
// A-Z a-z 0-9 - . _ ~, the secret any number of bytes but none. The secret is copied.
func (a Algorithm) Key(id string, secret []byte) (Key, error) {
	if a.hash() == 0 {
		return Key{}, fmt.Errorf("the algorithm %.20q is none that keys are for: %v are", string(a), Algorithms())
	}
	if err := checkID(id); err != nil {
		return Key{}, err
	}
	if len(a.hmacKey(secret)) == 0 {
		return Key{}, errors.New("the secret is empty, or of zero bytes alone, which HMAC takes for the same")
	}
	return Key{id: id, algorithm: a, material: conceal(bytes.Clone(secret))}, nil
}

// hmacKey is a secret as HMAC uses it with the algorithm's hash (RFC 2104, section 2),
// without the zeros that it is filled up with: secrets of other bytes may be one key.
func (a Algorithm) hmacKey(secret []byte) []byte {
	hash := a.hash().New()
	if len(secret) > hash.BlockSize() {
		_, _ = hash.Write(secret) // It never fails (package hash).
		secret = hash.Sum(nil)
	}
	return withoutZeros(secret)
}

func withoutZeros(secret []byte) []byte { return bytes.TrimRight(secret, "\x00") }
