package api

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is far above what any schema of a login server needs.
const maxDepth = 32

// memberName is a member's name as a body has it.
type memberName struct {
	text  string
	depth int // of its object, 1 for the outermost value
	// The name is quoted somewhere from after, and up to end.
	after, end int64
}

// scanJSON reports whether body is exactly one JSON text that every parser
// reads alike (RFC 8259 and I-JSON, RFC 7493): UTF-8 without a byte order mark,
// no lone surrogates, no duplicate names, nothing behind it, not too deep.
// encoding/json takes the last of two equal names and turns broken text into
// U+FFFD, so that two different passwords would become equal. It calls name for the
// name of each member.
func scanJSON(body []byte, name func(memberName)) bool {
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	values := 0
	for {
		before := decoder.InputOffset()
		token, err := decoder.ReadToken()
		if errors.Is(err, io.EOF) {
			return values == 1 && decoder.StackDepth() == 0
		}
		if err != nil || decoder.StackDepth() > maxDepth {
			return false
		}
		if decoder.StackDepth() == 0 {
			values++
		}
		if values > 1 {
			return false
		}
		// Names and values of an object are counted alike, and a name comes first.
		if kind, read := decoder.StackIndex(decoder.StackDepth()); kind == '{' && read%2 == 1 {
			name(memberName{text: token.String(), depth: decoder.StackDepth(), after: before, end: decoder.InputOffset()})
		}
	}
}

// foldName makes equal what encoding/json takes for the same name: it binds a
// member to a field whose name differs in case, and in letters such as the long s
// that Unicode folds to others.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, name)
}
