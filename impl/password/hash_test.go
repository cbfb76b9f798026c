package password_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/password"
)

const (
	hex32  = "d4c285227493531d0577140a1ed03964"
	hex64  = hex32 + hex32
	hex128 = hex64 + hex64
	argon  = "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA"
	bcrypt = "$2b$04$7rE.uV6ZmL5hOWDhWFtz0On/wmJjf3ayaCDQPwg8.6iNUwt0pkDZG"
)

func mustParse(t testing.TB, encoded string) password.Hash {
	t.Helper()
	h, err := password.Parse(encoded)
	if err != nil {
		t.Fatalf("Parse(%q): %v", encoded, err)
	}
	return h
}

func TestProperties(t *testing.T) {
	t.Parallel()
	tests := []struct {
		encoded string
		method  string
		memory  int64
		weak    bool
	}{
		{"pbkdf2:sha256:150000$salt$" + hex64, "pbkdf2:sha256:150000", 0, false},
		{"pbkdf2:SHA-256:1$salt$" + hex64, "pbkdf2:sha256:1", 0, false},
		{"scrypt:32768:8:1$salt$" + hex128, "scrypt:32768:8:1", 32<<20 + 3<<10, false},
		{"scrypt:1024:8:16$salt$" + hex128, "scrypt:1024:8:16", 1<<20 + 16<<10 + 2<<10, false},
		{argon, "argon2id:m=64,t=1,p=1", 64 << 10, false},
		{bcrypt, "bcrypt:4", 0, false},
		{"sha256$salt$" + hex64, "hmac:sha256", 0, true},
		{"MD5$$" + hex32, "digest:md5", 0, true},
		{"plain$$secret", "plain", 0, true},
		{"plain$Nv73gThCCkPsoyOV$secret", "plain", 0, true},
	}
	for _, tt := range tests {
		h := mustParse(t, tt.encoded)
		for name, h := range map[string]password.Hash{"hash": h, "decoy": h.Decoy()} {
			if got := h.Method(); got != tt.method {
				t.Errorf("%s of %q: Method() = %q, want %q", name, tt.encoded, got, tt.method)
			}
			if got := h.Memory(); got != tt.memory {
				t.Errorf("%s of %q: Memory() = %d, want %d", name, tt.encoded, got, tt.memory)
			}
			if got := h.Weak(); got != tt.weak {
				t.Errorf("%s of %q: Weak() = %v, want %v", name, tt.encoded, got, tt.weak)
			}
		}
	}
}

func TestZeroHashMatchesNothing(t *testing.T) {
	t.Parallel()
	var h password.Hash
	if h.Verify("") || h.Verify("x") || h.Weak() || h.Method() != "" || h.Memory() != 0 {
		t.Errorf("zero Hash: Verify, Weak, Method or Memory is not zero")
	}
	if got, want := h.Decoy().Method(), password.Default().Method(); got != want {
		t.Errorf("Decoy() of the zero Hash = %q, want %q", got, want)
	}
}

// TestDecoyMatchesNothing also tries what a decoy is filled with.
func TestDecoyMatchesNothing(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"", "0", "roy", strings.Repeat("0", 32)} {
		if password.Default().Verify(typed) {
			t.Errorf("Default().Verify(%q) = true", typed)
		}
		if mustParse(t, "plain$$"+strings.Repeat("0", 32)).Decoy().Verify(typed) {
			t.Errorf("Decoy() of plain matches %q", typed)
		}
	}
}

func TestVerifyReadsTheWholePassword(t *testing.T) {
	t.Parallel()
	for _, size := range []int{64, 72, 73, 1024} {
		long := strings.Repeat("x", size)
		encoded, err := password.New(long, strings.NewReader(strings.Repeat("s", 16)))
		if err != nil {
			t.Fatalf("New: %v", err)
		}
		h := mustParse(t, encoded)
		if !h.Verify(long) || h.Verify(long+"x") || h.Verify(long[1:]) {
			t.Errorf("a password of %d bytes is not told from one byte more or less", size)
		}
	}
}

// TestFormatHidesSecrets prints a hash with every verb that could reach its
// fields.
func TestFormatHidesSecrets(t *testing.T) {
	t.Parallel()
	h := mustParse(t, "sha256$abcdefgh$"+hex64)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T %[1]v"} {
		got := strings.TrimPrefix(fmt.Sprintf(verb, h), "password.Hash ")
		if got != "hmac:sha256" {
			t.Errorf("Sprintf(%q) = %q, want the method only", verb, got)
		}
	}
}

func TestConcurrentVerify(t *testing.T) {
	t.Parallel()
	h := mustParse(t, "plain$$roy")
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			if !h.Verify("roy") || h.Decoy().Verify("roy") {
				t.Errorf("Verify() differs under concurrency")
			}
		})
	}
}
