package pool

import (
	"encoding/binary"
	"errors"

	"github.com/restauth/restauth/impl/password"
)

// What goes between a Pool and a hashing process: one frame is one packet of a
// SOCK_SEQPACKET socket, which keeps their bounds, so there is no length to
// trust and no half of a frame to wait for.
//
//	begin    'b' id, length of the stored hash (2 bytes), stored hash, length of
//	         what a wrong password goes on with (2 bytes), that, password
//	own      'o' the same, of one that has a lane of its own
//	give up  'g' id
//	done     'd' id, 0 or 1, what went wrong ("" if nothing)
//
// Numbers are big-endian, an id is 4 bytes.
const (
	kindBegin  = 'b'
	kindOwn    = 'o'
	kindGiveUp = 'g'
	kindDone   = 'd'

	// maxFrame is in bytes: two hashes, the longest password, the head.
	maxFrame    = frameHead + 2*(2+password.MaxEncoded) + maxSent
	frameHead   = 5
	maxSent     = 8 << 10 // of a password; a longer one is verified where it is
	maxFaultLen = 8 << 10 // of an error's text
)

// errFrame is returned for what the other side would never send.
var errFrame = errors.New("pool: a malformed frame between pool and hashing process")

// frame is any of the four.
type frame struct {
	kind     byte
	id       uint32
	hash     string
	pad      string // "" for none
	password string
	match    bool
	fault    string
}

// append writes a frame behind b. Hash and password are within their bounds.
func (f frame) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(append(b, f.kind), f.id)
	switch f.kind {
	case kindBegin, kindOwn:
		for _, hash := range []string{f.hash, f.pad} {
			b = binary.BigEndian.AppendUint16(b, uint16(len(hash))) //nolint:gosec // at most password.MaxEncoded
			b = append(b, hash...)
		}
		b = append(b, f.password...)
	case kindDone:
		match := byte(0)
		if f.match {
			match = 1
		}
		b = append(append(b, match), f.fault[:min(len(f.fault), maxFaultLen)]...)
	}
	return b
}

// parseFrame reads what append wrote and nothing else, and keeps nothing of b.
func parseFrame(b []byte) (frame, error) {
	if len(b) < frameHead || len(b) > maxFrame {
		return frame{}, errFrame
	}
	f := frame{kind: b[0], id: binary.BigEndian.Uint32(b[1:])}
	rest := b[frameHead:]
	switch {
	case f.kind == kindGiveUp && len(rest) == 0:
		return f, nil
	case f.kind == kindBegin || f.kind == kindOwn:
		var ok1, ok2 bool
		f.hash, rest, ok1 = cutHash(rest)
		f.pad, rest, ok2 = cutHash(rest)
		if !ok1 || !ok2 || len(rest) > maxSent {
			return frame{}, errFrame
		}
		f.password = string(rest)
		return f, nil
	case f.kind == kindDone && len(rest) >= 1 && rest[0] <= 1 && len(rest)-1 <= maxFaultLen:
		f.match, f.fault = rest[0] == 1, string(rest[1:])
		if f.match && f.fault != "" {
			return frame{}, errFrame
		}
		return f, nil
	}
	return frame{}, errFrame
}

// cutHash reads a hash and its length, and returns what comes behind it.
func cutHash(b []byte) (hash string, rest []byte, ok bool) {
	if len(b) < 2 {
		return "", nil, false
	}
	size := int(binary.BigEndian.Uint16(b))
	if b = b[2:]; size > password.MaxEncoded || size > len(b) {
		return "", nil, false
	}
	return string(b[:size]), b[size:], true
}

// parse returns what a begin frame wants verified.
func (f *frame) parse() (password.Hash, error) {
	h, err := password.Decode(f.hash)
	if err != nil || f.pad == "" {
		return h, err
	}
	pad, err := password.Decode(f.pad)
	return h.Padded(pad), err
}
