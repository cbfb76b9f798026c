package account_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/token"
	"github.com/restauth/restauth/impl/userid"
)

// digestOfHorse is the salted digest of "correct horse" with another salt than digest.
const digestOfHorse = "sha1$another$036372cfa19e3a216c2bafc5388369ae59b9c76e"

// loginAt is a service over a table with these hashes, whose clocks stand at now.
func loginAt(t *testing.T, now *time.Time, ring *keys.Ring, hashes ...string) *account.Service {
	t.Helper()
	clock := func() time.Time { return *now }
	_, users, _ := open(t, true, hashes...)
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Hour, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	s, err := account.New(account.Config{
		Users: users, Tokens: tokens, Keys: ring, AllowWeakHashes: true, Logger: slog.New(slog.DiscardHandler),
		IdentityMaxAge: time.Minute, Now: clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func verify(t *testing.T, s *account.Service, username string) account.Principal {
	t.Helper()
	principal, err := s.Verify(t.Context(), account.Credentials{Username: username, Password: "correct horse", Address: "203.0.113.5"})
	if err != nil {
		t.Fatal(err)
	}
	return principal
}

// TestPrincipal: who logs in is one Principal all the way, from Verify through a token
// and back; only the fingerprint, which takes the stored hash, stays behind.
func TestPrincipal(t *testing.T) {
	now := time.Date(2031, 5, 6, 7, 8, 9, 987_654_321, time.FixedZone("", 3600))
	s := loginAt(t, &now, single(t, "secret"), fast, digest)
	principal := verify(t, s, "user1")
	want := account.Principal{
		Subject: "2", User: account.User{ID: userid.Number(2), Username: "user1"}, Method: "pwd",
		AuthenticatedAt: time.Date(2031, 5, 6, 6, 8, 9, 0, time.UTC), Fingerprint: principal.Fingerprint,
	}
	if diff := cmp.Diff(want, principal); diff != "" || principal.Fingerprint == (account.Fingerprint{}) {
		t.Errorf("Verify() differs (-want +got):\n%s", diff)
	}
	minted, err := s.Issue(principal)
	if err != nil {
		t.Fatal(err)
	}
	want.Fingerprint = account.Fingerprint{}
	now = now.Add(10 * time.Minute) // It is not when the token is used that counts.
	for range 2 {
		got, err := s.Identify(t.Context(), minted.Compact)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("Identify() = %v, and differs (-want +got):\n%s", err, diff)
		}
	}
}

// TestPrincipalsOfTheRefused: an error comes with nobody.
func TestPrincipalsOfTheRefused(t *testing.T) {
	now := time.Now()
	s := loginAt(t, &now, single(t, "secret"), digest)
	minted, err := s.Issue(verify(t, s, "user0"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []account.Credentials{
		{Username: "user0", Password: "wrong"}, {Username: "nobody", Password: "correct horse"}, {},
	} {
		if got, err := s.Verify(t.Context(), c); !errors.Is(err, account.ErrInvalidCredentials) || got != (account.Principal{}) {
			t.Errorf("Verify(%q) = %v, %v", c.Username, got, err)
		}
	}
	now = now.Add(2 * time.Hour)
	for _, compact := range []string{"x", minted.Compact} {
		var refused *token.Error
		if got, err := s.Identify(t.Context(), compact); !errors.As(err, &refused) || got != (account.Principal{}) {
			t.Errorf("Identify() = %v, %v", got, err)
		}
	}
	for _, nobody := range []account.Principal{{}, {User: account.User{ID: userid.Number(1), Username: "user0"}}} {
		if got, err := s.Issue(nobody); err == nil || got != (token.Token{}) {
			t.Errorf("Issue(%v) = %v, %v, want no token", nobody, got, err)
		}
	}
}

// TestFingerprint: it follows the user, the stored hash and the ring's root, and
// nothing else. The first is held to what OpenSSL makes of the same, because later
// versions have to find what earlier ones kept.
func TestFingerprint(t *testing.T) {
	now := time.Now()
	ring := single(t, "secret")
	s := loginAt(t, &now, ring, digest, digest, digestOfHorse)
	first := verify(t, s, "user0").Fingerprint
	const want = "8b8efd576b0968803e59a322f5a30f9baea01517bea24df72331bb74dfc7b163"
	if got := hex.EncodeToString(first[:]); got != want {
		t.Errorf("Fingerprint = %s, want %s", got, want)
	}
	other := verify(t, s, "user1").Fingerprint
	another := verify(t, s, "user2").Fingerprint
	root := verify(t, loginAt(t, &now, single(t, "Secret"), digest), "user0").Fingerprint
	changed := verify(t, loginAt(t, &now, ring, digestOfHorse), "user0").Fingerprint
	seen := map[account.Fingerprint]string{first: "the first"}
	for name, got := range map[string]account.Fingerprint{
		"another user with the same hash": other, "another user, another hash": another, "another root": root, "the user after a change": changed,
	} {
		if same, twice := seen[got]; twice {
			t.Errorf("%s has the fingerprint of %s", name, same)
		}
		seen[got] = name
	}
	next, err := keys.HS256.Key("next", []byte("another secret that signs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := ring.Replace(next); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	for name, s := range map[string]*account.Service{"the same service": s, "a service that starts": loginAt(t, &now, ring, digest)} {
		if got := verify(t, s, "user0").Fingerprint; got != first {
			t.Errorf("%s: the fingerprint changed with the key that signs, or with time", name)
		}
	}
}

// TestCredentialsAreNotShown, however they are printed, logged or encoded.
func TestCredentialsAreNotShown(t *testing.T) {
	c := account.Credentials{Username: "roy", Password: "hunter2", Address: "203.0.113.5", DeviceToken: "hunter2"}
	var shown bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&shown, verb+" "+verb+" "+verb+"\n", c, &c, []account.Credentials{c})
	}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&shown, nil), slog.NewJSONHandler(&shown, nil)} {
		slog.New(handler).Info("x", "it", c, "in", struct{ C account.Credentials }{c})
	}
	if err := json.NewEncoder(&shown).Encode(c); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2"), "104 117 110"} {
		if strings.Contains(shown.String(), form) {
			t.Errorf("a password is shown:\n%s", shown.String())
		}
	}
}

// crowd is a table where every id is somebody: to write a large one takes memory.
type crowd struct{ account.Users }

func (crowd) FindByID(_ context.Context, id userid.ID) (account.User, error) {
	return account.User{ID: id, Username: fmt.Sprint("user", id)}, nil
}

// TestIdentifyAllocatesNothing within the bound on the answer's age: it is on the way
// of every guarded request.
func TestIdentifyAllocatesNothing(t *testing.T) {
	i := identify(t, crowd{sqlite(t)}, time.Hour, 0)
	minted, err := i.tokens.Mint(userid.Number(4711))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := i.Identify(t.Context(), minted.Compact); err != nil {
			t.Fatal(err)
		}
	}
	if n := testing.AllocsPerRun(1000, func() { _, _ = i.Identify(t.Context(), minted.Compact) }); n >= 1 {
		t.Errorf("%v allocations an Identify, want none", n)
	}
}

// BenchmarkIdentify is what a guarded request pays for its Principal.
func BenchmarkIdentify(b *testing.B) {
	i := identify(b, crowd{sqlite(b)}, time.Hour, 0)
	minted, err := i.tokens.Mint(userid.Number(4711))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := i.Identify(b.Context(), minted.Compact); err != nil {
			b.Fatal(err)
		}
	}
}
