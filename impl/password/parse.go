package password

import (
	"encoding/base64"
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
	// ErrNotEnabled: a form that is read only where a setting says so. The reason
	// names the setting.
	ErrNotEnabled = errors.New("password hash not enabled")
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
	maxScryptMemory = 128 << 20 // bytes, 128·N·r; Werkzeug uses 32 MiB, OWASP recommends up to 128
	maxScryptLanes  = 1 << 20   // bytes, 128·r·p; Werkzeug uses 1 KiB
	maxScryptP      = 16
	maxScryptLog    = 20        // log2 of N, with the least r
	maxScryptWork   = 1 << 21   // N·r·p, eight times Werkzeug's default
	maxArgon2Memory = 128 << 10 // KiB
	maxArgon2Time   = 10
	maxArgon2Work   = 512 << 10 // KiB·passes, m·t; RFC 9106 section 4 recommends 192 << 10
	maxArgon2Lanes  = 16        // each a thread for its part of the work
	maxBcryptCost   = 14        // log2 of the rounds; 10 to 12 are usual
)

// Parse reads a stored hash as [Options.Parse] does with the zero Options, and without a
// salt in a column of its own.
func Parse(encoded string) (Hash, error) { return Options{}.Parse(encoded, "") }

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
	return strings.TrimLeft(s, alphabet) == ""
}

func malformed(reason string) error {
	return fmt.Errorf("%w: %s", ErrMalformed, reason)
}

// tooMuch names a product of parameters, and its bound.
func tooMuch(product string, bound int) error {
	return fmt.Errorf("%w: %s is over %d", ErrTooCostly, product, bound)
}

func tooMuchMemory(method string) error {
	return fmt.Errorf("%w: %s asks for over %d MiB", ErrTooCostly, method, MostMemory>>20)
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
