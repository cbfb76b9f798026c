package password

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Errors of [Parse], told apart with errors.Is. They are wrapped with a reason
// that never contains any part of the stored string, for that string may be a
// password which somebody stored in the clear.
var (
	// ErrMalformed: the string is not what the method writes, or no hash at all.
	ErrMalformed = errors.New("malformed password hash")
	// ErrUnsupported: a method, digest or version that this package does not know.
	ErrUnsupported = errors.New("unsupported password hash")
	// ErrTooCostly: well formed, but over the bounds on time or memory.
	ErrTooCostly = errors.New("password hash too costly")
)

// MaxEncoded is the longest stored hash that [Parse] reads, except plain, in bytes.
const MaxEncoded = 1024

// MostMemory is the most that one verification may allocate, in bytes.
const MostMemory = maxArgon2Memory << 10

// Bounds, chosen so that every hash a release or its documentation would make
// is inside and one verification of a poisoned row stays near a second: they
// limit the work, not only each parameter of it.
const (
	maxPlain        = 4096      // bytes, a stored clear password: 1,024 characters of UTF-8
	maxSalt         = 512       // characters; Werkzeug's salt_length is free, 8 or 16 by default
	maxIterations   = 5_000_000 // PBKDF2 with SHA-256; Werkzeug 3.1 uses 1,000,000
	maxOtherRounds  = 1_500_000 // PBKDF2 with any other digest, up to nine times as slow
	maxScryptMemory = 64 << 20  // bytes, 128·N·r; Werkzeug uses 32 MiB
	maxScryptLanes  = 1 << 20   // bytes, 128·r·p; Werkzeug uses 1 KiB
	maxScryptP      = 16
	maxScryptWork   = 1 << 21   // N·r·p, eight times Werkzeug's default
	maxArgon2Memory = 128 << 10 // KiB
	maxArgon2Time   = 10
	maxArgon2Work   = 512 << 10 // KiB·passes, m·t; RFC 9106 section 4 recommends 192 << 10
	maxArgon2Lanes  = 4
	maxBcryptCost   = 14 // log2 of the rounds; 10 to 12 are usual
)

// Parse reads a stored hash. It does no hashing, accepts only what the method's
// own writer would have written, and returns [ErrMalformed], [ErrUnsupported]
// or [ErrTooCostly], wrapped with the reason.
//
// Werkzeug also read some strings that no release writes, such as
// "pbkdf2:sha256$salt$hex" without a count. What they mean changed with each
// release's default (1,000 in 0.9, 1,000,000 in 3.1), so they are malformed here.
func Parse(encoded string) (Hash, error) {
	// Only a clear password may be long, and it costs nothing to check.
	if rest, ok := strings.CutPrefix(encoded, "plain$"); ok {
		return parsePlain(rest)
	}
	if len(encoded) > MaxEncoded {
		return Hash{}, malformed("longer than 1024 bytes")
	}
	if strings.HasPrefix(encoded, "$") {
		return parseCrypt(encoded)
	}
	return parseWerkzeug(encoded)
}

// parseCrypt reads the $id$… family: PHC strings and bcrypt.
func parseCrypt(encoded string) (Hash, error) {
	fields := strings.Split(encoded[1:], "$")
	switch fields[0] {
	case "":
		return Hash{}, malformed("no method")
	case "argon2id":
		return parseArgon2id(fields[1:])
	case "2a", "2b", "2y":
		return parseBcrypt(fields[1:])
	default:
		return Hash{}, fmt.Errorf("%w: neither argon2id nor bcrypt", ErrUnsupported)
	}
}

// positive reads a number from 1 to limit as a program prints one. Python's
// int() takes "+1", " 1", "1_0", "01" and other scripts' digits as well, but
// Werkzeug prints the count anew, so none of these is ever stored.
func positive(s, name string, limit int) (int, error) {
	if s == "" || s[0] == '0' || !consistsOf(s, digits) {
		return 0, malformed(name + " is not a plain positive number")
	}
	// Atoi fails only by overflow here, and what overflows is over any limit.
	n, err := strconv.Atoi(s)
	if err != nil || n > limit {
		return 0, fmt.Errorf("%w: %s is over %d", ErrTooCostly, name, limit)
	}
	return n, nil
}

// Alphabets of stored fields.
const (
	digits   = "0123456789"
	lowerHex = digits + "abcdef"
	letters  = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// consistsOf reports whether every byte of s is in the ASCII alphabet.
func consistsOf(s, alphabet string) bool {
	for i := range len(s) {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}

func malformed(reason string) error {
	return fmt.Errorf("%w: %s", ErrMalformed, reason)
}

func tooMuchWork(method string) error {
	return fmt.Errorf("%w: %s asks for too much work", ErrTooCostly, method)
}

func tooMuchMemory(method string) error {
	return fmt.Errorf("%w: %s asks for too much memory", ErrTooCostly, method)
}
