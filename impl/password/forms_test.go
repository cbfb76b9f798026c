package password_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password"
)

// formVector is what the program that made a hash answers to a password, with what an
// operator of restauth has to say about the application.
type formVector struct {
	Writer              string `json:"writer"`
	Form                string `json:"form"`
	Password            string `json:"password"`
	Hash                string `json:"hash"`
	Match               bool   `json:"match"`
	Bare                string `json:"bare"`
	Salt                string `json:"salt"`
	Position            string `json:"position"`
	Pepper              string `json:"pepper"`
	FlaskSecuritySalt   string `json:"flask_security_salt"`
	BcryptLongPasswords bool   `json:"bcrypt_long_passwords"`
}

func (v *formVector) options() password.Options {
	o := password.Options{
		Pepper: []byte(v.Pepper), FlaskSecuritySalt: []byte(v.FlaskSecuritySalt), BcryptLongPasswords: v.BcryptLongPasswords,
	}
	if v.Bare != "" {
		o.BareForms = []string{v.Bare}
	}
	switch v.Position {
	case "before":
		o.SaltPosition = password.SaltBefore
	case "after":
		o.SaltPosition = password.SaltAfter
	}
	return o
}

func readForms(t testing.TB) []formVector {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "forms.json"))
	if err != nil {
		t.Fatalf("read vectors: %v", err)
	}
	var file struct {
		Vectors []formVector `json:"vectors"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatalf("decode forms.json: %v", err)
	}
	return file.Vectors
}

// TestForms: what the writers of 60 forms answer is what Verify answers.
func TestForms(t *testing.T) {
	t.Parallel()
	vectors := readForms(t)
	if len(vectors) < 1600 {
		t.Errorf("forms.json holds %d vectors, want over 1600", len(vectors))
	}
	byForm := make(map[string][]formVector)
	for _, v := range vectors {
		byForm[v.Form] = append(byForm[v.Form], v)
	}
	for form, vectors := range byForm {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			matched, costly := 0, make(map[bool]int)
			for _, v := range vectors {
				if v.Match {
					matched++
				}
				if takesLong(t, v) {
					if costly[v.Match]++; costly[v.Match] > 2 {
						continue // The others are no different.
					}
				}
				checkForm(t, v)
			}
			if matched == 0 || matched == len(vectors) {
				t.Errorf("%d of %d vectors match: nothing is told apart", matched, len(vectors))
			}
		})
	}
}

// takesLong reports whether one verification is some tens of milliseconds.
func takesLong(t *testing.T, v formVector) bool {
	t.Helper()
	h, err := v.options().Parse(v.Hash, v.Salt)
	if err != nil {
		t.Fatalf("%s: Parse(%q) = %v", v.Writer, v.Hash, err)
	}
	return password.Kernel{}.Estimate(h, false) > 5*time.Millisecond
}

func checkForm(t *testing.T, v formVector) {
	t.Helper()
	h, err := v.options().Parse(v.Hash, v.Salt)
	if err != nil {
		t.Errorf("%s: Parse(%q) = %v", v.Writer, v.Hash, err)
		return
	}
	if got := h.Verify(v.Password); got != v.Match {
		t.Errorf("%s: Verify(%q) of %q = %v, want %v", v.Writer, v.Password, v.Hash, got, v.Match)
	}
	// The rest does not depend on the cost, so the costly ones may do without.
	if !v.Match || h.Memory() > 4<<20 || strings.Contains(h.Method(), "0000") {
		return
	}
	if h.Decoy().Verify(v.Password) {
		t.Errorf("the decoy of %q matches", v.Hash)
	}
	if h.Verify(v.Password + "\x00") {
		t.Errorf("%q matches with U+0000 behind the password", v.Hash)
	}
	checkSent(t, h, v.Password)
}

// checkSent: a hash that went to another process, with what is hashed in the password's
// place, is the same there.
func checkSent(t *testing.T, h password.Hash, right string) {
	t.Helper()
	encoded, ok := h.Encode()
	if ok == h.Weak() {
		t.Errorf("Encode() of %s, weak %v = %v", h, h.Weak(), ok)
	}
	if !ok {
		return
	}
	there, err := password.Decode(encoded)
	if err != nil {
		t.Errorf("Decode(%q) of %s: %v", encoded, h, err)
		return
	}
	if !h.Accepts(there.Verify(h.Prepare(right)), right) || there.Verify(h.Prepare(right)+"x") {
		t.Errorf("%s is another in the process that it is sent to", h)
	}
	if again, _ := there.Encode(); again != encoded {
		t.Errorf("Decode(%q) is written as %q", encoded, again)
	}
	if d, ok := h.Decoy().Encode(); !ok {
		t.Errorf("the decoy of %s cannot be sent", h)
	} else if _, err := password.Decode(d); err != nil {
		t.Errorf("the decoy of %s, %q, cannot be read: %v", h, d, err)
	}
}

// TestFormsAreNamed: nothing that Form or Describe says grows with what is in a table.
func TestFormsAreNamed(t *testing.T) {
	t.Parallel()
	forms := make(map[string]bool)
	for _, v := range readForms(t) {
		h, err := v.options().Parse(v.Hash, v.Salt)
		if err != nil {
			t.Fatal(err)
		}
		name, err := v.options().Describe(v.Hash, v.Salt)
		if err != nil || name == "" || h.Form() == "" || h.Method() == "" {
			t.Errorf("Describe(%q) = %q, %v; Form %q, Method %q", v.Hash, name, err, h.Form(), h.Method())
		}
		forms[h.Form()] = true
	}
	if len(forms) > 60 {
		t.Errorf("%d forms are told apart: %v", len(forms), forms)
	}
}
