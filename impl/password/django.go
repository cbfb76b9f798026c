package password

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// parseDjangoPBKDF2 reads what follows "pbkdf2_sha256$" or "pbkdf2_sha1$": the count, a
// salt of any letters, the digest in base64. Every release since 1.4 writes so.
func parseDjangoPBKDF2(_ Options, id, body string) (Hash, error) {
	fields := strings.Split(body, "$")
	if len(fields) != 3 {
		return Hash{}, malformed("pbkdf2 is not count, salt and digest")
	}
	s, err := newPBKDF2(strings.TrimSuffix(strings.TrimPrefix(id, "pbkdf2_"), "$"), fields[0], 0)
	if err != nil {
		return Hash{}, err
	}
	return newDjango(s, fields[1], fields[2], s.alg.size)
}

// djangoScryptSize is the length of the keys that ScryptPasswordHasher makes.
const djangoScryptSize = 64

// parseDjangoScrypt reads what follows "scrypt$": N, salt, r, p and the key in base64
// (Django 4.0 and later).
func parseDjangoScrypt(_ Options, _, body string) (Hash, error) {
	fields := strings.Split(body, "$")
	if len(fields) != 5 {
		return Hash{}, malformed("scrypt is not N, salt, r, p and digest")
	}
	s, err := newScrypt([]string{fields[0], fields[2], fields[3]})
	if err != nil {
		return Hash{}, err
	}
	return newDjango(s, fields[1], fields[4], djangoScryptSize)
}

func newDjango(s scheme, salt, digest string, size int) (Hash, error) {
	if salt == "" || len(salt) > maxSalt || !isVisible(salt) {
		return Hash{}, malformed("salt is not up to 512 visible characters")
	}
	raw, err := decodePadded(digest, "digest", size, size)
	return Hash{scheme: s, salt: []byte(salt), digest: raw}.orNothing(err)
}

// parseDjangoArgon2 reads what follows "argon2$": a PHC string without its first dollar.
func parseDjangoArgon2(o Options, _, body string) (Hash, error) {
	switch id, rest := cutID("$" + body); id {
	case "$argon2id$", "$argon2i$", "$argon2d$":
		return parseArgon2(o, id, rest)
	default:
		return Hash{}, malformed("argon2 without a variant")
	}
}

// parseDjangoBcrypt reads what follows "bcrypt$" or "bcrypt_sha256$": all of a bcrypt
// hash. The latter is of the password's SHA-256 in hex.
func parseDjangoBcrypt(o Options, id, body string) (Hash, error) {
	kind, rest := cutID(body)
	switch kind {
	case "$2a$", "$2b$", "$2y$":
	default:
		return Hash{}, malformed("no bcrypt hash behind its name")
	}
	h, err := parseBcrypt(o, kind, rest)
	if err == nil && id == "bcrypt_sha256$" {
		h.pre = hexSHA256()
	}
	return h, err
}

// isVisible reports whether every byte of s is a visible ASCII character other than a
// dollar, which separates fields.
func isVisible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || s[i] == '$' {
			return false
		}
	}
	return true
}

// decodePadded takes canonical padded base64 of so many bytes.
func decodePadded(s, name string, smallest, largest int) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != s {
		return nil, malformed(name + " is not canonical base64")
	}
	if len(raw) < smallest || len(raw) > largest {
		return nil, malformed(fmt.Sprintf("%s has %d bytes, too few or too many", name, len(raw)))
	}
	return raw, nil
}
