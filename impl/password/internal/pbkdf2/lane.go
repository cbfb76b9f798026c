package pbkdf2

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
)

// lane is what the assembly works on; its offsets are written there too.
// The order of the words of inner and outer is the architecture's choice.
type lane struct {
	inner [8]uint32  // SHA-256 state after the password's inner HMAC block
	outer [8]uint32  // and after the outer one
	sum   [8]uint32  // U_1 ^ U_2 ^ … so far
	words [16]uint32 // message schedule; between calls U_i in the first half
}

// start fills a lane with the password's two states and the first iteration's
// result. It reports false when the standard library doesn't show the states.
func (l *lane) start(password []byte, u [sha256.Size]byte) bool {
	inner, okInner := padState(password, 0x36)
	outer, okOuter := padState(password, 0x5c)
	l.inner, l.outer = arrange(inner), arrange(outer)
	for i := range l.sum {
		l.sum[i] = binary.BigEndian.Uint32(u[4*i:])
		l.words[i] = l.sum[i]
	}
	return okInner && okOuter
}

// padState is SHA-256's state after one block of HMAC's key xor pad (RFC 2104
// §2). It comes out of the hash's marshalled form, whose layout Go keeps but
// does not promise: what it doesn't recognise it refuses.
func padState(password []byte, pad byte) (state [8]uint32, ok bool) {
	var block [sha256.BlockSize]byte
	if len(password) > len(block) {
		short := sha256.Sum256(password)
		copy(block[:], short[:])
		clear(short[:])
	} else {
		copy(block[:], password)
	}
	for i := range block {
		block[i] ^= pad
	}
	digest := sha256.New()
	digest.Write(block[:])
	clear(block[:])

	const magic, size = "sha\x03", 4 + 32 + 64 + 8 // name, state, buffer, length
	var buffer [size]byte
	appender, ok := digest.(encoding.BinaryAppender)
	if !ok {
		return state, false
	}
	form, err := appender.AppendBinary(buffer[:0])
	if err != nil || len(form) != size || string(form[:4]) != magic {
		return state, false
	}
	for i := range state {
		state[i] = binary.BigEndian.Uint32(form[4+4*i:])
	}
	clear(form)
	return state, true
}
