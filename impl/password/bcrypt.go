package password

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"
)

const (
	bcryptSaltSize    = 22 // characters, 128 bits
	bcryptDigestSize  = 31 // characters, 184 bits
	bcryptMaxPassword = 72 // bytes, the most that Blowfish's key schedule reads

	// bcryptAlphabet is bcrypt's own base64, in the order of its values.
	bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + digits
)

// bcryptScheme is bcrypt with 2^cost rounds. The letters a, b and y mark who
// fixed which bug in a writer; the correct computation is the same for all.
type bcryptScheme struct{ cost int }

func (s bcryptScheme) method() string       { return fmt.Sprintf("bcrypt:%d", s.cost) }
func (s bcryptScheme) form() string         { return "bcrypt" }
func (s bcryptScheme) memory() int64        { return 0 }
func (s bcryptScheme) weak() bool           { return false }
func (s bcryptScheme) takes() time.Duration { return bcryptRound << s.cost }

func (s bcryptScheme) fits(salt, digest int) bool {
	return salt == bcryptSaltSize && digest == bcryptDigestSize
}

// verify refuses what bcrypt does not read to its end. Most libraries cut a
// longer password at 72 bytes when they make the hash, and x/crypto does so
// when it compares, so that any password with the same start would match. Who
// set such a password must set a new one.
func (s bcryptScheme) verify(password string, salt, digest []byte) bool {
	tooLong := len(password) > bcryptMaxPassword
	if tooLong {
		password = password[:bcryptMaxPassword]
	}
	encoded := fmt.Appendf(nil, "$2b$%02d$%s%s", s.cost, salt, digest)
	// Any error is a mismatch: parseBcrypt let only well-formed parts through.
	err := bcrypt.CompareHashAndPassword(encoded, []byte(password))
	return err == nil && !tooLong
}

// newBcrypt takes a cost as a method has it.
func newBcrypt(cost string) (bcryptScheme, error) {
	n, err := positive(cost, "bcrypt cost", maxBcryptCost)
	if err != nil {
		return bcryptScheme{}, err
	}
	if n < bcrypt.MinCost {
		return bcryptScheme{}, malformed("bcrypt cost is under 4")
	}
	return bcryptScheme{n}, nil
}

// parseBcrypt reads what follows "$2b$": the cost, always two digits, and
// salt and digest without a separator.
func parseBcrypt(_ Options, _, body string) (Hash, error) {
	cost, rest, ok := strings.Cut(body, "$")
	if !ok || len(cost) != 2 || len(rest) != bcryptSaltSize+bcryptDigestSize {
		return Hash{}, malformed("bcrypt hash is not cost, salt and digest")
	}
	return bcryptOf(strings.TrimPrefix(cost, "0"), rest[:bcryptSaltSize], rest[bcryptSaltSize:])
}

// bcryptOf puts a hash together of what forms separate in several ways.
func bcryptOf(cost, salt, digest string) (Hash, error) {
	s, err := newBcrypt(cost)
	if err != nil {
		return Hash{}, err
	}
	if len(salt) != bcryptSaltSize || len(digest) != bcryptDigestSize {
		return Hash{}, malformed("bcrypt salt or digest is too short or too long")
	}
	if !consistsOf(salt, bcryptAlphabet) || !consistsOf(digest, bcryptAlphabet) {
		return Hash{}, malformed("bcrypt salt and digest are not bcrypt's base64")
	}
	// The digest's last character carries 4 bits. The salt's last one carries 2,
	// but there some writers left the unused bits set, which changes nothing.
	if strings.IndexByte(bcryptAlphabet, digest[bcryptDigestSize-1])%4 != 0 {
		return Hash{}, malformed("bcrypt digest is not canonical base64")
	}
	return Hash{scheme: s, salt: []byte(salt), digest: []byte(digest)}, nil
}
