package password

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// parseSpringWhole reads what follows "{bcrypt}" or "{argon2}": a hash with an id of its
// own, which must be of that method.
func parseSpringWhole(o Options, id, body string) (Hash, error) {
	inner, rest := cutID(body)
	switch inner {
	case "$2a$", "$2b$", "$2y$":
		if id == "{BCRYPT}" {
			return parseBcrypt(o, inner, rest)
		}
	case "$argon2id$", "$argon2i$", "$argon2d$":
		if strings.HasPrefix(id, "{ARGON2") {
			return parseArgon2(o, inner, rest)
		}
	}
	return Hash{}, malformed("no hash of the method behind its id")
}

// springKeySize is that of the encoders' defaults, in bytes. A key that is cut matches as
// the whole one does, so no other length is taken.
const springKeySize = 32

// parseSpringPBKDF2 reads what follows "{pbkdf2}" or "{pbkdf2@SpringSecurity_v5_8}":
// salt and key together in hex. What is not in there are the encoder's defaults.
func parseSpringPBKDF2(_ Options, id, body string) (Hash, error) {
	name, count, saltSize := "sha1", "185000", 8
	if id != "{PBKDF2}" {
		name, count, saltSize = "sha256", "310000", 16
	}
	raw, err := decodeHex(body, saltSize+springKeySize)
	if err != nil {
		return Hash{}, err
	}
	s, err := newPBKDF2(name, count, springKeySize)
	return Hash{scheme: s, salt: raw[:saltSize], digest: raw[saltSize:]}.orNothing(err)
}

// parseSpringScrypt reads what follows "{scrypt}" or "{scrypt@SpringSecurity_v5_8}":
// "$", then log2 of N, r and p as one number in hex, salt and key in base64.
func parseSpringScrypt(_ Options, _, body string) (Hash, error) {
	fields := strings.Split(body, "$")
	if len(fields) != 4 || fields[0] != "" {
		return Hash{}, malformed("scrypt is not parameters, salt and digest")
	}
	if fields[1] == "" || fields[1][0] == '0' || !consistsOf(fields[1], lowerHex) {
		return Hash{}, malformed("scrypt parameters are not hex")
	}
	params, err := strconv.ParseUint(fields[1], 16, 32)
	if err != nil {
		return Hash{}, malformed("scrypt parameters are not hex")
	}
	log, err := positive(strconv.FormatUint(params>>16, 10), "scrypt log2 of N", maxScryptLog)
	if err != nil {
		return Hash{}, err
	}
	s, err := newScrypt([]string{decimal(1 << log), decimal(int(params >> 8 & 0xff)), decimal(int(params & 0xff))})
	if err != nil {
		return Hash{}, err
	}
	salt, err := decodePadded(fields[2], "scrypt salt", 1, maxSalt)
	if err != nil {
		return Hash{}, err
	}
	digest, err := decodePadded(fields[3], "scrypt digest", springKeySize, springKeySize)
	return Hash{scheme: s, salt: salt, digest: digest}.orNothing(err)
}

// Of StandardPasswordEncoder.
const (
	standardRounds   = 1024
	standardSaltSize = 8
)

// standardScheme is Spring's StandardPasswordEncoder without a secret: SHA-256 of salt
// and password, and of that again.
type standardScheme struct{}

func (standardScheme) method() string       { return "spring-sha256" }
func (standardScheme) form() string         { return "spring-sha256" }
func (standardScheme) memory() int64        { return 0 }
func (standardScheme) weak() bool           { return false }
func (standardScheme) takes() time.Duration { return standardRounds * sha256Round }

func (standardScheme) fits(salt, digest int) bool {
	return salt == standardSaltSize && digest == sha256.Size
}

func (standardScheme) verify(password string, salt, digest []byte) bool {
	sum := sha256.Sum256(append(salt[:len(salt):len(salt)], password...))
	for range standardRounds - 1 {
		sum = sha256.Sum256(sum[:])
	}
	return equal(sum[:], digest)
}

// parseStandard reads salt and digest together in hex.
func parseStandard(body string) (Hash, error) {
	raw, err := decodeHex(body, standardSaltSize+sha256.Size)
	if err != nil {
		return Hash{}, err
	}
	return Hash{scheme: standardScheme{}, salt: raw[:standardSaltSize], digest: raw[standardSaltSize:]}, nil
}

// parseSpringDigest reads what MessageDigestPasswordEncoder writes: {salt}hex, the salt
// with its braces behind the password, or hex alone.
func parseSpringDigest(o Options, alg algorithm, body string) (Hash, error) {
	salt := ""
	if end := strings.LastIndexByte(body, '}'); end >= 0 && body[0] == '{' {
		salt, body = body[:end+1], body[end+1:]
	}
	if salt == "" {
		return o.parseUnsaltedHex(alg, body)
	}
	if len(salt) > maxSalt || !isVisible(salt) {
		return Hash{}, malformed("salt is not up to 512 visible characters")
	}
	raw, err := decodeHex(body, alg.size)
	return Hash{scheme: saltedScheme{alg: alg}, salt: []byte(salt), digest: raw}.orNothing(err)
}

func hexSize(alg algorithm) int { return hex.EncodedLen(alg.size) }

func decimal(n int) string { return strconv.Itoa(n) }
