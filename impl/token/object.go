package token

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds how deeply a claim or header parameter may nest. Claims of
// real services nest two or three deep.
const maxDepth = 16

// readObject reads raw as exactly one JSON object and hands set each top-level
// member; for an array or object it hands over the opening token alone. The
// value is good only during the call. What is wrong with raw is returned in
// words fit for a client, "" when nothing is.
//
// Strict means: valid UTF-8, no lone surrogates, no byte order mark, nothing
// after the object, no name twice at any depth (RFC 7519 section 4 leaves that
// to the parser, and parsers that disagree are how tokens get two meanings),
// and no spelling of a name in reserved that differs by case alone, since Go's
// encoding/json would take "Exp" for exp.
func readObject(raw []byte, reserved []string, set func(name string, value jsontext.Token)) (fault string) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(raw))
	switch start, err := dec.ReadToken(); {
	case err != nil:
		return faultNotJSON
	case start.Kind() != '{':
		return faultNotObject
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return syntaxFault(err)
		}
		member := name.String()
		if isVariant(member, reserved) {
			return faultNames
		}
		value, err := dec.ReadToken()
		if err != nil {
			return syntaxFault(err)
		}
		set(member, value)
		if fault := skip(dec); fault != "" {
			return fault
		}
	}
	if _, err := dec.ReadToken(); err != nil { // the closing brace
		return syntaxFault(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return faultNotJSON
	}
	return ""
}

// skip reads on to the end of the array or object that dec just entered; after
// a scalar it does nothing. It goes token by token instead of by recursion, so
// that depth costs no stack.
func skip(dec *jsontext.Decoder) (fault string) {
	for dec.StackDepth() > 1 {
		if dec.StackDepth() > maxDepth {
			return faultDepth
		}
		if _, err := dec.ReadToken(); err != nil {
			return syntaxFault(err)
		}
	}
	return ""
}

// syntaxFault words a decoder's error without its text, which quotes the input.
func syntaxFault(err error) string {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return faultNames
	}
	return faultNotJSON
}

// isVariant reports whether name is a reserved name in another case. EqualFold
// also folds U+017F to s and U+212A to k, as encoding/json does.
func isVariant(name string, reserved []string) bool {
	for _, r := range reserved {
		if name == r {
			return false
		}
	}
	for _, r := range reserved {
		if strings.EqualFold(name, r) {
			return true
		}
	}
	return false
}

// text is a member that ought to be a string.
type text struct {
	present bool
	ok      bool // it is a string
	value   string
}

// readText reads a string; anything else, null too, is present but not ok.
func readText(value jsontext.Token) text {
	if value.Kind() != '"' {
		return text{present: true}
	}
	return text{present: true, ok: true, value: value.String()}
}
