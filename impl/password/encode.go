package password

import (
	"encoding/base64"
	"strings"
)

// sealed begins what Encode writes. No stored hash begins so.
const sealed = "="

// Encode writes the hash for another process, which reads it with [Decode]: its method,
// salt and digest. What becomes of the password before that is not in it, nor any secret
// that it needs: whoever sends a hash sends with it what [Hash.Prepare] returns. It
// reports false for what is not worth sending, as it takes a few microseconds.
func (h Hash) Encode() (string, bool) {
	if h.scheme == nil || h.scheme.weak() {
		return "", false
	}
	b64 := base64.RawStdEncoding
	encoded := sealed + h.scheme.method() + "$" + b64.EncodeToString(h.salt) + "$" + b64.EncodeToString(h.digest)
	return encoded, len(encoded) <= MaxEncoded
}

// Decode reads what Encode wrote, or what Parse reads. Its bounds and errors are those
// of Parse.
func Decode(encoded string) (Hash, error) {
	rest, ok := strings.CutPrefix(encoded, sealed)
	if !ok {
		return Parse(encoded)
	}
	fields := strings.Split(rest, "$")
	if len(encoded) > MaxEncoded || len(fields) != 3 {
		return Hash{}, malformed("not what Encode writes")
	}
	salt, err := decodeBase64(fields[1], "salt", 0, maxSalt)
	if err != nil {
		return Hash{}, err
	}
	digest, err := decodeBase64(fields[2], "digest", minDigest, maxDigest)
	if err != nil {
		return Hash{}, err
	}
	s, err := schemeOf(fields[0], len(digest))
	if err != nil {
		return Hash{}, err
	}
	if !s.fits(len(salt), len(digest)) {
		return Hash{}, malformed("salt or digest is not the method's length")
	}
	return Hash{scheme: s, salt: salt, digest: digest}, nil
}

// schemeOf reads what a scheme's method returned, within the same bounds as Parse.
func schemeOf(method string, digestSize int) (scheme, error) {
	name, args, _ := strings.Cut(method, ":")
	switch name {
	case "pbkdf2":
		alg, count, _ := strings.Cut(args, ":")
		return newPBKDF2(alg, strings.TrimRight(count, "+"), digestSize)
	case "scrypt":
		return newScrypt(strings.Split(args, ":"))
	case "argon2id", "argon2i", "argon2d":
		return parseArgon2Cost(name, args)
	case "bcrypt":
		return newBcrypt(args)
	default:
		return cryptSchemeOf(name, args)
	}
}

// cryptSchemeOf is schemeOf for what PHP and crypt(3) have beside.
func cryptSchemeOf(name, args string) (scheme, error) {
	count, err := positive(strings.TrimSuffix(args, ":"), name, maxShaCryptRounds)
	switch {
	case name == "md5-crypt" && args == "":
		return md5CryptScheme{"$1$"}, nil
	case name == "apr1-crypt" && args == "":
		return md5CryptScheme{"$apr1$"}, nil
	case name == "spring-sha256" && args == "":
		return standardScheme{}, nil
	case name == "yescrypt":
		return yescryptOf(args)
	case err != nil:
		return nil, err
	case name == "sha256-crypt" || name == "sha512-crypt":
		rounds, err := newShaRounds(args)
		return shaCryptScheme{name == "sha512-crypt", rounds}, err
	case (name == "phpass" || name == "drupal") && count <= maxPhpassLog:
		return phpassScheme{name == "drupal", count}, nil
	}
	return nil, malformed("not what Encode writes")
}

func yescryptOf(args string) (scheme, error) {
	first, second, _ := strings.Cut(args, ":")
	log, err := positive(first, "yescrypt log2 of N", maxScryptLog)
	if err != nil {
		return nil, err
	}
	r, err := positive(second, "yescrypt r", maxScryptP<<1)
	if err != nil {
		return nil, err
	}
	return newYescrypt(log, r)
}
