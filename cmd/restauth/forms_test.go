package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/serve"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// TestStoredForms: whoever's hash is in the table as its writer wrote it logs in with the
// password and not with another, and a hash that would take for ever is refused at once,
// with the bound in the log.
func TestStoredForms(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "users.db")
	table, err := serve.OpenEmbedded(t.Context(), &settings.Users{URL: "sqlite:" + file, Table: "user", IDColumn: "id", UsernameColumn: "username", PasswordColumn: "password", Timeout: time.Minute}, true, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	typed := formPasswords(t)
	for form, v := range typed {
		if _, err := table.Add(t.Context(), form, v.Hash); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := table.Add(t.Context(), "for ever", "$6$rounds=999999999$salt$"+strings.Repeat(".", 86)); err != nil {
		t.Fatal(err)
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, "RESTAUTH_BARE_HASHES=text,md5,sha1,sha256,sha512", "--users", "sqlite:"+file, "--no-throttle")
	for form, v := range typed {
		wrong := []string{v.Password + "x", v.Hash}
		if v.Hash == v.Password { // in the clear
			wrong = wrong[:1]
		}
		if got := s.attempt(form, v.Password); got != 200 {
			t.Errorf("%s: login with the password = %d, want 200", form, got)
		}
		for _, password := range wrong {
			if got := s.attempt(form, password); got != 401 {
				t.Errorf("%s: login with %q = %d, want 401", form, password, got)
			}
		}
	}
	if got := s.attempt("for ever", "x"); got != 401 {
		t.Errorf("a hash of a billion rounds: %d, want 401", got)
	}
	if line := s.logLine("a stored password hash cannot be verified"); line == nil || line["detail"] != "password hash too costly: sha-crypt rounds is over 1000000" {
		t.Errorf("the log says %v of it", line)
	}
	if line := s.logLine("there are stored hashes that nobody can log in with"); line == nil || line["unusable"] != 1. || !strings.Contains(fmt.Sprint(line["why"]), "1 × password hash too costly") {
		t.Errorf("the log says %v of all", line)
	}
}

type formPassword struct{ Hash, Password string }

// formPasswords is one of each recorded form that needs no secret.
func formPasswords(t *testing.T) map[string]formPassword {
	t.Helper()
	text, err := os.ReadFile("../../impl/password/testdata/forms.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Vectors []struct {
			formPassword
			Form, Pepper, Salt string
			Match              bool
			FlaskSecuritySalt  string `json:"flask_security_salt"`
			Long               bool   `json:"bcrypt_long_passwords"`
		}
	}
	if err := json.Unmarshal(text, &recorded); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]formPassword)
	for _, v := range recorded.Vectors {
		if _, ok := all[v.Form]; !ok && v.Match && v.Pepper+v.Salt+v.FlaskSecuritySalt == "" && !v.Long {
			all[v.Form] = v.formPassword
		}
	}
	if len(all) < 55 {
		t.Fatalf("only %d forms", len(all))
	}
	return all
}
