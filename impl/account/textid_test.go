package account_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/token"
	"github.com/restauth/restauth/impl/userid"
)

// keyed is a table of users, by their names.
type keyed map[string]userid.ID

func (k keyed) FindByUsername(_ context.Context, username string) (account.Record, error) {
	id, ok := k[username]
	if !ok {
		return account.Record{}, account.ErrUserNotFound
	}
	return account.Record{User: account.User{ID: id, Username: username}, PasswordHash: digest}, nil
}

func (k keyed) FindByID(_ context.Context, id userid.ID) (account.User, error) {
	for username, is := range k {
		if is == id {
			return account.User{ID: id, Username: username}, nil
		}
	}
	return account.User{}, account.ErrUserNotFound
}

func (k keyed) SampleHashes(context.Context, int) ([]string, error) { return nil, nil }
func (k keyed) Ready(context.Context) error                         { return nil }

// TestAnyKey: whatever the key of a user is, a login, its token, its device token and its
// address are that user's and no other's, also after a restart.
func TestAnyKey(t *testing.T) {
	big, _ := userid.ParseNumber("340282366920938463463374607431768211455")
	for kind, table := range map[userid.Kind]keyed{
		userid.Texts: {
			"upper": userid.Text("ABC"), "lower": userid.Text("abc"), "seven": userid.Text("7"), "jöe": userid.Text("jöe"),
			"uuid": userid.Text("6ccd780c-baba-1026-9564-5b8c656024db"),
		},
		userid.Numbers: {
			"seven": userid.Number(7), "none": userid.Number(0), "minus": userid.Number(-7), "unsigned": userid.Unsigned(1<<64 - 1), "big": big,
		},
	} {
		t.Run(kind.String(), func(t *testing.T) {
			kept, ring := newBook(t), single(t, "secret")
			now := time.Now()
			start := func() *account.Service {
				tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Hour, IDs: func() userid.Kind { return kind }})
				if err != nil {
					t.Fatal(err)
				}
				s, err := account.New(account.Config{
					Users: table, Tokens: tokens, Keys: ring, AllowWeakHashes: true, Logger: slog.New(slog.DiscardHandler), IdentityMaxAge: time.Second,
					DeviceLifetime: halfYear, KnownAddressAge: 30 * oneDay, Addresses: kept, Now: func() time.Time { return now },
				})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(s.Close)
				return s
			}
			s, devices := start(), make(map[string]string)
			for name, id := range table {
				principal := verify(t, s, name)
				if principal.User.ID != id || principal.Subject != id.String() {
					t.Errorf("Verify(%s) = %v, %q, want %v", name, principal.User, principal.Subject, id)
				}
				minted, err := s.Issue(principal)
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					if who, err := s.Identify(t.Context(), minted.Compact); err != nil || who.User.ID != id || who.User.Username != name || who.Subject != id.String() {
						t.Errorf("Identify() of %s = %v, %v", name, who, err)
					}
				}
				if devices[name], err = s.IssueDevice(principal, ""); err != nil {
					t.Fatal(err)
				}
			}
			s.Close() // which writes what waits
			again, seen := start(), make(map[[16]byte]string)
			for name := range table {
				at, err := again.Knows(t.Context(), account.Credentials{Username: name, Address: "203.0.113.5"})
				if err != nil || at.By != account.ByAddress || seen[at.Key] != "" {
					t.Errorf("%s where a login was is known by %v, %v, with the key of %q", name, at.By, err, seen[at.Key])
				}
				seen[at.Key] = name
				for owner, device := range devices {
					by, err := again.Knows(t.Context(), account.Credentials{Username: name, DeviceToken: device})
					if want := owner == name; err != nil || (by.By == account.ByDevice) != want {
						t.Errorf("%s with the device token of %s is known by %v, %v", name, owner, by.By, err)
					}
				}
			}
		})
	}
}

// TestNumbersAreDigestedAsEver: what versions that knew no other keys wrote is good still.
func TestNumbersAreDigestedAsEver(t *testing.T) {
	f := doorman(t, nil, digest, digest)
	f.at("user1", "203.0.113.5")
	digested := func(purpose, rest string) []byte {
		key, err := f.ring.Derive(purpose)
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(binary.BigEndian.AppendUint64(nil, 2))
		mac.Write([]byte(rest))
		return mac.Sum(nil)
	}
	if got := verify(t, f.Service, "user1").Fingerprint; got != account.Fingerprint(digested("fingerprint of a stored password hash", digest)) {
		t.Errorf("the fingerprint is %x", got)
	}
	if got := f.knownAt("user1", "203.0.113.5").Key; got != [16]byte(digested("known address 1", "203.0.113.5")) {
		t.Errorf("the address has the key %x", got)
	}
}

// TestUndecidedIsAnOutage: while nobody knows what keys are, no token is refused for what
// it says of its user.
func TestUndecidedIsAnOutage(t *testing.T) {
	ring := single(t, "secret")
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Hour, IDs: func() userid.Kind { return userid.Unknown }})
	if err != nil {
		t.Fatal(err)
	}
	s, err := account.New(account.Config{Users: keyed{}, Tokens: tokens, Keys: ring, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	minted, err := tokens.Mint(userid.Number(1))
	if err != nil {
		t.Fatal(err)
	}
	if who, err := s.Identify(t.Context(), minted.Compact); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("Identify() = %v, %v, want ErrUnavailable", who, err)
	}
}
