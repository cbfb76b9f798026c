package pool

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
)

// recorded is what the writer of a hash answers to a password.
type recorded struct {
	Form, Password, Hash, Bare, Salt, Position, Pepper string
	Match                                              bool
	FlaskSecuritySalt                                  string `json:"flask_security_salt"`
	BcryptLongPasswords                                bool   `json:"bcrypt_long_passwords"`
}

func (r *recorded) parse(t *testing.T) password.Hash {
	t.Helper()
	o := password.Options{
		BareForms: password.BareForms(), Pepper: []byte(r.Pepper), FlaskSecuritySalt: []byte(r.FlaskSecuritySalt),
		BcryptLongPasswords: r.BcryptLongPasswords,
	}
	switch r.Position {
	case "before":
		o.SaltPosition = password.SaltBefore
	case "after":
		o.SaltPosition = password.SaltAfter
	}
	h, err := o.Parse(r.Hash, r.Salt)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// recordedForms are two that match and two that do not of each form of which a hash takes
// milliseconds; the others go the same way.
func recordedForms(t *testing.T) []recorded {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "testdata", "forms.json"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []recorded }
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	type kind struct {
		form  string
		match bool
	}
	var usual []recorded
	seen := make(map[kind]int)
	for _, r := range file.Vectors {
		of := kind{r.Form, r.Match}
		if seen[of]++; seen[of] > 2 {
			continue
		}
		if h := r.parse(t); h.Memory() <= 4<<20 && !strings.Contains(h.Method(), "0000") && !strings.HasPrefix(h.Form(), "drupal") {
			usual = append(usual, r)
		}
	}
	if len(usual) < 200 {
		t.Fatalf("only %d vectors", len(usual))
	}
	return usual
}

// testForms: whatever an application did to a password, the writer's answer is the gate's,
// alone and where a wrong password has to cost what the usual one does.
func testForms(t *testing.T, newGate maker) {
	g := newGate(t, settings{Slots: 2, QueueLimit: 100_000, MaxWait: always})
	usual := mustParse(t, "scrypt:64:8:1$salt$"+strings.Repeat("0", 128))
	var verifying sync.WaitGroup
	for i, r := range recordedForms(t) {
		h := r.parse(t)
		verifying.Go(func() {
			client := gate.Client{Address: r.Form}
			got, err := g.VerifyAs(t.Context(), h, usual, r.Password, client)
			if err != nil || got != r.Match {
				t.Errorf("VerifyAs(%s, %q) = %v, %v, want %v", r.Hash, r.Password, got, err, r.Match)
			}
			if i%10 != 0 {
				return
			}
			if got, err := g.Verify(t.Context(), h.Decoy(), r.Password, client); got || err != nil {
				t.Errorf("Verify(the decoy of %s, %q) = %v, %v", r.Hash, r.Password, got, err)
			}
		})
	}
	verifying.Wait()
	idle(t, g)
}
