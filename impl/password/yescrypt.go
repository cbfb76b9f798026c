package password

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-crypt/x/yescrypt"
)

const (
	yescryptKeySize = 32
	// maxYescryptSalt is libxcrypt's, in bytes.
	maxYescryptSalt = 64
	maxYescryptWork = 1 << 20 // N·r; libxcrypt's default is 2^17
	yescryptBlock   = 400 * time.Nanosecond
)

// yescryptScheme is crypt(3)'s $y$ with the flags and the one lane of libxcrypt.
type yescryptScheme struct{ log, r int }

func (s yescryptScheme) method() string { return fmt.Sprintf("yescrypt:%d:%d", s.log, s.r) }
func (s yescryptScheme) form() string   { return "yescrypt" }
func (s yescryptScheme) memory() int64  { return 128 * int64(s.r) << s.log }
func (s yescryptScheme) weak() bool     { return false }

func (s yescryptScheme) takes() time.Duration { return time.Duration(s.r<<s.log) * yescryptBlock }

func (s yescryptScheme) fits(salt, digest int) bool {
	return salt <= maxYescryptSalt && digest == yescryptKeySize
}

func (s yescryptScheme) verify(password string, salt, digest []byte) bool {
	typed, whole := cut(password, mostShaCryptTyped)
	key, err := yescrypt.Key([]byte(typed), salt, 1<<s.log, s.r, 1, yescryptKeySize)
	return err == nil && equal(key, digest) && whole
}

// newYescrypt takes log2 of N and r within the bounds.
func newYescrypt(log, r int) (yescryptScheme, error) {
	s := yescryptScheme{log, r}
	switch {
	case log < 10 || log > 18 || r < 1 || r > 32:
		return s, fmt.Errorf("%w: yescrypt of a cost that libxcrypt does not write", ErrUnsupported)
	case s.memory() > MostMemory:
		return s, tooMuchMemory("yescrypt")
	case r<<log > maxYescryptWork:
		return s, tooMuch("yescrypt N·r", maxYescryptWork)
	}
	return s, nil
}

// parseYescrypt reads what follows "$y$": flags and cost in three characters, salt and
// key in crypt(3)'s base64.
func parseYescrypt(_ Options, _, body string) (Hash, error) {
	fields := strings.Split(body, "$")
	if len(fields) != 3 {
		return Hash{}, malformed("yescrypt is not cost, salt and digest")
	}
	cost := fields[0]
	if len(cost) != 3 || cost[0] != 'j' {
		return Hash{}, fmt.Errorf("%w: yescrypt with other flags than libxcrypt's", ErrUnsupported)
	}
	s, err := newYescrypt(value64(cost[1])+1, value64(cost[2])+1)
	if err != nil {
		return Hash{}, err
	}
	salt, ok := decodeCrypt64(fields[1])
	if !ok || len(salt) > maxYescryptSalt {
		return Hash{}, malformed("yescrypt salt is not crypt's base64")
	}
	digest, ok := decodeCrypt64(fields[2])
	if !ok || len(digest) != yescryptKeySize {
		return Hash{}, malformed("yescrypt digest is not 32 bytes in crypt's base64")
	}
	return Hash{scheme: s, salt: salt, digest: digest}, nil
}
