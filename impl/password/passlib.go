package password

import (
	"strings"
)

// parsePasslibPBKDF2 reads what follows "$pbkdf2$" (SHA-1), "$pbkdf2-sha256$" or
// "$pbkdf2-sha512$": the count, then salt and digest in passlib's own base64.
func parsePasslibPBKDF2(_ Options, id, body string) (Hash, error) {
	fields := strings.Split(body, "$")
	if len(fields) != 3 {
		return Hash{}, malformed("pbkdf2 is not count, salt and digest")
	}
	name := strings.TrimPrefix(strings.Trim(id, "$"), "pbkdf2-")
	if name == "pbkdf2" {
		name = "sha1"
	}
	s, err := newPBKDF2(name, fields[0], 0)
	if err != nil {
		return Hash{}, err
	}
	salt, err := decodeAdapted(fields[1], "pbkdf2 salt", 0, maxSalt)
	if err != nil {
		return Hash{}, err
	}
	digest, err := decodeAdapted(fields[2], "pbkdf2 digest", s.alg.size, s.alg.size)
	return Hash{scheme: s, salt: salt, digest: digest}.orNothing(err)
}

// decodeAdapted takes passlib's ab64: base64 without padding, with a dot for the plus.
func decodeAdapted(s, name string, smallest, largest int) ([]byte, error) {
	if strings.Contains(s, "+") {
		return nil, malformed(name + " is not passlib's base64")
	}
	return decodeBase64(strings.ReplaceAll(s, ".", "+"), name, smallest, largest)
}

// passlibScryptSize is the length of the keys that passlib's scrypt makes.
const passlibScryptSize = 32

// parsePasslibScrypt reads what follows "$scrypt$": ln=…,r=…,p=…, then salt and key in
// base64 without padding.
func parsePasslibScrypt(_ Options, _, body string) (Hash, error) {
	fields := strings.Split(body, "$")
	if len(fields) != 3 {
		return Hash{}, malformed("scrypt is not parameters, salt and digest")
	}
	args, ok := named(fields[0], "ln=", "r=", "p=")
	if !ok {
		return Hash{}, malformed("scrypt parameters are not ln, r and p")
	}
	ln, err := positive(args[0], "scrypt ln", maxScryptLog)
	if err != nil {
		return Hash{}, err
	}
	s, err := newScrypt([]string{decimal(1 << ln), args[1], args[2]})
	if err != nil {
		return Hash{}, err
	}
	salt, err := decodeBase64(fields[1], "scrypt salt", 0, maxSalt)
	if err != nil {
		return Hash{}, err
	}
	digest, err := decodeBase64(fields[2], "scrypt digest", passlibScryptSize, passlibScryptSize)
	return Hash{scheme: s, salt: salt, digest: digest}.orNothing(err)
}

// parsePasslibBcrypt reads what follows "$bcrypt-sha256$": "2a,12" of version 1 or
// "v=2,t=2b,r=12" of version 2 (passlib 1.7.3 and later), then bcrypt's salt and digest.
func parsePasslibBcrypt(_ Options, _, body string) (Hash, error) {
	fields := strings.Split(body, "$")
	if len(fields) != 3 {
		return Hash{}, malformed("bcrypt-sha256 is not parameters, salt and digest")
	}
	kind, cost, ok := strings.Cut(fields[0], ",")
	pre := base64SHA256
	if args, is := named(fields[0], "v=", "t=", "r="); is {
		if args[0] != "2" {
			return Hash{}, malformed("bcrypt-sha256 of another version than 2")
		}
		kind, cost, ok = args[1], args[2], true
		pre = func() *prehash { return base64HMACSHA256(fields[1]) }
	}
	if !ok || kind != "2a" && kind != "2b" && kind != "2y" {
		return Hash{}, malformed("bcrypt-sha256 parameters are not type and cost")
	}
	h, err := bcryptOf(cost, fields[1], fields[2])
	if err == nil {
		h.pre = pre()
	}
	return h, err
}

// named splits values with commas between that begin with the names, in their order.
func named(s string, names ...string) ([]string, bool) {
	fields := strings.Split(s, ",")
	if len(fields) != len(names) {
		return nil, false
	}
	for i, name := range names {
		value, ok := strings.CutPrefix(fields[i], name)
		if !ok {
			return nil, false
		}
		fields[i] = value
	}
	return fields, true
}
