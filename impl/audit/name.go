package audit

import (
	"fmt"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// mostName bounds a name in bytes before it is escaped.
const mostName = 256

// name is a user's name, or what was typed for one, as it may stand in a line: at most
// mostName bytes of it and then "…".
type name string

// bounded cuts a name between two characters.
func (n name) bounded() (kept, more string) {
	if len(n) <= mostName {
		return string(n), ""
	}
	end := mostName
	for end > 0 && !utf8.RuneStart(n[end]) {
		end--
	}
	return string(n[:end]), "…"
}

// MarshalText implements encoding.TextMarshaler, for a log in plain text: slog quotes
// what has to be.
func (n name) MarshalText() ([]byte, error) {
	kept, more := n.bounded()
	return []byte(kept + more), nil
}

// MarshalJSON writes all that is not seen as JSON's escapes: encoding/json leaves DEL,
// C1, the marks of direction and spaces of any width as they are.
func (n name) MarshalJSON() ([]byte, error) {
	kept, more := n.bounded()
	out := append(make([]byte, 0, len(kept)+len(more)+2), '"')
	for _, r := range kept + more {
		switch {
		case r == '"' || r == '\\':
			out = append(out, '\\', byte(r))
		case r == ' ' || unicode.IsGraphic(r) && !unicode.IsSpace(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return append(out, '"'), nil
}
