package password

import (
	"crypto/md5" // #nosec G501 -- only to read hashes that say so
	"fmt"
	"strings"
	"time"
)

// Sizes of crypt(3)'s forms, in characters.
const (
	md5CryptSalt, md5CryptDigest = 8, 22
	shaCryptSalt                 = 16
	md5CryptRounds               = 1000
)

// md5CryptScheme is crypt(3)'s $1$, and Apache's $apr1$ of the same make (Poul-Henning
// Kamp, FreeBSD 1994).
type md5CryptScheme struct{ magic string }

func (s md5CryptScheme) method() string       { return s.form() }
func (s md5CryptScheme) memory() int64        { return 0 }
func (s md5CryptScheme) weak() bool           { return false }
func (s md5CryptScheme) takes() time.Duration { return md5CryptRounds * md5Round }

func (s md5CryptScheme) form() string {
	if s.magic == "$apr1$" {
		return "apr1-crypt"
	}
	return "md5-crypt"
}

func (s md5CryptScheme) fits(salt, digest int) bool {
	return salt <= md5CryptSalt && digest == md5CryptDigest
}

func (s md5CryptScheme) verify(password string, salt, digest []byte) bool {
	typed, whole := cut(password, readable(md5CryptRounds, maxTyped))
	return equal([]byte(encodeCrypt64(md5Crypt(s.magic, []byte(typed), salt))), digest) && whole
}

// md5Crypt returns the digest in the order that it is written in.
func md5Crypt(magic string, password, salt []byte) []byte {
	h := md5.New() // #nosec G401 -- the hash says so
	sum := func(parts ...[]byte) []byte {
		h.Reset()
		for _, part := range parts {
			h.Write(part)
		}
		return h.Sum(nil)
	}
	inner := sum(password, salt, password)
	parts := [][]byte{password, []byte(magic), salt}
	for left := len(password); left > 0; left -= md5.Size {
		parts = append(parts, inner[:min(left, md5.Size)])
	}
	for bits := len(password); bits > 0; bits >>= 1 {
		if bits&1 == 1 {
			parts = append(parts, []byte{0})
		} else {
			parts = append(parts, password[:1])
		}
	}
	key := sum(parts...)
	for i := range md5CryptRounds {
		parts = parts[:0]
		first, last := key, password
		if i%2 == 1 {
			first, last = password, key
		}
		parts = append(parts, first)
		if i%3 != 0 {
			parts = append(parts, salt)
		}
		if i%7 != 0 {
			parts = append(parts, password)
		}
		key = sum(append(parts, last)...)
	}
	order := [md5.Size]int{12, 6, 0, 13, 7, 1, 14, 8, 2, 15, 9, 3, 5, 10, 4, 11}
	written := make([]byte, md5.Size)
	for i, from := range order {
		written[i] = key[from]
	}
	return written
}

// parseMD5Crypt reads what follows "$1$" or "$apr1$": salt and digest.
func parseMD5Crypt(_ Options, id, body string) (Hash, error) {
	s := md5CryptScheme{magic: id}
	return parseCrypt3(s, body, md5CryptSalt, md5CryptDigest)
}

// parseShaCrypt reads what follows "$5$" or "$6$": rounds=… where they are not 5,000,
// salt and digest (Ulrich Drepper, 2007).
func parseShaCrypt(_ Options, id, body string) (Hash, error) {
	s := shaCryptScheme{sha512: id == "$6$", rounds: shaCryptDefault}
	if rest, ok := strings.CutPrefix(body, "rounds="); ok {
		count, rest, _ := strings.Cut(rest, "$")
		rounds, err := newShaRounds(count)
		if err != nil {
			return Hash{}, err
		}
		s.rounds, body = rounds, rest
	}
	return parseCrypt3(s, body, shaCryptSalt, s.digestSize())
}

// newShaRounds takes what crypt(3) writes: of fewer than 1,000 it makes 1,000.
func newShaRounds(count string) (int, error) {
	rounds, err := positive(count, "sha-crypt rounds", maxShaCryptRounds)
	if err == nil && rounds < minShaCryptRounds {
		return 0, malformed("sha-crypt rounds are under 1000")
	}
	return rounds, err
}

// parseCrypt3 reads salt$digest, the latter in crypt(3)'s base64.
func parseCrypt3(s scheme, body string, saltSize, digestSize int) (Hash, error) {
	salt, digest, ok := strings.Cut(body, "$")
	if !ok || len(salt) > saltSize || !isVisible(salt) {
		return Hash{}, malformed(fmt.Sprintf("%s is not a salt of up to %d characters and a digest", s.form(), saltSize))
	}
	if len(digest) != digestSize {
		return Hash{}, malformed(fmt.Sprintf("%s digest has not %d characters", s.form(), digestSize))
	}
	if _, canonical := decodeCrypt64(digest); !canonical {
		return Hash{}, malformed(s.form() + " digest is not crypt's base64")
	}
	return Hash{scheme: s, salt: []byte(salt), digest: []byte(digest)}, nil
}
