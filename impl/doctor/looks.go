package doctor

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/restauth/restauth/impl/password"
)

// look is what a value in a password column looks like that is read as no hash.
type look string

const (
	looksText     look = "text" // a password as it is
	looksMD5      look = "md5"
	looksSHA1     look = "sha1"
	looksSHA224   look = "sha224"
	looksSHA256   look = "sha256"
	looksSHA384   look = "sha384"
	looksSHA512   look = "sha512"
	looksUnusable look = "a mark that no password fits"
	looksCostly   look = "too costly"
	looksBroken   look = "cut or broken"
	looksForeign  look = "of a form that is not understood"
)

// bareForm is the word of --bare-hashes for it, "" where there is none.
func (l look) bareForm() string {
	switch l {
	case looksText, looksMD5, looksSHA1, looksSHA256, looksSHA512:
		return string(l)
	default:
		return ""
	}
}

// looksLike tells what a value looks like that a parser refused with err.
func looksLike(value string, err error) look {
	switch {
	case errors.Is(err, password.ErrTooCostly):
		return looksCostly
	case unusable(value):
		return looksUnusable
	}
	if isHex(value) {
		switch len(value) {
		case 32:
			return looksMD5
		case 40:
			return looksSHA1
		case 56:
			return looksSHA224
		case 64:
			return looksSHA256
		case 96:
			return looksSHA384
		case 128:
			return looksSHA512
		}
	}
	if !structured(value) {
		return looksText
	}
	if errors.Is(err, password.ErrUnsupported) || !known(value) {
		return looksForeign
	}
	return looksBroken
}

// unusable: Django writes "!" and 40 letters for nobody's password, /etc/shadow knows
// "*", "!" and "x", and people write words.
func unusable(value string) bool {
	lower := strings.ToLower(value)
	return strings.HasPrefix(value, "!") && (len(value) == 1 || len(value) == 41 || value == "!!") ||
		oneOf(lower, "* x - locked disabled none null nopassword no_password invalid *lk* *np* *locked*") && value != "" ||
		strings.HasPrefix(value, "!$") || value == "{noop}"
}

func isHex(value string) bool {
	for _, r := range value {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F') {
			return false
		}
	}
	return value != ""
}

// known reports whether a value begins as a form does that is understood.
func known(value string) bool {
	for _, begin := range strings.Fields("$2 $argon2 pbkdf2 scrypt: $1$ $5$ $6$ $P$ $H$ $S$ $wp $apr1$ $y$ bcrypt argon2 sha1$ md5$ sha256$ sha512$ {SSHA {CRYPT} {bcrypt} $pbkdf2 $scrypt $bcrypt") {
		if strings.HasPrefix(value, begin) {
			return true
		}
	}
	return false
}

// structured reports whether a value was made by a program: it has the marks of a hash,
// or is longer and more mixed than what people type.
func structured(value string) bool {
	switch {
	case strings.HasPrefix(value, "$"), strings.HasPrefix(value, "{") && strings.Contains(value, "}"), strings.Count(value, "$") >= 2, strings.Count(value, ":") >= 2 && len(value) > 30:
		return true
	case known(value):
		return true
	case len(value) < 20:
		return false
	case isHex(value) && len(value)%2 == 0, !utf8.ValidString(value):
		return true
	}
	return base64ish(value)
}

// base64ish: 20 or more letters, digits and the two marks, with capitals, small ones and
// digits among them, and no word between.
func base64ish(value string) bool {
	var upper, lower, digit bool
	for _, r := range value {
		switch {
		case unicode.IsUpper(r) && r < 128:
			upper = true
		case unicode.IsLower(r) && r < 128:
			lower = true
		case r >= '0' && r <= '9':
			digit = true
		case r == '+', r == '/', r == '=', r == '-', r == '_', r == '.':
		default:
			return false
		}
	}
	return upper && lower && digit
}
