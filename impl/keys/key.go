package keys

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// MaxID bounds a key's id, in bytes.
const MaxID = 128

// Key is one key. It does not change, and copies of it are the same key.
type Key struct {
	id        string
	algorithm Algorithm
	unnamed   bool
	material  *material
}

// material is handed out by a function: package fmt looks into fields without asking
// their methods, and follows pointers, but calls nothing.
type material struct{ key func() any }

// conceal keeps bytes, which nobody else holds.
func conceal(secret []byte) *material {
	var key any = secret // boxed once, and not for each token
	return &material{func() any { return key }}
}

// checkID holds ids to what every log, URL and shell takes as it is (the unreserved
// characters of RFC 3986 section 2.3).
func checkID(id string) error {
	switch {
	case id == "":
		return errors.New("the key id is empty")
	case len(id) > MaxID:
		return fmt.Errorf("the key id is longer than %d bytes", MaxID)
	case strings.ContainsFunc(id, reserved):
		return errors.New("the key id has a character other than A-Z a-z 0-9 - . _ ~")
	}
	return nil
}

func reserved(r rune) bool {
	switch {
	case 'A' <= r && r <= 'Z', 'a' <= r && r <= 'z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune("-._~", r)
}

// Unnamed returns the key as one whose tokens carry no kid. It verifies tokens
// without one, and tokens whose kid names no key here: others who share its secret
// may write what they like there.
func (k Key) Unnamed() Key {
	k.unnamed = true
	return k
}

// ID is what the key is called by, in logs and to whoever looks after it.
func (k Key) ID() string { return k.id }

// KeyID is the kid of the tokens that the key signs, "" for an unnamed key: they have
// none then.
func (k Key) KeyID() string {
	if k.unnamed {
		return ""
	}
	return k.id
}

// Algorithm is the one that the key signs and verifies with.
func (k Key) Algorithm() Algorithm { return k.algorithm }

// Material is what the algorithm computes with, the secret, as []byte. It
// is the key's own: whoever asks for it neither changes nor shows it.
func (k Key) Material() any {
	if k.material == nil {
		return nil // the zero Key, which nothing verifies with
	}
	return k.material.key()
}

// sameSecret reports whether two keys of a ring are one under two ids. A secret is for
// one algorithm: the same bytes are the same key whatever the two are used with.
func (k Key) sameSecret(other Key) bool {
	ours, _ := k.Material().([]byte)
	theirs, _ := other.Material().([]byte)
	if k.algorithm != other.algorithm {
		return bytes.Equal(withoutZeros(ours), withoutZeros(theirs))
	}
	return bytes.Equal(k.algorithm.hmacKey(ours), k.algorithm.hmacKey(theirs)) // both are the operator's: no clock to hide from
}

// String names the key and shows nothing of its secret.
func (k Key) String() string { return "key " + k.id + " (" + string(k.algorithm) + ")" }

// Format writes String whatever the verb: %x of a struct would print its fields.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// LogValue is String, for package slog.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText is String, for encoding/json and its like.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
