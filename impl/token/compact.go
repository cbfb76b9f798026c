package token

import (
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/restauth/restauth/impl/keys"
)

// maxCompact bounds a compact token in bytes. Real ones have a few hundred; the
// bound is what keeps the cost of every refusal small.
const maxCompact = 8 << 10

// maxKeyID bounds kid in bytes, whoever wrote it.
const maxKeyID = keys.MaxID

// segments are a compact token taken apart, nothing in it proven.
type segments struct {
	header, payload, signature string // still base64url
	signed                     string // header "." payload, what the signature covers
}

// split takes a compact token apart at its first and its last dot, as PyJWT
// does. Dots between these end up in the payload, where decode refuses them.
func split(compact string) (segments, *Error) {
	first, last := strings.IndexByte(compact, '.'), strings.LastIndexByte(compact, '.')
	if first == last { // one dot, or none
		return segments{}, refuse(ReasonMalformed, descSegments)
	}
	return segments{
		header:    compact[:first],
		payload:   compact[first+1 : last],
		signature: compact[last+1:],
		signed:    compact[:last],
	}, nil
}

// decode decodes one segment, and only its one canonical spelling (RFC 7515
// section 2, RFC 4648 section 3.5): two spellings of one token would be two
// tokens to a cache or a revocation list.
func decode(segment string) ([]byte, bool) {
	// Go's decoder, strict or not, skips line breaks; all else outside the
	// alphabet, padding too, it refuses.
	if strings.ContainsAny(segment, "\r\n") {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(segment)
	return raw, err == nil
}

// header is what matters of a JOSE header (RFC 7515 section 4).
type header struct {
	alg, typ, kid text
	unsupported   bool
}

// headerNames are the parameters that this package knows and whose case
// variants are refused.
func headerNames() []string {
	return []string{"alg", "typ", "kid", "crit", "b64", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c"}
}

// parseHeader decodes and reads the header segment.
func parseHeader(segment string) (header, *Error) {
	raw, ok := decode(segment)
	if !ok {
		return header{}, refuse(ReasonMalformed, descHeaderPadding)
	}
	var h header
	fault := readObject(raw, headerNames(), func(name string, value jsontext.Token) {
		switch name {
		case "alg":
			h.alg = readText(value)
		case "typ":
			h.typ = readText(value)
		case "kid":
			h.kid = readText(value)
		// These would change what the signature or the payload means (RFC 7515
		// 4.1.11, RFC 7797, RFC 7516, nested tokens by cty) or name a key of
		// the sender's own choice (RFC 8725 section 3.10). To ignore crit is
		// forbidden; to ignore the others invites confusion.
		case "crit", "b64", "zip", "enc", "cty", "jku", "jwk", "x5u", "x5c":
			h.unsupported = true
		}
	})
	if fault != "" {
		return header{}, refuse(ReasonMalformed, descHeaderString+fault)
	}
	return h, nil
}

// check says whether the header allows the signature to be looked at.
func (h header) check(set *keys.Set) *Error {
	switch {
	// Exactly: "none" and "hs256" in any case are other algorithms.
	case !h.alg.ok || !set.Uses(keys.Algorithm(h.alg.value)):
		return refuse(ReasonAlgorithm, descAlgorithm)
	case h.unsupported:
		return refuse(ReasonHeader, descParameter)
	// Another typ is another kind of token (RFC 8725 section 3.11), whatever
	// key signed it.
	case h.typ.present && !accessType(h.typ):
		return refuse(ReasonHeader, descType)
	case h.kid.present && !h.kid.ok:
		return refuse(ReasonHeader, descKeyID)
	case len(h.kid.value) > maxKeyID:
		return refuse(ReasonHeader, descKeyIDLong)
	}
	return nil
}

// accessType reports whether a header's typ is that of any JWT or of an access
// token (RFC 9068 section 2.1). It is a media type, whose case does not count and
// whose "application/" may be left out (RFC 7515 section 4.1.9).
func accessType(typ text) bool {
	if !typ.ok {
		return false
	}
	switch strings.TrimPrefix(strings.ToLower(typ.value), "application/") {
	case "jwt", "at+jwt":
		return true
	}
	return false
}
