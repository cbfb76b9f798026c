package flaskconfig

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"
)

var errEndless = errors.New("a text in quotes does not end")

// quoted reads a text, behind its prefix.
func (l *lexer) quoted(prefix string) error {
	quote := l.source[l.at : l.at+1]
	if strings.HasPrefix(l.source[l.at:], strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	l.at += len(quote)
	begun := l.line
	raw, computed := strings.Contains(prefix, "r"), strings.ContainsAny(prefix, "ft")
	var out strings.Builder
	for {
		if l.at >= len(l.source) {
			return errEndless
		}
		c := l.source[l.at]
		switch {
		case strings.HasPrefix(l.source[l.at:], quote):
			l.at += len(quote)
			l.addText(begun, out.String(), computed)
			return nil
		case c == '\n' && len(quote) == 1:
			return errEndless
		case c == '\\' && l.at+1 < len(l.source) && raw:
			if l.source[l.at+1] == '\n' {
				l.line++
			}
			out.WriteString(l.source[l.at : l.at+2])
			l.at += 2
		case c == '\\' && l.at+1 < len(l.source):
			if !l.escape(&out) {
				computed = true // by a name that only Python knows
			}
		default:
			if c == '\n' {
				l.line++
			}
			out.WriteByte(c)
			l.at++
		}
	}
}

// addText adds a text where it begins.
func (l *lexer) addText(begun int, text string, computed bool) {
	c := str
	if computed || !utf8.ValidString(text) {
		c = code
	}
	l.add(c, text)
	if len(l.now.tokens) == 1 {
		l.now.line = begun
	}
}

// plainEscapes are those of one letter.
var plainEscapes = strings.NewReplacer("n", "\n", "t", "\t", "r", "\r", "a", "\a", "b", "\b", "f", "\f", "v", "\v", "\\", "\\", "'", "'", `"`, `"`)

// escape reads one, and reports whether it is understood.
func (l *lexer) escape(out *strings.Builder) bool {
	letter := l.source[l.at+1]
	l.at += 2
	switch {
	case letter == '\n':
		l.line++
		return true
	case letter == '\r':
		return true
	case strings.IndexByte("ntrabfv\\'\"", letter) >= 0:
		out.WriteString(plainEscapes.Replace(string(letter)))
		return true
	case letter >= '0' && letter <= '7':
		l.at--
		l.numbered(out, 8, 1, 3)
		return true
	case letter == 'x':
		return l.numbered(out, 16, 2, 2)
	case letter == 'u':
		return l.numbered(out, 16, 4, 4)
	case letter == 'U':
		return l.numbered(out, 16, 8, 8)
	case letter == 'N':
		return false
	}
	out.WriteByte('\\') // as Python leaves what it does not know
	l.at--
	return true
}

// numbered reads a character by its number.
func (l *lexer) numbered(out *strings.Builder, base, least, most int) bool {
	n := 0
	for n < most && l.at+n < len(l.source) {
		if _, err := strconv.ParseUint(l.source[l.at+n:l.at+n+1], base, 8); err != nil {
			break
		}
		n++
	}
	if n < least {
		return false
	}
	number, err := strconv.ParseUint(l.source[l.at:l.at+n], base, 32)
	if err != nil || number > utf8.MaxRune || !utf8.ValidRune(rune(number)) {
		return false
	}
	l.at += n
	out.WriteRune(rune(number))
	return true
}
