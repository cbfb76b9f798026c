package problem

import "strings"

// longestRealm keeps a challenge within what the contract says of WWW-Authenticate.
const longestRealm = 128

// longestScheme is beyond all that are registered.
const longestScheme = 64

// RealmOf is a realm as challenges name it (RFC 9110, section 11.5).
func RealmOf(realm string) string { return `realm="` + realm + `"` }

// ValidRealm reports whether a realm can stand in quotes as it is: visible ASCII and
// blanks, no quotes and no backslash, for clients differ in how they read an escape.
func ValidRealm(realm string) bool {
	return realm != "" && len(realm) <= longestRealm && !strings.ContainsFunc(realm, func(r rune) bool {
		return r < ' ' || r > '~' || r == '"' || r == '\\'
	})
}

// ValidScheme reports whether a text is the name of an authentication scheme: a token
// of RFC 9110, section 5.6.2.
func ValidScheme(name string) bool {
	return name != "" && len(name) <= longestScheme && !strings.ContainsFunc(name, func(r rune) bool {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
			return false
		}
		return !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}

// InRealm is the problem with challenges that name another realm than [Realm], as
// [RealmOf] writes it.
func (p *Problem) InRealm(realm string) *Problem {
	other := *p
	other.Challenges = make([]string, len(p.Challenges))
	for i, challenge := range p.Challenges {
		other.Challenges[i] = strings.Replace(challenge, Realm, realm, 1)
	}
	return &other
}
