package password

import (
	"crypto/md5"  // #nosec G501 -- only to read hashes that say so
	"crypto/sha1" // #nosec G505 -- only to read hashes that say so
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"fmt"
	"hash"
	"strings"

	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/blake2s"
)

// algorithm is a digest by its hashlib name.
type algorithm struct {
	name string
	size int // bytes of a digest
	new  func() hash.Hash
}

// findAlgorithm knows the digests that Python's hashlib guarantees and that
// have a fixed length. Werkzeug stores the name as the application spelt it,
// and from 0.12 on OpenSSL resolved it: "SHA256" and "sha-256" are in tables
// too, so case is ignored and OpenSSL's aliases are known.
func findAlgorithm(name string) (algorithm, error) {
	switch strings.ToLower(name) {
	case "md5":
		return algorithm{"md5", md5.Size, md5.New}, nil
	case "sha1", "sha-1":
		return algorithm{"sha1", sha1.Size, sha1.New}, nil
	case "sha224", "sha-224", "sha2-224":
		return algorithm{"sha224", sha256.Size224, sha256.New224}, nil
	case "sha256", "sha-256", "sha2-256":
		return algorithm{"sha256", sha256.Size, sha256.New}, nil
	case "sha384", "sha-384", "sha2-384":
		return algorithm{"sha384", sha512.Size384, sha512.New384}, nil
	case "sha512", "sha-512", "sha2-512":
		return algorithm{"sha512", sha512.Size, sha512.New}, nil
	case "sha3_224", "sha3-224":
		return algorithm{"sha3_224", 28, func() hash.Hash { return sha3.New224() }}, nil
	case "sha3_256", "sha3-256":
		return algorithm{"sha3_256", 32, func() hash.Hash { return sha3.New256() }}, nil
	case "sha3_384", "sha3-384":
		return algorithm{"sha3_384", 48, func() hash.Hash { return sha3.New384() }}, nil
	case "sha3_512", "sha3-512":
		return algorithm{"sha3_512", 64, func() hash.Hash { return sha3.New512() }}, nil
	case "blake2b", "blake2b512":
		return algorithm{"blake2b", blake2b.Size, newBlake2b}, nil
	case "blake2s", "blake2s256":
		return algorithm{"blake2s", blake2s.Size, newBlake2s}, nil
	default:
		return algorithm{}, fmt.Errorf("%w: unknown method or digest", ErrUnsupported)
	}
}

// Only a key can make the BLAKE2 constructors fail, and there is none.

func newBlake2b() hash.Hash {
	h, _ := blake2b.New512(nil)
	return h
}

func newBlake2s() hash.Hash {
	h, _ := blake2s.New256(nil)
	return h
}
