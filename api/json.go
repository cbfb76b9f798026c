package api

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth is far above what any schema of a login server needs.
const maxDepth = 32

// strictJSON reports whether body is exactly one JSON text that every parser
// reads alike (RFC 8259 and I-JSON, RFC 7493): UTF-8 without a byte order mark,
// no lone surrogates, no duplicate names, nothing behind it, not too deep.
// encoding/json takes the last of two equal names and turns broken text into
// U+FFFD, so that two different passwords would become equal.
func strictJSON(body []byte) bool {
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	values := 0
	for {
		_, err := decoder.ReadToken()
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
	}
}
