package password_test

import (
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/restauth/restauth/impl/password"
)

func TestNew(t *testing.T) {
	t.Parallel()
	const typed = "pässwörd-密码"
	first, err := password.New(typed, rand.Reader)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	second, err := password.New(typed, rand.Reader)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	if first == second {
		t.Errorf("New() twice made %q: no fresh salt", first)
	}
	if len(first) != 97 || !strings.HasPrefix(first, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("New() = %q, want a PHC string of 97 characters", first)
	}
	h := mustParse(t, first)
	if !h.Verify(typed) || h.Verify(typed+"x") || h.Weak() {
		t.Errorf("what New made does not verify as the password and nothing else")
	}
	if got, want := password.Default().Method(), h.Method(); got != want {
		t.Errorf("Default().Method() = %q, want New's %q", got, want)
	}
}

// TestNewIsTheReference compares with argon2-cffi's answer for a fixed salt.
func TestNewIsTheReference(t *testing.T) {
	t.Parallel()
	const want = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$"
	salt := "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
	got, err := password.New("pässwörd", strings.NewReader(salt))
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	for _, v := range readVectors(t, "other-hashes.json") {
		if strings.HasPrefix(v.Hash, want) {
			if got != v.Hash {
				t.Errorf("New() = %q, want %q", got, v.Hash)
			}
			return
		}
	}
	t.Fatal("no recorded hash starts with " + want)
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	broken := errors.New("no entropy")
	for _, tt := range []struct {
		name, typed string
		random      io.Reader
		want        error
	}{
		{"empty", "", rand.Reader, nil},
		{"U+0000", "a\x00b", rand.Reader, nil},
		{"random fails", "roy", iotest.ErrReader(broken), broken},
		{"random ends", "roy", strings.NewReader("short"), io.ErrUnexpectedEOF},
	} {
		got, err := password.New(tt.typed, tt.random)
		if err == nil || got != "" || (tt.want != nil && !errors.Is(err, tt.want)) {
			t.Errorf("%s: New() = %q, %v, want an error (%v)", tt.name, got, err, tt.want)
		}
	}
}
