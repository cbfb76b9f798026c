package password

import (
	"crypto/sha1" // #nosec G505 -- only to read hashes that say so
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// mysqlScheme is MySQL's PASSWORD() from 4.1 on, mysql_native_password: SHA-1 of the
// SHA-1, without a salt.
type mysqlScheme struct{ once }

func (mysqlScheme) method() string { return "mysql" }
func (mysqlScheme) form() string   { return "mysql" }

func (mysqlScheme) verify(password string, _, digest []byte) bool {
	first := sha1.Sum([]byte(password)) // #nosec G401 -- the hash says so
	second := sha1.Sum(first[:])        // #nosec G401
	return equal(second[:], digest)
}

// mysqlSize is in characters, behind the star.
const mysqlSize = 2 * sha1.Size

// parseMySQL reads what follows the star: forty capitals of hex.
func parseMySQL(body string) (Hash, error) {
	if !consistsOf(body, digits+"ABCDEF") {
		return Hash{}, malformed("MySQL's hash is not forty hex digits in capitals")
	}
	raw, err := hex.DecodeString(body)
	return Hash{scheme: mysqlScheme{}, digest: raw}.orNothing(err)
}

// allows reports whether a bare form is read.
func (o Options) allows(name string) bool { return slices.Contains(o.BareForms, name) }

// enabled returns an error that names the setting unless a bare form is read.
func (o Options) enabled(name string) error {
	if o.allows(name) {
		return nil
	}
	return fmt.Errorf("%w: unsalted, or in the clear; --bare-hashes %s reads it", ErrNotEnabled, name)
}

// parseBare reads what is a digest in hex alone, as its length says. It reports false for
// what is none.
func (o Options) parseBare(encoded, salt string) (h Hash, is bool, err error) {
	names := map[int]string{32: BareMD5, 40: BareSHA1, 64: BareSHA256, 128: BareSHA512}
	name, is := names[len(encoded)]
	if !is || !isHex(encoded) {
		return Hash{}, false, nil
	}
	alg, err := findAlgorithm(name)
	if err != nil {
		return Hash{}, true, err
	}
	if o.SaltPosition == SaltNone || salt == "" {
		h, err = o.parseUnsaltedHex(alg, strings.ToLower(encoded))
		return h, true, err
	}
	if err := o.enabled(name); err != nil {
		return Hash{}, true, err
	}
	if len(salt) > maxSalt {
		return Hash{}, true, malformed("salt is longer than 512 bytes")
	}
	raw, err := hex.DecodeString(encoded)
	s := saltedScheme{alg: alg, first: o.SaltPosition == SaltBefore}
	h, err = Hash{scheme: s, salt: []byte(salt), digest: raw}.orNothing(err)
	return h, true, err
}

// parseUnsaltedHex reads a digest in lower-case hex that has no salt.
func (o Options) parseUnsaltedHex(alg algorithm, digest string) (Hash, error) {
	raw, err := decodeHex(digest, alg.size)
	if err != nil {
		return Hash{}, err
	}
	return o.unsalted(alg, raw)
}

// unsalted is a digest without a salt, where a setting lets it in.
func (o Options) unsalted(alg algorithm, digest []byte) (Hash, error) {
	if err := o.enabled(alg.name); err != nil {
		return Hash{}, err
	}
	return Hash{scheme: digestScheme{alg: alg}, digest: digest}, nil
}

// isHex reports whether s is hex of one case.
func isHex(s string) bool {
	return consistsOf(s, lowerHex) || consistsOf(s, digits+"ABCDEF")
}

// parseText reads a password as it is, where nothing makes it look like a hash: one that
// is cut, or of a method that is not known here, is no password, or whoever reads the
// table could log in with what they read.
func parseText(stored string) (Hash, error) {
	if looksHashed(stored) {
		return Hash{}, malformed("it looks like a hash, so it is not taken for a password in the clear")
	}
	return newPlain(stored)
}

// looksWerkzeug reports whether a string begins as Werkzeug's hashes do: it is one, or
// one that is cut.
func looksWerkzeug(s string) bool {
	method, _, ok := strings.Cut(s, "$")
	name, _, _ := strings.Cut(method, ":")
	if name == "pbkdf2" || name == "scrypt" {
		return true
	}
	_, err := findAlgorithm(name)
	return ok && err == nil
}

// looksHashed reports whether a string may be a hash of some kind.
func looksHashed(s string) bool {
	if strings.Count(s, "$") >= 2 && (strings.HasPrefix(s, "$") || len(s) >= 24) || strings.HasPrefix(s, "{") && strings.Contains(s, "}") {
		return true
	}
	unpadded := strings.TrimRight(strings.TrimPrefix(s, "*"), "=")
	return len(s) >= 24 && isHex(unpadded) || len(unpadded) >= 40 && looksRandom(unpadded)
}

// looksRandom reports whether a string is of base64's letters, and of all three kinds.
func looksRandom(s string) bool {
	return consistsOf(s, letters+digits+"+/._-") && strings.ContainsAny(s, digits) &&
		strings.ToLower(s) != s && strings.ToUpper(s) != s
}
