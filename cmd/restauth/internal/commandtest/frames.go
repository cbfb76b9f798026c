package commandtest

import "encoding/binary"

// Kinds of frames of HTTP/2, and their flags (RFC 9113, section 6).
const (
	FrameData         = 0
	FrameHeaders      = 1
	FramePriority     = 2
	FrameReset        = 3
	FrameSettings     = 4
	FramePing         = 6
	FrameGoAway       = 7
	FrameWindow       = 8
	FrameContinuation = 9

	FlagEndStream  = 1
	FlagEndHeaders = 4
)

// Preface is what a client begins HTTP/2 with.
const Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// Get are the fields without which a header is none: GET, https, /, x.
const Get = "\x82\x87\x84\x41\x01x"

// Post are they with POST.
const Post = "\x83\x87\x84\x41\x01x"

// Frame is one of HTTP/2.
func Frame(kind, flags byte, stream uint32, payload string) []byte {
	head := []byte{byte(len(payload) >> 16), byte(len(payload) >> 8), byte(len(payload)), kind, flags}
	return append(binary.BigEndian.AppendUint32(head, stream), payload...)
}

// Field is one of a header in the plainest way (RFC 7541, section 6.2.2).
func Field(name, value string) string {
	return "\x00" + length(len(name)) + name + length(len(value)) + value
}

func length(n int) string {
	if n < 127 {
		return string([]byte{byte(n)})
	}
	text := []byte{127}
	for n -= 127; n >= 128; n >>= 7 {
		text = append(text, byte(n)|128)
	}
	return string(append(text, byte(n)))
}
