package password

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"
	"unicode/utf8"
)

// once is what all schemes share that are one round of a digest, or none.
type once struct{}

func (once) memory() int64        { return 0 }
func (once) weak() bool           { return true }
func (once) takes() time.Duration { return digestOnce }
func (once) fits(int, int) bool   { return true }

// hmacScheme is Werkzeug's salted digest: HMAC with the salt as its key; or Django's.
type hmacScheme struct {
	once
	alg algorithm
}

func (s hmacScheme) method() string { return "hmac:" + s.alg.name }
func (s hmacScheme) form() string   { return s.method() }

func (s hmacScheme) verify(password string, salt, digest []byte) bool {
	mac := hmac.New(s.alg.new, salt)
	mac.Write([]byte(password)) // a hash.Hash never returns an error
	match := equal(mac.Sum(nil), digest)
	if s.alg.name != "sha1" && s.alg.name != "md5" {
		return match
	}
	// Django writes a digest of salt and password the same way, up to 5.0. Both are
	// computed whatever the first says, and no two passwords are known to share them.
	django := saltedScheme{alg: s.alg, first: true}.verify(password, salt, digest)
	return match || django
}

// digestScheme is a bare digest of the password.
type digestScheme struct {
	once
	alg algorithm
}

func (s digestScheme) method() string { return "digest:" + s.alg.name }
func (s digestScheme) form() string   { return s.method() }

func (s digestScheme) verify(password string, _, digest []byte) bool {
	h := s.alg.new()
	h.Write([]byte(password)) // a hash.Hash never returns an error
	return equal(h.Sum(nil), digest)
}

// saltedScheme is a digest of the password with a salt before or behind it.
type saltedScheme struct {
	once
	alg   algorithm
	first bool // the salt
}

func (s saltedScheme) method() string { return "salted:" + s.alg.name }
func (s saltedScheme) form() string   { return s.method() }

func (s saltedScheme) verify(password string, salt, digest []byte) bool {
	h := s.alg.new()
	if s.first {
		h.Write(salt)
	}
	h.Write([]byte(password))
	if !s.first {
		h.Write(salt)
	}
	return equal(h.Sum(nil), digest)
}

// plainScheme is a password stored in the clear. Parse keeps only its SHA-256:
// comparing digests takes a time that tells nothing of the stored length, and
// the clear password does not stay in memory.
type plainScheme struct{ once }

func (plainScheme) method() string { return "plain" }
func (plainScheme) form() string   { return "plain" }

func (plainScheme) verify(password string, _, digest []byte) bool {
	sum := sha256.Sum256([]byte(password))
	return equal(sum[:], digest)
}

// parsePlain reads what follows "plain$". Werkzeug 2.3 wrote a salt that it
// never used, the releases before wrote none; the password may hold dollars.
func parsePlain(rest string) (Hash, error) {
	salt, clear, ok := strings.Cut(rest, "$")
	if !ok || !isSalt(salt) {
		return Hash{}, malformed("not plain, salt and password with dollars between")
	}
	return newPlain(clear)
}

// newPlain takes a password as it is.
func newPlain(clear string) (Hash, error) {
	switch {
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
