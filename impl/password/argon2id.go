package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Sizes of what New makes, from RFC 9106 section 4, and of what Parse takes.
const (
	newSaltSize = 16 // bytes
	newKeySize  = 32 // bytes

	minArgon2Salt, maxArgon2Salt = 8, 64  // bytes
	minArgon2Key, maxArgon2Key   = 16, 64 // bytes
)

// argon2idScheme is Argon2id version 1.3 (RFC 9106).
type argon2idScheme struct {
	memoryKiB, time, lanes int
}

// defaultArgon2id is what [New] uses: the minimum that the OWASP Password
// Storage Cheat Sheet recommends.
func defaultArgon2id() argon2idScheme {
	return argon2idScheme{memoryKiB: 19456, time: 2, lanes: 1}
}

func (s argon2idScheme) method() string {
	return fmt.Sprintf("argon2id:m=%d,t=%d,p=%d", s.memoryKiB, s.time, s.lanes)
}

func (s argon2idScheme) memory() int64 { return int64(s.memoryKiB) << 10 }
func (s argon2idScheme) weak() bool    { return false }

func (s argon2idScheme) verify(password string, salt, digest []byte) bool {
	return equal(s.derive(password, salt, len(digest)), digest)
}

func (s argon2idScheme) derive(password string, salt []byte, size int) []byte {
	return argon2.IDKey([]byte(password), salt,
		uint32(s.time), uint32(s.memoryKiB), uint8(s.lanes), uint32(size)) //nolint:gosec // Parse bounds all four far below
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
	s := defaultArgon2id()
	return s.encode(salt, s.derive(password, salt, newKeySize)), nil
}

// encode writes the PHC string that parseArgon2id reads.
func (s argon2idScheme) encode(salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		s.memoryKiB, s.time, s.lanes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// parseArgon2id reads the fields after "$argon2id": version, parameters in the
// order that the reference implementation writes, salt and key. Without a
// version field it is version 1.0, which RFC 9106 does not define.
func parseArgon2id(fields []string) (Hash, error) {
	if len(fields) != 4 && len(fields) != 3 {
		return Hash{}, malformed("argon2id is not version, parameters, salt and key")
	}
	if len(fields) == 3 || fields[0] != fmt.Sprintf("v=%d", argon2.Version) {
		return Hash{}, fmt.Errorf("%w: argon2id of another version than 19", ErrUnsupported)
	}
	s, err := parseArgon2idCost(fields[1])
	if err != nil {
		return Hash{}, err
	}
	salt, err := decodeBase64(fields[2], "argon2id salt", minArgon2Salt, maxArgon2Salt)
	if err != nil {
		return Hash{}, err
	}
	key, err := decodeBase64(fields[3], "argon2id key", minArgon2Key, maxArgon2Key)
	if err != nil {
		return Hash{}, err
	}
	return Hash{scheme: s, salt: salt, digest: key}, nil
}

// parseArgon2idCost reads m=…,t=…,p=… and nothing beside them: neither a key
// id nor associated data, which nobody could supply.
func parseArgon2idCost(params string) (argon2idScheme, error) {
	fields := strings.Split(params, ",")
	if len(fields) != 3 {
		return argon2idScheme{}, malformed("argon2id parameters are not m, t and p")
	}
	var values [3]int
	for i, want := range []struct {
		prefix, name string
		limit        int
	}{
		{"m=", "argon2id memory", maxArgon2Memory},
		{"t=", "argon2id time", maxArgon2Time},
		{"p=", "argon2id parallelism", maxArgon2Lanes},
	} {
		value, ok := strings.CutPrefix(fields[i], want.prefix)
		if !ok {
			return argon2idScheme{}, malformed("argon2id parameters are not m, t and p")
		}
		n, err := positive(value, want.name, want.limit)
		if err != nil {
			return argon2idScheme{}, err
		}
		values[i] = n
	}
	s := argon2idScheme{memoryKiB: values[0], time: values[1], lanes: values[2]}
	if s.memoryKiB < 8*s.lanes { // RFC 9106 section 3.1
		return argon2idScheme{}, malformed("argon2id memory is under 8 KiB a lane")
	}
	if s.memoryKiB*s.time > maxArgon2Work {
		return argon2idScheme{}, tooMuchWork("argon2id")
	}
	return s, nil
}

// decodeBase64 takes canonical unpadded base64 only. Encoding again also finds
// the line breaks, which the decoder skips.
func decodeBase64(s, name string, smallest, largest int) ([]byte, error) {
	raw, err := base64.RawStdEncoding.DecodeString(s)
	if err != nil || base64.RawStdEncoding.EncodeToString(raw) != s {
		return nil, malformed(name + " is not canonical base64")
	}
	if len(raw) < smallest || len(raw) > largest {
		return nil, malformed(name + " is too short or too long")
	}
	return raw, nil
}
