package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/token"
)

// salted is a table in which every row has a salt in a column of its own.
type salted struct {
	account.Users
	salt string
}

func (s salted) FindByUsername(ctx context.Context, name string) (account.Record, error) {
	record, err := s.Users.FindByUsername(ctx, name)
	record.Salt = s.salt
	return record, err
}

// withHashes is a service over the hashes of an application that the options are of.
func withHashes(t *testing.T, o password.Options, salt string, hashes ...string) (*account.Service, *strings.Builder) {
	t.Helper()
	_, table, _ := open(t, true, hashes...)
	ring := single(t, "secret")
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	log := new(strings.Builder)
	s, err := account.New(account.Config{
		Users: salted{table, salt}, Tokens: tokens, Keys: ring, AllowWeakHashes: true, Hashes: o, Logger: slog.New(slog.NewJSONHandler(log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, log
}

// TestOptionsReachLogins: what the application did to passwords is done to what is typed,
// and nobody gets in without it. No secret of it is logged.
func TestOptionsReachLogins(t *testing.T) {
	t.Parallel()
	const (
		peppered = "$2a$04$9ZYxHwXqzdz6K005dyLH9.YUWHZr9/9vHoFd3YVnfPY9/8hC8XV1i"
		secret   = "5f3c9b1e5f3c9b1e5f3c9b1e5f3c9b1e"
	)
	for _, c := range []struct {
		name     string
		options  password.Options
		salt     string
		hash     string
		want     bool
		password string
	}{
		{"a pepper", password.Options{Pepper: []byte(secret)}, "", peppered, true, "correct horse"},
		{"another pepper", password.Options{Pepper: []byte("x" + secret)}, "", peppered, false, "correct horse"},
		{"no pepper", password.Options{}, "", peppered, false, "correct horse"},
		{"a salt's column", password.Options{BareForms: []string{"md5"}, SaltPosition: password.SaltBefore}, "ab", "900150983cd24fb0d6963f7d28e17f72", true, "c"},
		{"a bare digest", password.Options{BareForms: []string{"md5"}}, "", "5f4dcc3b5aa765d61d8327deb882cf99", true, "password"},
		{"a bare digest that no setting reads", password.Options{}, "", "5f4dcc3b5aa765d61d8327deb882cf99", false, "password"},
		{"text", password.Options{BareForms: []string{"text"}}, "", "correct horse", true, "correct horse"},
		{"text that no setting reads", password.Options{}, "", "correct horse", false, "correct horse"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, log := withHashes(t, c.options, c.salt, c.hash)
			_, err := s.Verify(t.Context(), account.Credentials{Username: "user0", Password: c.password})
			if (err == nil) != c.want || err != nil && !errors.Is(err, account.ErrInvalidCredentials) {
				t.Errorf("Verify() = %v, want a login: %v", err, c.want)
			}
			if strings.Contains(log.String(), secret) || strings.Contains(log.String(), c.hash) {
				t.Errorf("the log has a secret:\n%s", log)
			}
		})
	}
}

// TestSpellingsOfFlaskSecurity: what its forms hashed and what its hash_password did both
// let in, in whichever form a client sends it, and what is only alike does not.
func TestSpellingsOfFlaskSecurity(t *testing.T) {
	t.Parallel()
	o := password.Options{FlaskSecuritySalt: []byte("146585145368132386173505678016728509634")}
	const (
		composed   = "p\u00e4ssw\u00f6rd"
		decomposed = "pa\u0308sswo\u0308rd"
	)
	s, _ := withHashes(t, o, "",
		"$pbkdf2-sha512$600$a621ds7Z29sbg/C.t5by3g$l1CaXARL7oSS649VZrzNdOc6ybmeDT96EhZNDp.Rd87hcU8cpC25OGthVWjX4km.v8rkSQYOQ1HZx8abLR/V/g", // of decomposed
		"$pbkdf2-sha512$600$pJRyDoHwfs9ZKwWgNAaAcA$Y.5UlBPWC2ugu0O94HvyfaDdiI1PgqwCpCDKN56OkiaAMt8nqy1Kp1gusSMzDgQPjS4WNZtRInRWdhA0wmCAJg", // of composed
	)
	for _, c := range []struct {
		username, typed string
		want            bool
	}{
		{"user0", composed, true},
		{"user0", decomposed, true},
		{"user0", composed + "x", false},
		{"user1", composed, true},
		{"user1", decomposed, false},
		{"user1", "password", false},
		{"nobody", composed, false},
	} {
		_, err := s.Verify(t.Context(), account.Credentials{Username: c.username, Password: c.typed})
		if (err == nil) != c.want || err != nil && !errors.Is(err, account.ErrInvalidCredentials) {
			t.Errorf("Verify(%s, %+q) = %v, want a login: %v", c.username, c.typed, err, c.want)
		}
	}
}

// TestHashOptionsThatCannotBe are refused at the start.
func TestHashOptionsThatCannotBe(t *testing.T) {
	t.Parallel()
	_, table, _ := open(t, true)
	ring := single(t, "secret")
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[string]password.Options{
		`there is no bare form "rot13"`: {BareForms: []string{"rot13"}},
		"an application has one":        {Pepper: []byte("x"), BcryptLongPasswords: true},
	} {
		_, err := account.New(account.Config{Users: table, Tokens: tokens, Keys: ring, Hashes: o, Logger: slog.New(slog.DiscardHandler)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New() with %v = %v, want %q", o, err, want)
		}
	}
}

// TestUnusableHashesAreSummed: once, with why and how many, and again when that changes.
func TestUnusableHashesAreSummed(t *testing.T) {
	t.Parallel()
	hashes := []string{
		fast, "5f4dcc3b5aa765d61d8327deb882cf99", "5f4dcc3b5aa765d61d8327deb882cf98", "$2b$20$" + strings.Repeat(".", 53), "$2b$04$cut",
	}
	s, log := withHashes(t, password.Options{}, "", hashes...)
	for range 2 {
		if err := s.LearnCost(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	if len(lines) != 1 {
		t.Fatalf("%d lines, want one:\n%s", len(lines), log)
	}
	var line struct {
		Level, Why string
		Looked     int `json:"of_those_looked_at"`
		Unusable   int
	}
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	if line.Level != "WARN" || line.Looked != 5 || line.Unusable != 4 {
		t.Errorf("%+v, want a warning of 4 of 5", line)
	}
	for _, want := range []string{"2 × password hash not enabled: unsalted, or in the clear; --bare-hashes md5 reads it", "1 × password hash too costly: bcrypt cost is over 14", "1 × malformed password hash"} {
		if !strings.Contains(line.Why, want) {
			t.Errorf("why = %q lacks %q", line.Why, want)
		}
	}
}
