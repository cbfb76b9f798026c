package password

import (
	"encoding/hex"
	"strings"
)

// parseWerkzeug reads method$salt$hex, the one shape of all releases.
func parseWerkzeug(encoded string) (Hash, error) {
	// Three fields, the last with whatever follows: check_password_hash splits
	// at the first two dollars.
	fields := strings.SplitN(encoded, "$", 3)
	switch len(fields) {
	case 3:
	case 1:
		return Hash{}, malformed("of no form that is known here; --bare-hashes text reads passwords in the clear")
	default:
		return Hash{}, malformed("not method, salt and digest with dollars between")
	}
	method, salt, digest := fields[0], fields[1], fields[2]
	if !isSalt(salt) {
		return Hash{}, malformed("salt is not up to 512 letters and digits")
	}
	kind, args, hasArgs := strings.Cut(method, ":")
	switch {
	case kind == "pbkdf2":
		return parsePBKDF2(args, salt, digest)
	case kind == "scrypt":
		return parseScrypt(args, salt, digest)
	case hasArgs:
		return Hash{}, malformed("only pbkdf2 and scrypt take parameters")
	default:
		return parseDigest(method, salt, digest)
	}
}

// parsePBKDF2 reads ALG:COUNT. Every release writes the count that it used,
// also where the application named none.
func parsePBKDF2(args, salt, digest string) (Hash, error) {
	name, count, ok := strings.Cut(args, ":")
	if !ok {
		return Hash{}, malformed("pbkdf2 without an iteration count")
	}
	// Its key is one block, so the digest's length is not asked of what is stored.
	s, err := newPBKDF2(name, count, 0)
	if err != nil {
		return Hash{}, err
	}
	return newWerkzeug(s, salt, digest, s.alg.size)
}

// werkzeugScryptSize is hashlib.scrypt's default dklen, which Werkzeug never changes.
const werkzeugScryptSize = 64

// parseScrypt reads N:r:p.
func parseScrypt(args, salt, digest string) (Hash, error) {
	s, err := newScrypt(strings.Split(args, ":"))
	if err != nil {
		return Hash{}, err
	}
	return newWerkzeug(s, salt, digest, werkzeugScryptSize)
}

// parseDigest reads the lines of 0.x to 2.3 that made one HMAC with the salt as
// the key. No release writes an empty salt there, but until 2.2 such a string
// was documented to hold an unsalted digest brought along from elsewhere.
func parseDigest(name, salt, digest string) (Hash, error) {
	alg, err := findAlgorithm(name)
	if err != nil {
		return Hash{}, err
	}
	if salt == "" {
		raw, err := decodeHex(digest, alg.size)
		return Hash{scheme: digestScheme{alg: alg}, digest: raw}.orNothing(err)
	}
	return newWerkzeug(hmacScheme{alg: alg}, salt, digest, alg.size)
}

// newWerkzeug puts a salted hash together. Werkzeug uses the salt's letters as
// they are, not as an encoding of bytes.
func newWerkzeug(s scheme, salt, digest string, size int) (Hash, error) {
	if salt == "" {
		return Hash{}, malformed("no salt")
	}
	raw, err := decodeHex(digest, size)
	return Hash{scheme: s, salt: []byte(salt), digest: raw}.orNothing(err)
}

// orNothing keeps a half-built Hash from leaving beside an error.
func (h Hash) orNothing(err error) (Hash, error) {
	if err != nil {
		return Hash{}, err
	}
	return h, nil
}

// isSalt reports whether s could be from gen_salt, whose SALT_CHARS never
// changed, or is empty.
func isSalt(s string) bool {
	return len(s) <= maxSalt && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	})
}

// decodeHex takes lower case only, for Werkzeug compares strings: a digest in
// capitals never matched. The length is the algorithm's, or a cut digest would
// match more than one password, and an empty one all of them.
func decodeHex(s string, size int) ([]byte, error) {
	if len(s) == 2*size && strings.ToLower(s) == s {
		if raw, err := hex.DecodeString(s); err == nil {
			return raw, nil
		}
	}
	return nil, malformed("digest is not the method's length in lower-case hex")
}
