package problem

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
)

// RequestID names a request: the caller's own X-Request-Id when it is one that
// the contract allows, so that a proxy's log and this one can be joined; else
// 128 bits of random, crypto/rand's when random is nil.
func RequestID(r *http.Request, random io.Reader) string {
	// The name is in the form that net/http keeps it in, which Get would make sure of.
	if sent := r.Header["X-Request-Id"]; len(sent) > 0 && validRequestID(sent[0]) {
		return sent[0]
	}
	drawn := make([]byte, 16)
	if random == nil {
		_, _ = rand.Read(drawn) // It never fails: it ends the process instead.
	} else {
		other := make([]byte, len(drawn)) // An interface's argument is never on the stack.
		if _, err := io.ReadFull(random, other); err != nil {
			return "unavailable" // An id is for the log; a request is not refused for want of one.
		}
		copy(drawn, other)
	}
	var text [2 * 16]byte
	hex.Encode(text[:], drawn)
	return string(text[:])
}

func validRequestID(id string) bool {
	if len(id) == 0 || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
