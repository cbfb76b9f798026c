package password

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
)

// write formats h as its writer would, apart from parsing code. It knows no
// way back for plain, of which only a digest is kept.
func write(h Hash) string {
	switch s := h.scheme.(type) {
	case pbkdf2Scheme, scryptScheme:
		return fmt.Sprintf("%s$%s$%x", h.Method(), h.salt, h.digest)
	case hmacScheme:
		return fmt.Sprintf("%s$%s$%x", s.alg.name, h.salt, h.digest)
	case digestScheme:
		return fmt.Sprintf("%s$$%x", s.alg.name, h.digest)
	case mysqlScheme:
		return fmt.Sprintf("*%X", h.digest)
	case argon2Scheme:
		return s.encode(h.salt, h.digest)
	case bcryptScheme:
		return fmt.Sprintf("$2b$%02d$%s%s", s.cost, h.salt, h.digest)
	default:
		return ""
	}
}

// canonical spells digest names and ids in braces as rewritten does, and takes Python's
// quotes off; nothing else may differ between what was parsed and what is written.
func canonical(encoded string) string {
	encoded = unquoted(encoded)
	if f, body, ok := formOf(encoded); ok {
		switch f.id {
		case "{BCRYPT}", "{ARGON2}", "{ARGON2@SPRINGSECURITY_V5_8}", "{CRYPT}", "{LDAP}":
			body = canonical(body)
		}
		return f.id + body
	}
	method, rest, ok := strings.Cut(encoded, "$")
	if !ok {
		return encoded
	}
	return strings.NewReplacer("sha-", "sha", "sha2-", "sha", "sha3-", "sha3_",
		"blake2b512", "blake2b", "blake2s256", "blake2s").Replace(strings.ToLower(method)) + "$" + rest
}

// affordable keeps one fuzz execution under a few milliseconds.
func affordable(h Hash) bool {
	switch s := h.scheme.(type) {
	case pbkdf2Scheme:
		return s.iterations <= 500
	case scryptScheme:
		return s.n*s.r*s.p <= 1<<13
	case argon2Scheme:
		return s.memoryKiB*s.time <= 256
	default:
		return s.takes() <= 4*time.Millisecond && s.memory() <= 1<<20
	}
}

// FuzzParse checks that whatever parses is written back as it came, which
// means that no two strings stand for one hash, and that it verifies without
// crashing. The committed corpus is in testdata/fuzz/FuzzParse.
func FuzzParse(f *testing.F) {
	f.Fuzz(func(t *testing.T, encoded, typed string) {
		h, err := Parse(encoded)
		if err != nil {
			if !isKnown(err) {
				t.Fatalf("Parse error %v is none of the four", err)
			}
			if h.scheme != nil {
				t.Fatal("Parse returned a hash beside an error")
			}
			return
		}
		checkRoundTrip(t, encoded, h)
		checkBounds(t, h)
		if affordable(h) {
			checkVerify(t, h, typed)
		}
	})
}

func checkRoundTrip(t *testing.T, encoded string, h Hash) {
	t.Helper()
	encoded = unquoted(encoded)
	if rest, ok := strings.CutPrefix(encoded, "plain$"); ok {
		_, clear, _ := strings.Cut(rest, "$")
		if !h.Verify(clear) {
			t.Errorf("the stored clear password does not match itself")
		}
		return
	}
	written := rewritten(encoded, h)
	if written != canonical(encoded) {
		t.Errorf("Parse(%q) is written as %q", encoded, written)
	}
	again, err := Parse(written)
	if err != nil {
		t.Fatalf("Parse(%q), as written: %v", written, err)
	}
	if again.Method() != h.Method() || string(again.digest) != string(h.digest) || string(again.salt) != string(h.salt) {
		t.Errorf("%q changed on its second way through", written)
	}
}

// checkBounds repeats the limits that keep the libraries from crashing.
func checkBounds(t *testing.T, h Hash) {
	t.Helper()
	if h.Memory() > 129<<20 || len(h.digest) < 16 || len(h.digest) > maxDigest {
		t.Errorf("%v: memory %d, digest %d bytes: out of bounds", h, h.Memory(), len(h.digest))
	}
	if !h.scheme.fits(len(h.salt), len(h.digest)) || h.scheme.takes() > 2*time.Second {
		t.Errorf("%v: salt of %d bytes, digest of %d, %v to verify", h, len(h.salt), len(h.digest), h.scheme.takes())
	}
	if s, ok := h.scheme.(argon2Scheme); ok && (s.time < 1 || s.lanes < 1 || s.memoryKiB < 8*s.lanes) {
		t.Errorf("%v: argon2.IDKey, version %d, would panic or round up", h, argon2.Version)
	}
}

func checkVerify(t *testing.T, h Hash, typed string) {
	t.Helper()
	first := h.Verify(typed)
	if first != h.Verify(typed) {
		t.Errorf("%v: Verify is not stable", h)
	}
	if first && containsNUL(typed) {
		t.Errorf("%v matches a password with U+0000", h)
	}
	if d := h.Decoy(); d.Verify(typed) || d.Method() != h.Method() || len(d.salt) != len(h.salt) || len(d.digest) != len(h.digest) {
		t.Errorf("%v: its decoy matches or costs something else", h)
	}
}

// TestDecoyFlag gives a decoy the digest that it would need to match, which its
// filling alone would only make improbable.
func TestDecoyFlag(t *testing.T) {
	t.Parallel()
	h, err := Parse("plain$$roy")
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	h.decoy = true
	if h.Verify("roy") {
		t.Errorf("a decoy matched")
	}
}
