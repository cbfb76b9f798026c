package password

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/scrypt"
)

// pbkdf2Scheme is PBKDF2 (RFC 8018 section 5.2) with HMAC, one block long.
type pbkdf2Scheme struct {
	alg        algorithm
	iterations int
}

func (s pbkdf2Scheme) method() string { return fmt.Sprintf("pbkdf2:%s:%d", s.alg.name, s.iterations) }
func (s pbkdf2Scheme) memory() int64  { return 0 }
func (s pbkdf2Scheme) weak() bool     { return false }

func (s pbkdf2Scheme) verify(password string, salt, digest []byte) bool {
	return equal(derivePBKDF2(s.alg, password, salt, s.iterations), digest)
}

// scryptKeySize is hashlib.scrypt's default dklen, which Werkzeug never changes.
const scryptKeySize = 64

// scryptScheme is scrypt (RFC 7914).
type scryptScheme struct{ n, r, p int }

func (s scryptScheme) method() string { return fmt.Sprintf("scrypt:%d:%d:%d", s.n, s.r, s.p) }
func (s scryptScheme) weak() bool     { return false }

// memory is that of the vector V (128·N·r), the lanes B (128·r·p) and the
// scratch blocks (256·r).
func (s scryptScheme) memory() int64 {
	return 128*int64(s.n)*int64(s.r) + 128*int64(s.r)*int64(s.p) + 256*int64(s.r)
}

func (s scryptScheme) verify(password string, salt, digest []byte) bool {
	key, err := scrypt.Key([]byte(password), salt, s.n, s.r, s.p, scryptKeySize)
	return err == nil && equal(key, digest)
}

// hmacScheme is Werkzeug's salted digest: HMAC with the salt as its key.
type hmacScheme struct{ alg algorithm }

func (s hmacScheme) method() string { return "hmac:" + s.alg.name }
func (s hmacScheme) memory() int64  { return 0 }
func (s hmacScheme) weak() bool     { return true }

func (s hmacScheme) verify(password string, salt, digest []byte) bool {
	mac := hmac.New(s.alg.new, salt)
	mac.Write([]byte(password)) // a hash.Hash never returns an error
	return equal(mac.Sum(nil), digest)
}

// digestScheme is a bare digest of the password.
type digestScheme struct{ alg algorithm }

func (s digestScheme) method() string { return "digest:" + s.alg.name }
func (s digestScheme) memory() int64  { return 0 }
func (s digestScheme) weak() bool     { return true }

func (s digestScheme) verify(password string, _, digest []byte) bool {
	h := s.alg.new()
	h.Write([]byte(password)) // a hash.Hash never returns an error
	return equal(h.Sum(nil), digest)
}

// plainScheme is a password stored in the clear. Parse keeps only its SHA-256:
// comparing digests takes a time that tells nothing of the stored length, and
// the clear password does not stay in memory.
type plainScheme struct{}

func (plainScheme) method() string { return "plain" }
func (plainScheme) memory() int64  { return 0 }
func (plainScheme) weak() bool     { return true }

func (plainScheme) verify(password string, _, digest []byte) bool {
	sum := sha256.Sum256([]byte(password))
	return equal(sum[:], digest)
}

// parsePlain reads what follows "plain$". Werkzeug 2.3 wrote a salt that it
// never used, the releases before wrote none; the password may hold dollars.
func parsePlain(rest string) (Hash, error) {
	salt, clear, ok := strings.Cut(rest, "$")
	switch {
	case !ok || !isSalt(salt):
		return Hash{}, malformed("not of the form plain$salt$password")
	case clear == "":
		// It would let everybody in who types nothing.
		return Hash{}, malformed("plain without a password")
	case len(clear) > maxPlain:
		return Hash{}, malformed("plain password longer than 4096 bytes")
	case containsNUL(clear) || !utf8.ValidString(clear):
		return Hash{}, malformed("plain password is not text")
	}
	sum := sha256.Sum256([]byte(clear))
	return Hash{scheme: plainScheme{}, digest: sum[:]}, nil
}

// equal compares in constant time; lengths are public.
func equal(a, b []byte) bool {
	return subtle.ConstantTimeCompare(a, b) == 1
}
