package reqctx

// Where the fields of a traceparent begin, and where those end that version 00 has
// (W3C Trace Context, Recommendation of 2021, "traceparent Header Field Values").
const (
	traceAt  = len("00-")
	parentAt = traceAt + 32 + len("-")
	flagsAt  = parentAt + 16 + len("-")
	traceEnd = flagsAt + 2
)

// TraceID is the id of the trace that the client says the request is part of: 32
// lower-case hexadecimal digits, not all of them 0. It is "" where the client sent
// no traceparent, several, or one that is none by the W3C's Trace Context: this
// server starts no traces, so then there is none.
func (r Request) TraceID() string { return traceID(r.traceparent) }

// traceID is the trace-id of a traceparent, "" where that has to be ignored.
// Versions to come are read as "Versioning of traceparent" says: their first
// fields are those of version 00, and a dash goes before whatever follows.
func traceID(s string) string {
	switch {
	case len(s) < traceEnd,
		s[traceAt-1] != '-' || s[parentAt-1] != '-' || s[flagsAt-1] != '-',
		!hexadecimal(s[:traceAt-1]) || !hexadecimal(s[flagsAt:traceEnd]),
		!identifier(s[traceAt:parentAt-1]) || !identifier(s[parentAt:flagsAt-1]):
		return ""
	}
	switch version := s[:traceAt-1]; {
	case version == "ff": // forbidden
		return ""
	case len(s) > traceEnd && (version == "00" || s[traceEnd] != '-'):
		return ""
	}
	return s[traceAt : parentAt-1]
}

// identifier reports whether s is hexadecimal, and not all zero.
func identifier(s string) bool {
	for i := range len(s) {
		if s[i] != '0' {
			return hexadecimal(s)
		}
	}
	return false
}

// hexadecimal reports whether s is of lower-case hexadecimal digits: others are
// not allowed (HEXDIGLC).
func hexadecimal(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
