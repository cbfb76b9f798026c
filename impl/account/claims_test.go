package account_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/token"
)

// claiming is a table whose rows have these claims.
type claiming struct {
	account.Users
	claims account.Claims
}

func (c claiming) FindByUsername(ctx context.Context, username string) (account.Record, error) {
	record, err := c.Users.FindByUsername(ctx, username)
	record.Claims = c.claims
	return record, err
}

// TestClaims: what the row has for tokens is in the token that Issue makes of it, and not
// in whom a token stands for; a row that no token can carry answers like a wrong
// password.
func TestClaims(t *testing.T) {
	_, users, _ := open(t, true, digest)
	ring := single(t, "secret")
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Hour, Extra: []string{"role"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		claims account.Claims
		want   string // in the token; "" for nobody
		event  string
	}{
		{account.Claims{Members: `"role":"admin"`}, `,"role":"admin"}`, "login success verified 1 user0 "},
		{account.Claims{}, `"}`, "login success verified 1 user0 "},
		{account.Claims{Unfit: true}, "", "login failure unusable_hash 1 user0 "},
		{account.Claims{Members: `"role":"admin"`, Unfit: true}, "", "login failure unusable_hash 1 user0 "},
	} {
		var log bytes.Buffer
		s, err := account.New(account.Config{
			Users: claiming{users, c.claims}, Tokens: tokens, Keys: ring, AllowWeakHashes: true, Logger: slog.New(slog.NewJSONHandler(&log, nil)),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		principal, err := s.Verify(t.Context(), account.Credentials{Username: "user0", Password: "correct horse"})
		if got := events(t, log.String()); got[len(got)-1] != c.event {
			t.Errorf("%+v: recorded %v, want %s", c.claims, got, c.event)
		}
		if c.want == "" {
			if !errors.Is(err, account.ErrInvalidCredentials) || principal != (account.Principal{}) {
				t.Errorf("%+v: Verify() = %+v, %v", c.claims, principal, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		minted, err := s.Issue(principal)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := base64.RawURLEncoding.DecodeString(strings.Split(minted.Compact, ".")[1])
		if err != nil || !strings.HasSuffix(string(payload), c.want) {
			t.Errorf("%+v: Issue() = %s, %v, want it to end in %s", c.claims, payload, err, c.want)
		}
		principal.Claims, principal.Fingerprint = "", account.Fingerprint{}
		got, err := s.Identify(t.Context(), minted.Compact)
		principal.AuthenticatedAt = got.AuthenticatedAt // the next second may have begun
		if diff := cmp.Diff(principal, got); err != nil || diff != "" {
			t.Errorf("%+v: Identify() = %v, and differs (-want +got):\n%s", c.claims, err, diff)
		}
	}
	stray, err := account.New(account.Config{
		Users: claiming{users, account.Claims{Members: `"other":1`}}, Tokens: tokens, Keys: ring, AllowWeakHashes: true, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stray.Close)
	if got, err := stray.Issue(verify(t, stray, "user0")); err == nil || got != (token.Token{}) {
		t.Errorf("a claim that is not configured was issued: %v, %v", got, err)
	}
}
