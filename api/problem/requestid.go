package problem

import (
	"encoding/hex"
	"io"
	"net/http"
)

// RequestID names a request: the caller's own X-Request-Id when it is one that
// the contract allows, so that a proxy's log and this one can be joined; else
// 128 bits of random.
func RequestID(r *http.Request, random io.Reader) string {
	if id := r.Header.Get("X-Request-Id"); validRequestID(id) {
		return id
	}
	var drawn [16]byte
	if _, err := io.ReadFull(random, drawn[:]); err != nil {
		return "unavailable" // An id is for the log; a request is not refused for want of one.
	}
	return hex.EncodeToString(drawn[:])
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
