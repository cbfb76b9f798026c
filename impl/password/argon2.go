package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	argon2d "github.com/go-crypt/x/argon2"
	"golang.org/x/crypto/argon2"
)

// Sizes of what New makes, from RFC 9106 section 4, and of what Parse takes.
const (
	newSaltSize = 16 // bytes
	newKeySize  = 32 // bytes

	minArgon2Salt, maxArgon2Salt = 8, 64  // bytes
	minArgon2Key, maxArgon2Key   = 16, 64 // bytes
)

// argon2Scheme is Argon2 version 1.3 (RFC 9106): argon2id, argon2i or argon2d.
type argon2Scheme struct {
	variant                string
	memoryKiB, time, lanes int
}

// defaultArgon2id is what [New] uses: the minimum that the OWASP Password
// Storage Cheat Sheet recommends.
func defaultArgon2() argon2Scheme {
	return argon2Scheme{variant: "argon2id", memoryKiB: 19456, time: 2, lanes: 1}
}

func (s argon2Scheme) method() string {
	return fmt.Sprintf("%s:m=%d,t=%d,p=%d", s.variant, s.memoryKiB, s.time, s.lanes)
}

func (s argon2Scheme) form() string         { return s.variant }
func (s argon2Scheme) memory() int64        { return int64(s.memoryKiB) << 10 }
func (s argon2Scheme) weak() bool           { return false }
func (s argon2Scheme) takes() time.Duration { return time.Duration(s.memoryKiB*s.time) * argon2Block }

func (s argon2Scheme) fits(salt, digest int) bool {
	return salt >= minArgon2Salt && salt <= maxArgon2Salt && digest >= minArgon2Key && digest <= maxArgon2Key
}

func (s argon2Scheme) verify(password string, salt, digest []byte) bool {
	return equal(s.derive(password, salt, len(digest)), digest)
}

func (s argon2Scheme) derive(password string, salt []byte, size int) []byte {
	typed, passes, memory, lanes, length := []byte(password), uint32(s.time), uint32(s.memoryKiB), uint32(s.lanes), uint32(size) //nolint:gosec // Parse bounds all four far below
	switch s.variant {
	case "argon2i":
		return argon2.Key(typed, salt, passes, memory, uint8(lanes), length) //nolint:gosec // as above
	case "argon2d": // which golang.org/x/crypto keeps to itself
		return argon2d.DKey(typed, salt, passes, memory, lanes, length)
	default:
		return argon2.IDKey(typed, salt, passes, memory, uint8(lanes), length) //nolint:gosec // as above
	}
}

// New hashes password with Argon2id (19 MiB, 2 rounds, 1 lane) and returns it
// as a PHC string of 97 characters. The salt comes from random, which is
// crypto/rand.Reader outside tests.
//
// It returns an error when random fails, and for the empty password and any
// that contains U+0000, which could never be used to log in. It knows no other
// rule about passwords.
func New(password string, random io.Reader) (string, error) {
	if password == "" {
		return "", errors.New("password is empty")
	}
	if containsNUL(password) {
		return "", errors.New("password contains the character U+0000")
	}
	salt := make([]byte, newSaltSize)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("read a random salt: %w", err)
	}
	s := defaultArgon2()
	return s.encode(salt, s.derive(password, salt, newKeySize)), nil
}

// encode writes the PHC string that parseArgon2 reads.
func (s argon2Scheme) encode(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", s.variant, argon2.Version,
		s.memoryKiB, s.time, s.lanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// parseArgon2 reads what follows "$argon2id$": version, parameters in the
// order that the reference implementation writes, salt and key. Without a
// version field it is version 1.0, which RFC 9106 does not define.
func parseArgon2(_ Options, id, body string) (Hash, error) {
	variant, fields := strings.Trim(id, "$"), strings.Split(body, "$")
	if len(fields) != 4 && len(fields) != 3 {
		return Hash{}, malformed(variant + " is not version, parameters, salt and key")
	}
	if len(fields) == 3 || fields[0] != fmt.Sprintf("v=%d", argon2.Version) {
		return Hash{}, fmt.Errorf("%w: %s of another version than 19", ErrUnsupported, variant)
	}
	s, err := parseArgon2Cost(variant, fields[1])
	if err != nil {
		return Hash{}, err
	}
	salt, err := decodeBase64(fields[2], variant+" salt", minArgon2Salt, maxArgon2Salt)
	if err != nil {
		return Hash{}, err
	}
	key, err := decodeBase64(fields[3], variant+" key", minArgon2Key, maxArgon2Key)
	if err != nil {
		return Hash{}, err
	}
	return Hash{scheme: s, salt: salt, digest: key}, nil
}

// parseArgon2Cost reads m=…,t=…,p=… and nothing beside them: neither a key
// id nor associated data, which nobody could supply.
func parseArgon2Cost(variant, params string) (argon2Scheme, error) {
	fields := strings.Split(params, ",")
	if len(fields) != 3 {
		return argon2Scheme{}, malformed(variant + " parameters are not m, t and p")
	}
	var values [3]int
	for i, want := range []struct {
		prefix, name string
		limit        int
	}{
		{"m=", " memory", maxArgon2Memory},
		{"t=", " time", maxArgon2Time},
		{"p=", " parallelism", maxArgon2Lanes},
	} {
		value, ok := strings.CutPrefix(fields[i], want.prefix)
		if !ok {
			return argon2Scheme{}, malformed(variant + " parameters are not m, t and p")
		}
		n, err := positive(value, variant+want.name, want.limit)
		if err != nil {
			return argon2Scheme{}, err
		}
		values[i] = n
	}
	s := argon2Scheme{variant: variant, memoryKiB: values[0], time: values[1], lanes: values[2]}
	if s.memoryKiB < 8*s.lanes { // RFC 9106 section 3.1
		return argon2Scheme{}, malformed(variant + " memory is under 8 KiB a lane")
	}
	if s.memoryKiB*s.time > maxArgon2Work {
		return argon2Scheme{}, tooMuch(variant+" memory times time, in KiB,", maxArgon2Work)
	}
	return s, nil
}
