package password_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/password"
)

// TestOptionsHideSecrets prints them with every verb, and hashes that hold them.
func TestOptionsHideSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter22"
	for _, o := range []password.Options{{Pepper: []byte(secret)}, {FlaskSecuritySalt: []byte(secret)}} {
		h, err := o.Parse(bcrypt, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			for _, value := range []any{o, &o, h, &h, h.Decoy(), []any{o, h}} {
				got := fmt.Sprintf(verb, value)
				if strings.Contains(got, secret) || strings.Contains(got, fmt.Sprintf("%x", secret)) || strings.Contains(got, fmt.Sprintf("%d", []byte(secret))) {
					t.Errorf("Sprintf(%q, %T) = %q", verb, value, got)
				}
			}
		}
		if encoded, ok := h.Encode(); !ok || strings.Contains(encoded, secret) {
			t.Errorf("Encode() = %q, %v", encoded, ok)
		}
	}
}

// TestBareFormsAreOff: what says nothing of itself is read by nobody who was not told to,
// and the error names the setting.
func TestBareFormsAreOff(t *testing.T) {
	t.Parallel()
	for encoded, name := range map[string]string{
		hex32: "md5", strings.ToUpper(hex32): "md5", hex64[:40]: "sha1", hex64: "sha256", hex128: "sha512", "{MD5}" + hex32: "md5",
		"{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=": "sha1", "{SHA-256}" + hex64: "sha256", "{noop}roy": "text", "b'" + hex32 + "'": "md5",
	} {
		if _, err := password.Parse(encoded); !errors.Is(err, password.ErrNotEnabled) || !strings.Contains(err.Error(), "--bare-hashes "+name) {
			t.Errorf("Parse(%q) = %v, want one that names --bare-hashes %s", encoded, err, name)
		}
		h, err := password.Options{BareForms: []string{name}}.Parse(encoded, "")
		if err != nil || !h.Weak() {
			t.Errorf("Parse(%q) with %s = %v, %v, want a weak hash", encoded, name, h, err)
		}
		for _, other := range password.BareForms() {
			if _, err := (password.Options{BareForms: []string{other}}).Parse(encoded, ""); other != name && err == nil {
				t.Errorf("Parse(%q) with %s is read", encoded, other)
			}
		}
	}
}

// TestTextIsNoHash: where passwords stand in the clear, what is a hash is verified as one,
// and what looks like one is nobody's password.
func TestTextIsNoHash(t *testing.T) {
	t.Parallel()
	o := password.Options{BareForms: []string{"text"}}
	for _, clear := range []string{"roy", "correct horse", "$ecret", "pa$$word", "{curly", "*star", "a$b", strings.Repeat("long ", 100), "pässwörd", "b'x'", "0123456789", "deadbeef"} {
		h, err := o.Parse(clear, "")
		if err != nil || h.Method() != "plain" || !h.Verify(clear) || h.Verify(clear+"x") {
			t.Errorf("Parse(%q) = %v, %v, want it to be a password in the clear", clear, h, err)
		}
	}
	for _, hash := range []string{
		bcrypt[:59], "$2x$" + bcrypt[4:], "$unknown$salt$digest", "{MD4}" + hex32, "{SSHA}cut", hex32, hex64, hex64[:63], hex128[:100], "*" + strings.ToUpper(hex32) + "ABCDEF0",
		"pbkdf2:sha256:1000$salt$" + hex64[1:], "pbkdf2:sha256", "sha256$salt$", "pbkdf2_sha256$1000$salt$AAAA", "AQAAAAEAACcQAAAAEGDMt1wvfbJh1XtBt9Nfv1+cut/Aa9zQ==",
		"somebody$4$00008$AAAAAAAAAAAAAAAAAAA", "\x00", "",
	} {
		if h, err := o.Parse(hash, ""); err == nil {
			t.Errorf("Parse(%q) = %v: whoever has read the table logs in with it", hash, h)
		}
	}
}

// TestSaltColumn: only bare digests have the salt, on the side that was said.
func TestSaltColumn(t *testing.T) {
	t.Parallel()
	const abc = "900150983cd24fb0d6963f7d28e17f72" // md5 of it
	before := password.Options{BareForms: []string{"md5"}, SaltPosition: password.SaltBefore}
	after := password.Options{BareForms: []string{"md5"}, SaltPosition: password.SaltAfter}
	for _, c := range []struct {
		options    password.Options
		hash, salt string
		typed      string
		want       bool
	}{
		{options: before, hash: abc, salt: "ab", typed: "c", want: true},
		{options: before, hash: abc, salt: "bc", typed: "a"},
		{options: after, hash: abc, salt: "bc", typed: "a", want: true},
		{options: after, hash: abc, salt: "", typed: "abc", want: true},
		{options: after, hash: "plain$$abc", salt: "bc", typed: "abc", want: true},
		{options: password.Options{BareForms: []string{"md5"}}, hash: abc, salt: "ab", typed: "abc", want: true},
	} {
		h, err := c.options.Parse(c.hash, c.salt)
		if err != nil || h.Verify(c.typed) != c.want {
			t.Errorf("%s with salt %q: Verify(%q) = %v, %v, want %v", c.hash, c.salt, c.typed, h.Verify(c.typed), err, c.want)
		}
	}
	if _, err := (password.Options{SaltPosition: password.SaltAfter}).Parse(abc, "bc"); !errors.Is(err, password.ErrNotEnabled) {
		t.Errorf("a salted digest that no setting names: %v", err)
	}
}

// TestPepperAndLongPasswords: a password that bcrypt would cut never matches, whatever
// stands behind it.
func TestPepperAndLongPasswords(t *testing.T) {
	t.Parallel()
	for _, v := range readForms(t) {
		if v.Pepper == "" || !v.Match || len(v.Password) != 72 {
			continue
		}
		h, err := v.options().Parse(v.Hash, "")
		if err != nil || !h.Verify(v.Password) || h.Verify(v.Password+"x") {
			t.Errorf("%v: a password of 72 bytes does not match, or one of 73 does", err)
		}
		return
	}
	t.Error("no password of 72 bytes with a pepper is recorded")
}
