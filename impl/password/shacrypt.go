package password

import (
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strconv"
	"time"
)

const (
	shaCryptDefault   = 5000
	minShaCryptRounds = 1000
	// maxShaCryptRounds is over passlib's 656,000, which is the most that anybody
	// writes by default.
	maxShaCryptRounds = 1_000_000
	// mostShaCryptTyped is libxcrypt's CRYPT_MAX_PASSPHRASE_SIZE.
	mostShaCryptTyped = 512
	sha256Round       = 200 * time.Nanosecond
)

// shaCryptScheme is crypt(3)'s $5$ and $6$.
type shaCryptScheme struct {
	sha512 bool
	rounds int
}

func (s shaCryptScheme) method() string { return s.form() + ":" + strconv.Itoa(s.rounds) }
func (s shaCryptScheme) memory() int64  { return 0 }
func (s shaCryptScheme) weak() bool     { return false }

func (s shaCryptScheme) form() string {
	if s.sha512 {
		return "sha512-crypt"
	}
	return "sha256-crypt"
}

func (s shaCryptScheme) takes() time.Duration {
	if s.sha512 {
		return time.Duration(s.rounds) * sha512Round
	}
	return time.Duration(s.rounds) * sha256Round
}

// digestSize is in characters.
func (s shaCryptScheme) digestSize() int {
	if s.sha512 {
		return 86
	}
	return 43
}

func (s shaCryptScheme) fits(salt, digest int) bool {
	return salt <= shaCryptSalt && digest == s.digestSize()
}

func (s shaCryptScheme) verify(password string, salt, digest []byte) bool {
	typed, whole := cut(password, readable(s.rounds, mostShaCryptTyped))
	return equal([]byte(encodeCrypt64(s.derive([]byte(typed), salt))), digest) && whole
}

// derive follows "Unix crypt using SHA-256 and SHA-512", by its steps, and returns the
// digest in the order that it is written in.
func (s shaCryptScheme) derive(password, salt []byte) []byte {
	h := sha256.New()
	if s.sha512 {
		h = sha512.New()
	}
	h.Write(password) // steps 4 to 8
	h.Write(salt)
	h.Write(password)
	b := h.Sum(nil)
	h.Reset() // steps 1 to 3 and 9 to 12
	h.Write(password)
	h.Write(salt)
	h.Write(stretched(b, len(password)))
	for bits := len(password); bits > 0; bits >>= 1 {
		if bits&1 == 1 {
			h.Write(b)
		} else {
			h.Write(password)
		}
	}
	a := h.Sum(nil)
	p := stretched(repeatedly(h, password, len(password)), len(password)) // steps 13 to 16
	c := stretched(repeatedly(h, salt, 16+int(a[0])), len(salt))          // steps 17 to 20
	for i := range s.rounds {                                             // step 21
		h.Reset()
		if i%2 == 1 {
			h.Write(p)
		} else {
			h.Write(a)
		}
		if i%3 != 0 {
			h.Write(c)
		}
		if i%7 != 0 {
			h.Write(p)
		}
		if i%2 == 1 {
			h.Write(a)
		} else {
			h.Write(p)
		}
		a = h.Sum(a[:0])
	}
	return s.ordered(a) // step 22
}

// ordered puts the bytes of the digest where they are written: one from each third of it,
// and the thirds take turns at being the first.
func (s shaCryptScheme) ordered(digest []byte) []byte {
	third, turn := len(digest)/3, 2
	if s.sha512 {
		turn = 1
	}
	written := make([]byte, 0, len(digest))
	for i := range third {
		for j := range 3 {
			written = append(written, digest[i+third*((5+turn*i-j)%3)])
		}
	}
	return append(written, digest[3*third:]...) // one or two
}

// repeatedly is the digest of something that is repeated so many times.
func repeatedly(h hash.Hash, what []byte, times int) []byte {
	h.Reset()
	for range times {
		h.Write(what)
	}
	return h.Sum(nil)
}

// stretched is a digest repeated to so many bytes.
func stretched(digest []byte, size int) []byte {
	out := make([]byte, 0, size)
	for len(out) < size {
		out = append(out, digest[:min(len(digest), size-len(out))]...)
	}
	return out
}
