package password

import (
	"encoding/binary"
	"strconv"
	"strings"
)

// ASP.NET Core Identity's PasswordHasher writes base64 of a byte that says which version
// it is, and what follows.
const (
	identityV2, identityV3 = 0, 1
	identityV2Salt         = 16
	identityKey            = 32 // of both; a key that is cut would match as the whole one does
	identityV3Head         = 13 // version, digest, count, salt's size
	identityV3Start        = "AQAAAA"
	identityV2Length       = 68 // characters
)

// parseIdentity reads both versions. It reports false for what is neither.
func parseIdentity(encoded string) (h Hash, is bool, err error) {
	if strings.HasPrefix(encoded, identityV3Start) && len(encoded) > identityV2Length {
		raw, canonical := decodesTo(encoded, identityV3)
		if !canonical {
			return Hash{}, true, malformed("ASP.NET Identity's hash is not canonical base64")
		}
		h, err = parseIdentityV3(raw)
		return h, true, err
	}
	if len(encoded) != identityV2Length || encoded[0] != 'A' {
		return Hash{}, false, nil
	}
	raw, canonical := decodesTo(encoded, identityV2)
	if !canonical || len(raw) != 1+identityV2Salt+identityKey {
		return Hash{}, false, nil
	}
	s, err := newPBKDF2("sha1", "1000", identityKey)
	return Hash{scheme: s, salt: raw[1 : 1+identityV2Salt], digest: raw[1+identityV2Salt:]}, true, err
}

// parseIdentityV3 reads digest, count and the salt's size, each in four bytes, the salt,
// and the key.
func parseIdentityV3(raw []byte) (Hash, error) {
	if len(raw) < identityV3Head {
		return Hash{}, malformed("ASP.NET Identity's hash is too short")
	}
	names := [...]string{"sha1", "sha256", "sha512"}
	prf, rest := binary.BigEndian.Uint32(raw[1:]), raw[identityV3Head:]
	count, saltSize := binary.BigEndian.Uint32(raw[5:]), binary.BigEndian.Uint32(raw[9:])
	if int(prf) >= len(names) {
		return Hash{}, malformed("ASP.NET Identity's hash is of no digest that it has")
	}
	if saltSize < minDigest || int64(saltSize) > int64(len(rest)) {
		return Hash{}, malformed("ASP.NET Identity's salt is too short or too long")
	}
	salt, key := rest[:saltSize], rest[saltSize:]
	if len(salt) > maxSalt || len(key) != identityKey {
		return Hash{}, malformed("ASP.NET Identity's salt is too long, or the key has not 32 bytes")
	}
	s, err := newPBKDF2(names[prf], strconv.FormatUint(uint64(count), 10), len(key))
	return Hash{scheme: s, salt: salt, digest: key}.orNothing(err)
}
