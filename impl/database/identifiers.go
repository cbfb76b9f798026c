package database

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ValidName is an ErrConfig for a name that breaks MySQL's rules for quoted identifiers: 1 to 64
// characters of the basic plane, no NUL, no space at the end. Other control
// characters are refused too, since names get into messages.
func ValidName(name, what, flag string) error {
	var reason string
	switch {
	case name == "":
		reason = "is empty"
	case !utf8.ValidString(name):
		reason = "is not UTF-8"
	case utf8.RuneCountInString(name) > 64:
		reason = "is longer than 64 characters"
	case strings.HasSuffix(name, " "):
		reason = "ends with a space"
	case strings.ContainsFunc(name, unicode.IsControl):
		reason = "holds a control character"
	case strings.ContainsFunc(name, func(r rune) bool { return r > 0xFFFF }):
		reason = "holds a character that no database allows in names"
	default:
		return nil
	}
	return Sentence(ErrConfig, "the %s %.80q %s; correct %s", what, name, reason, Setting(flag))
}

// Quote quotes an identifier for MySQL and for SQLite, which takes a backtick
// for nothing else; its double quote may turn a misspelt column into text.
func Quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
