package account_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/token"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
)

// open returns a service over an SQLite database in memory holding the given
// hashes, and its log.
func open(t testing.TB, allowWeak bool, hashes ...string) (*account.Service, *state.Embedded, *strings.Builder) {
	t.Helper()
	users, err := state.OpenEmbedded(t.Context(), state.EmbeddedConfig{Config: users.Config{URL: "sqlite::memory:", Timeout: patience}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = users.Close() })
	for i, hash := range hashes {
		if _, err := users.Add(t.Context(), fmt.Sprintf("user%d", i), hash); err != nil {
			t.Fatal(err)
		}
	}
	ring := single(t, "secret")
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	gate, err := pool.NewGate(pool.Config{}, gate.Config{MaxWait: always})
	if err != nil {
		t.Fatal(err)
	}
	log := new(strings.Builder)
	s, err := account.New(account.Config{Gate: gate, Users: users, Tokens: tokens, Keys: ring, AllowWeakHashes: allowWeak, Logger: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	return s, users, log
}

func single(t testing.TB, secret string) *keys.Ring {
	t.Helper()
	ring, err := keys.Single([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// login is both its steps.
func login(ctx context.Context, s *account.Service, username, password string) (token.Token, error) {
	principal, err := s.Verify(ctx, account.Credentials{Username: username, Password: password})
	if err != nil {
		return token.Token{}, err
	}
	return s.Issue(principal)
}

const (
	fast   = "pbkdf2:sha256:1000$salt$" + "0000000000000000000000000000000000000000000000000000000000000000"
	slow   = "pbkdf2:sha512:20000$jOdIT6Ot$1c1268f5ee24734154b5d2766100f58b30f32bf295df4d288aaa86d60c1d59a505547fc73bb7c91cf4dc56dbca8cbbb8d14e5517571a2267ccb2f9d387c33bc1"
	digest = "sha1$ofeFms0S$9f0b7ba72147f46e78f0d50c0d13a6c17db5bee2"
)

// TestUnknownUsersCostWhatMostDo: the decoy takes the method that most rows
// have, whatever else stands in the table.
func TestUnknownUsersCostWhatMostDo(t *testing.T) {
	for _, c := range []struct {
		name      string
		hashes    []string
		allowWeak bool
		want      string
	}{
		{"an empty table has the cost of a new user", nil, true, "argon2id:m=19456,t=2,p=1"},
		{"the most frequent", []string{slow, fast, slow}, true, "pbkdf2:sha512:20000"},
		{"broken rows do not count", []string{"x", "x", "x", fast}, true, "pbkdf2:sha256:1000"},
		{"only broken rows", []string{"x", "y"}, true, "argon2id:m=19456,t=2,p=1"},
		{"weak ones count where they let in", []string{digest, digest, fast}, true, "hmac:sha1"},
		{"and not where they do not", []string{digest, digest, fast}, false, "pbkdf2:sha256:1000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, _, _ := open(t, c.allowWeak, c.hashes...)
			if err := s.LearnCost(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := s.DecoyMethod(); got != c.want {
				t.Errorf("decoy = %s, want %s", got, c.want)
			}
		})
	}
}

// TestLearnCostKeepsWhatItKnows when the database is away.
func TestLearnCostKeepsWhatItKnows(t *testing.T) {
	s, users, _ := open(t, true, fast)
	if err := s.LearnCost(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := users.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.LearnCost(t.Context()); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("LearnCost() = %v, want ErrUnavailable", err)
	}
	if got := s.DecoyMethod(); got != "pbkdf2:sha256:1000" {
		t.Errorf("decoy = %s", got)
	}
}

// TestLoginErrors are told apart, and none says more than it should.
func TestLoginErrors(t *testing.T) {
	s, users, log := open(t, true, digest)
	ctx := context.Background()
	minted, err := login(ctx, s, "user0", "correct horse")
	if err != nil || minted.ExpiresIn != time.Minute {
		t.Fatalf("login() = %v, %v", minted.ExpiresIn, err)
	}
	if who, err := s.Identify(ctx, minted.Compact); err != nil || who.User.Username != "user0" {
		t.Errorf("Identify() = %v, %v", who, err)
	}
	for _, c := range [][2]string{{"user0", "wrong"}, {"nobody", "correct horse"}, {"", ""}, {"user0", "correct horse\x00"}} {
		if _, err := login(ctx, s, c[0], c[1]); !errors.Is(err, account.ErrInvalidCredentials) {
			t.Errorf("login(%q) = %v", c[0], err)
		}
	}
	var refused *token.Error
	if _, err := s.Identify(ctx, "x"); !errors.As(err, &refused) {
		t.Errorf("Identify(x) = %v", err)
	}
	if err := users.Delete(ctx, userid.Number(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Identify(ctx, minted.Compact); !errors.Is(err, account.ErrUserNotFound) {
		t.Errorf("Identify(deleted) = %v", err)
	}
	if err := users.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := login(ctx, s, "user0", "correct horse"); !errors.Is(err, account.ErrUnavailable) || errors.Is(err, account.ErrInvalidCredentials) {
		t.Errorf("login() in an outage = %v", err)
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 1 {
		t.Errorf("%d warnings, want 1:\n%s", n, log)
	}
}

// TestNewWantsItsParts: a service without one would let in or crash later.
func TestNewWantsItsParts(t *testing.T) {
	if _, err := account.New(account.Config{}); err == nil {
		t.Error("New() without parts is no error")
	}
}

// TestWarningsOfBothKinds: one user may have two things to mend.
func TestWarningsOfBothKinds(t *testing.T) {
	s, users, log := open(t, true, fast)
	for _, hash := range []string{"md5$salt$x", "md5$salt$x", "pbkdf2:sha256:999999999$salt$00", "md5$salt$x", ""} {
		if err := users.SetPasswordHash(t.Context(), userid.Number(1), hash); err != nil {
			t.Fatal(err)
		}
		if _, err := login(t.Context(), s, "user0", "roy"); !errors.Is(err, account.ErrInvalidCredentials) {
			t.Errorf("login() = %v", err)
		}
	}
	if n := strings.Count(log.String(), "level=WARN"); n != 3 {
		t.Errorf("%d warnings, want one each of malformed, too costly and without a password:\n%s", n, log)
	}
}
