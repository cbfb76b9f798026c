package password

import (
	"fmt"
	"strings"

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

func (s bcryptScheme) method() string { return fmt.Sprintf("bcrypt:%d", s.cost) }
func (s bcryptScheme) memory() int64  { return 0 }
func (s bcryptScheme) weak() bool     { return false }

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

// parseBcrypt reads the fields after "$2b": the cost, always two digits, and
// salt and digest without a separator.
func parseBcrypt(fields []string) (Hash, error) {
	if len(fields) != 2 || len(fields[0]) != 2 || len(fields[1]) != bcryptSaltSize+bcryptDigestSize {
		return Hash{}, malformed("bcrypt hash is not cost, salt and digest")
	}
	cost, err := positive(strings.TrimPrefix(fields[0], "0"), "bcrypt cost", maxBcryptCost)
	if err != nil {
		return Hash{}, err
	}
	if cost < bcrypt.MinCost {
		return Hash{}, malformed("bcrypt cost is under 4")
	}
	if !consistsOf(fields[1], bcryptAlphabet) {
		return Hash{}, malformed("bcrypt salt and digest are not bcrypt's base64")
	}
	// The digest's last character carries 4 bits. The salt's last one carries 2,
	// but there some writers left the unused bits set, which changes nothing.
	last := strings.IndexByte(bcryptAlphabet, fields[1][len(fields[1])-1])
	if last%4 != 0 {
		return Hash{}, malformed("bcrypt digest is not canonical base64")
	}
	return Hash{
		scheme: bcryptScheme{cost},
		salt:   []byte(fields[1][:bcryptSaltSize]),
		digest: []byte(fields[1][bcryptSaltSize:]),
	}, nil
}
