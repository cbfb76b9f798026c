package password

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// parseLDAPSalted reads what follows "{SSHA}" and its like (RFC 3112 in spirit, OpenLDAP
// in deed): digest and salt together in base64, the salt behind the password.
func parseLDAPSalted(_ Options, id, body string) (Hash, error) {
	alg, err := findAlgorithm(ldapAlgorithm(strings.TrimPrefix(id, "{S")))
	if err != nil {
		return Hash{}, err
	}
	raw, err := decodePadded(body, "digest and salt", alg.size+1, alg.size+maxSalt)
	if err != nil {
		return Hash{}, err
	}
	return Hash{scheme: saltedScheme{alg: alg}, salt: raw[alg.size:], digest: raw[:alg.size]}, nil
}

// parseLDAPDigest reads what follows "{SHA}", "{MD5}" and their like: LDAP's unsalted
// digest in base64, or Spring's in hex. "{sha256}" may be StandardPasswordEncoder's too.
func parseLDAPDigest(o Options, id, body string) (Hash, error) {
	alg, err := findAlgorithm(ldapAlgorithm(strings.TrimPrefix(id, "{")))
	if err != nil {
		return Hash{}, err
	}
	switch {
	case id == "{SHA256}" && len(body) == 2*(standardSaltSize+alg.size):
		return parseStandard(body)
	case strings.HasPrefix(body, "{") || len(body) == hexSize(alg):
		return parseSpringDigest(o, alg, body)
	}
	raw, err := decodePadded(body, "digest", alg.size, alg.size)
	if err != nil {
		return Hash{}, err
	}
	return o.unsalted(alg, raw)
}

// ldapAlgorithm turns the rest of an id, such as "SHA256}", into a digest's name.
func ldapAlgorithm(rest string) string {
	name := strings.ToLower(strings.TrimSuffix(rest, "}"))
	if name == "sha" {
		return "sha1"
	}
	return name
}

// parseLDAPCrypt reads what follows "{CRYPT}": any of crypt(3)'s.
func parseLDAPCrypt(o Options, _, body string) (Hash, error) {
	id, rest := cutID(body)
	switch id {
	case "$1$", "$5$", "$6$", "$y$", "$2a$", "$2b$", "$2y$":
		f, _, _ := formOf(body)
		return f.parse(o, id, rest)
	}
	return Hash{}, fmt.Errorf("%w: none of crypt's forms that are known here behind {CRYPT}", ErrUnsupported)
}

// parseNested reads what follows "{ldap}": another id.
func parseNested(o Options, _, body string) (Hash, error) {
	id, rest := cutID(body)
	switch id {
	case "{SSHA}", "{SSHA256}", "{SSHA512}":
		return parseLDAPSalted(o, id, rest)
	case "{SHA}":
		return parseLDAPDigest(o, id, rest)
	}
	return Hash{}, malformed("none of LDAP's ids behind {ldap}")
}

// parseNoop reads what follows "{noop}": the password.
func parseNoop(o Options, _, body string) (Hash, error) {
	if err := o.enabled(BareText); err != nil {
		return Hash{}, err
	}
	return newPlain(body)
}

// decodesTo reports whether s is padded base64 of so many bytes that begin with first.
func decodesTo(s string, first byte) ([]byte, bool) {
	raw, err := base64.StdEncoding.DecodeString(s)
	return raw, err == nil && len(raw) > 0 && raw[0] == first && base64.StdEncoding.EncodeToString(raw) == s
}
