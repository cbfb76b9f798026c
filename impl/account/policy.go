package account

import (
	_ "embed" // for the list of common passwords
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// DefaultMinPasswordLength is NIST SP 800-63B-4 section 3.1.1.2's for a
	// password that is the only factor, in characters.
	DefaultMinPasswordLength = 15
	// LeastMinPasswordLength is the lowest minimum that may be configured.
	LeastMinPasswordLength = 8
	// MaxPasswordLength is what the login operation accepts, in characters. A
	// longer password could be set but never used.
	MaxPasswordLength = 1024
	// MaxUsernameLength is what the login operation accepts, in characters.
	MaxUsernameLength = 255
)

// RefusedError says why a name or a password is not taken, in words for the
// person who chose it. It never holds the password.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

func refuse(format string, args ...any) error {
	return &RefusedError{Reason: fmt.Sprintf(format, args...)}
}

// PasswordPolicy is what is asked of a password when it is set. It is never
// applied at login: passwords that are stored already go on working. After
// NIST SP 800-63B-4 section 3.1.1.2 there are no composition rules, but a
// blocklist.
type PasswordPolicy struct {
	MinLength int // in characters; 0 is DefaultMinPasswordLength
}

// Check returns a *RefusedError unless the user may take the password.
func (p PasswordPolicy) Check(username, password string) error {
	least := p.MinLength
	if least == 0 {
		least = DefaultMinPasswordLength
	}
	// Bytes first: counting characters of a huge input is work for nothing.
	if len(password) > MaxPasswordLength*utf8.UTFMax {
		return refuse("the password is longer than %d characters", MaxPasswordLength)
	}
	if !utf8.ValidString(password) {
		return refuse("the password is not UTF-8, so no JSON client could send it")
	}
	length := utf8.RuneCountInString(password)
	switch {
	case length == 0:
		return refuse("the password is empty")
	case length < least:
		return refuse("the password has %d characters, at least %d are needed", length, least)
	case length > MaxPasswordLength:
		return refuse("the password is longer than %d characters", MaxPasswordLength)
	case strings.ContainsRune(password, 0):
		// PBKDF2 and scrypt pad their key with zeros (HMAC, RFC 2104), so a
		// password would equal itself with U+0000 behind it.
		return refuse("the password contains U+0000")
	}
	return checkGuessable(username, password)
}

// checkGuessable refuses what a guesser tries first.
func checkGuessable(username, password string) error {
	lower := strings.ToLower(strings.TrimSpace(password))
	unit := repeated(lower)
	switch {
	case lower == "":
		return refuse("the password is only white space")
	case isCommon(lower):
		return refuse("the password is among the most common ones; choose another")
	case username != "" && (unit == strings.ToLower(username)):
		return refuse("the password is the user name; choose another")
	case unit != lower && (utf8.RuneCountInString(unit) < LeastMinPasswordLength || isCommon(unit)):
		return refuse("the password only repeats a short or common one; choose another")
	case isSequence(lower):
		return refuse("the password is a simple sequence; choose another")
	}
	return nil
}

// repeated returns the shortest text of which s is a whole number of copies:
// s itself for most.
func repeated(s string) string {
	if s == "" {
		return s
	}
	// The second occurrence of s in s+s begins after one unit.
	return s[:strings.Index((s + s)[1:], s)+1]
}

// keyboard is the rows of keys that hands run along.
const keyboard = "1234567890qwertyuiopasdfghjklzxcvbnm"

// isSequence reports whether s counts or spells the alphabet, over and over, or
// runs along the keyboard; in either direction.
func isSequence(s string) bool {
	forward := []rune(s)
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	return ascends(forward) || ascends(backward)
}

func ascends(s []rune) bool {
	if strings.Contains(keyboard, string(s)) {
		return true
	}
	for i := 1; i < len(s); i++ {
		from, to := s[i-1], s[i]
		if to != from+1 && (from != '9' || to != '0') && (from != 'z' || to != 'a') {
			return false
		}
	}
	return true
}

// commonPasswords is a licence, a line of hyphens, then a password a line.
//
//go:embed common_passwords.txt
var commonPasswords string

// isCommon looks a password in lower case up. A scan of 12 KB costs nothing
// beside the hash that follows, and needs no index to build at every start.
func isCommon(lower string) bool {
	_, list, _ := strings.Cut(commonPasswords, "\n---\n")
	return strings.Contains("\n"+list, "\n"+lower+"\n")
}

// CheckUsername returns a *RefusedError unless a new user may have the name.
// Names that stand in a table already are not held against it.
func CheckUsername(name string) error {
	switch {
	case name == "":
		return refuse("the user name is empty")
	case !utf8.ValidString(name):
		return refuse("the user name is not UTF-8")
	case utf8.RuneCountInString(name) > MaxUsernameLength:
		return refuse("the user name is longer than %d characters", MaxUsernameLength)
	case strings.ContainsFunc(name, unicode.IsControl):
		return refuse("the user name contains a control character")
	case strings.ContainsFunc(name, invisible):
		return refuse("the user name contains a character that is not seen, such as a zero-width space or a mark of direction; it would look like another name")
	case strings.TrimSpace(name) != name:
		return refuse("the user name begins or ends with white space")
	}
	return nil
}

// invisible reports a character that a name may hide behind: format characters
// (Unicode's category Cf, such as U+200B and U+202E), the separators of lines and
// paragraphs, and the characters that stand for nothing though they are letters.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}
