package account_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/token"
	"github.com/restauth/restauth/impl/userid"
)

const halfYear = 180 * 24 * time.Hour

// front is a login over a table, with a clock that a test moves.
type front struct {
	*account.Service
	t     testing.TB
	table *state.Embedded
	ring  *keys.Ring
	clock atomic.Int64 // in Unix nanoseconds
}

func (f *front) now() time.Time { return time.Unix(0, f.clock.Load()) }

func (f *front) set(now time.Time) { f.clock.Store(now.UnixNano()) }

// doorman is a front over user0, user1 and so on with these hashes.
func doorman(t testing.TB, change func(*account.Config), hashes ...string) *front {
	t.Helper()
	_, table, _ := open(t, true, hashes...)
	f := &front{t: t, table: table, ring: single(t, "secret")}
	f.set(time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC))
	f.again(change)
	return f
}

// again is another process over the same table, with the same ring and clock.
func (f *front) again(change func(*account.Config)) {
	f.t.Helper()
	tokens, err := token.New(token.Config{Keys: f.ring, Lifetime: time.Hour, Now: f.now})
	if err != nil {
		f.t.Fatal(err)
	}
	cfg := account.Config{
		Users: f.table, Tokens: tokens, Keys: f.ring, AllowWeakHashes: true, Logger: slog.New(slog.DiscardHandler),
		DeviceLifetime: halfYear, KnownAddressAge: 30 * 24 * time.Hour, Now: f.now,
	}
	if change != nil {
		change(&cfg)
	}
	if f.Service, err = account.New(cfg); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(f.Close)
}

// login is a login that brings a device token, and what it answers.
func (f *front) login(username, brought string) string {
	f.t.Helper()
	c := account.Credentials{Username: username, Password: "correct horse", DeviceToken: brought}
	principal, err := f.Verify(f.t.Context(), c)
	if err != nil {
		f.t.Fatal(err)
	}
	device, err := f.IssueDevice(principal, brought)
	if err != nil {
		f.t.Fatal(err)
	}
	return device
}

// known is how who brings a device token is known.
func (f *front) known(username, brought string) account.Known {
	f.t.Helper()
	return f.from(account.Credentials{Username: username, DeviceToken: brought})
}

func (f *front) from(c account.Credentials) account.Known {
	f.t.Helper()
	known, err := f.Knows(f.t.Context(), c)
	if err != nil {
		f.t.Fatal(err)
	}
	if known.Is() == (known == account.Known{}) {
		f.t.Errorf("Known = %v, want a key for the known and none for strangers", known)
	}
	return known
}

// TestDeviceToken: it makes its user known, for its time, and nobody else.
func TestDeviceToken(t *testing.T) {
	f := doorman(t, nil, digest, digest)
	brought := f.login("user0", "")
	begun := f.now()
	for name, c := range map[string]struct {
		username string
		after    time.Duration
		want     account.KnownBy
	}{
		"at once":                           {"user0", 0, account.ByDevice},
		"on its last day":                   {"user0", halfYear - time.Second, account.ByDevice},
		"after its time":                    {"user0", halfYear, account.Stranger},
		"another user with the same hash":   {"user1", 0, account.Stranger},
		"nobody":                            {"user2", 0, account.Stranger},
		"by a server whose clock is behind": {"user0", -5 * time.Minute, account.ByDevice},
		"far before it was issued":          {"user0", -5*time.Minute - time.Second, account.Stranger},
	} {
		f.set(begun.Add(c.after))
		if got := f.known(c.username, brought); got.By != c.want {
			t.Errorf("%s: Known = %v, want %v", name, got, c.want)
		}
	}
	f.set(begun)
	first, second := f.known("user0", brought).Key, f.known("user0", f.login("user0", "")).Key
	if first == second || first != f.known("user0", brought).Key {
		t.Errorf("keys of two devices are %x and %x, want two that stay", first, second)
	}
	f.again(func(c *account.Config) { c.DeviceLifetime = 24 * time.Hour })
	f.set(begun.Add(24 * time.Hour))
	if got := f.known("user0", brought); got.Is() {
		t.Errorf("Known = %v, want the lifetime of now to count", got)
	}
}

// TestDeviceTokenForm is what later versions have to take: what OpenSSL makes of the same.
func TestDeviceTokenForm(t *testing.T) {
	f := doorman(t, func(c *account.Config) { c.Random = strings.NewReader("restauth/example") }, digest)
	f.set(time.Unix(1_800_000_000, 0))
	raw, err := base64.RawURLEncoding.DecodeString(f.login("user0", ""))
	if err != nil {
		t.Fatal(err)
	}
	const want = "01" + "000000006b49d200" + "72657374617574682f6578616d706c65" + "a617a0d352857a4f1d1a07760b47c371" + "53d38987533738bb71b9780771a7c801"
	if got := hex.EncodeToString(raw); got != want {
		t.Errorf("device token = %s, want %s", got, want)
	}
}

// TestDeviceTokenEndsWithThePassword that was verified for it: who knew the old one, and
// made himself known as often as he liked, is a stranger afterwards.
func TestDeviceTokenEndsWithThePassword(t *testing.T) {
	f := doorman(t, nil, digest)
	brought := f.login("user0", "")
	if err := f.table.SetPasswordHash(t.Context(), userid.Number(1), digestOfHorse); err != nil {
		t.Fatal(err)
	}
	if got := f.known("user0", brought); got.Is() {
		t.Errorf("Known = %v after the hash was changed", got)
	}
	if next := f.login("user0", brought); next == brought || !f.known("user0", next).Is() {
		t.Errorf("the login after it answered %q, want a new device token", next)
	}
}

// TestDeviceTokenOutlivesSigningKeys: it is of the ring's root, which keys that come and
// go leave as it is. Another root is another restauth.
func TestDeviceTokenOutlivesSigningKeys(t *testing.T) {
	f := doorman(t, nil, digest)
	brought := f.login("user0", "")
	next, err := keys.HS256.Key("next", []byte("another secret that signs"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.ring.Replace(next); err != nil {
		t.Fatal(err)
	}
	if got := f.known("user0", brought); got.By != account.ByDevice {
		t.Errorf("Known = %v after the signing key was replaced", got)
	}
	f.again(nil)
	if got := f.known("user0", brought); got.By != account.ByDevice {
		t.Errorf("Known = %v by another process", got)
	}
	f.ring = single(t, "another secret")
	f.again(nil)
	if got := f.known("user0", brought); got.Is() {
		t.Errorf("Known = %v under another root", got)
	}
}

// TestDeviceTokenForged: no text but the token itself is one.
func TestDeviceTokenForged(t *testing.T) {
	f := doorman(t, nil, digest)
	brought := f.login("user0", "")
	raw, err := base64.RawURLEncoding.DecodeString(brought)
	if err != nil {
		t.Fatal(err)
	}
	minted, err := f.Issue(verify(t, f.Service, "user0"))
	if err != nil {
		t.Fatal(err)
	}
	forged := []string{
		"", "x", brought[1:], brought[:len(brought)-1], brought[:72], brought + "A", brought + "=", brought + "==", " " + brought, brought + "\n",
		brought[:40] + "\n" + brought[40:], brought[:40] + "\n" + brought[41:], "\r\n\r\n" + brought[4:], brought[:75] + "=", brought[:75] + " ",
		brought[:40] + "+/+/" + brought[44:], brought[:40] + "\x00" + brought[41:], brought[:40] + "é" + brought[42:], strings.ToLower(brought),
		base64.StdEncoding.EncodeToString(raw[:56]), hex.EncodeToString(raw), strings.Repeat("A", len(brought)), strings.Repeat("A", 255),
		minted.Compact, minted.Compact[:len(brought)], brought + "." + brought + "." + brought,
	}
	for bit := range 8 * len(raw) {
		other := []byte(string(raw))
		other[bit/8] ^= 1 << (bit % 8)
		forged = append(forged, base64.RawURLEncoding.EncodeToString(other))
	}
	for _, text := range forged {
		if got := f.known("user0", text); got.Is() {
			t.Errorf("Known = %v by %q", got, text)
		}
		if text != "" && f.login("user0", text) == text {
			t.Errorf("%q was answered as a device token", text)
		}
	}
	if !f.known("user0", brought).Is() {
		t.Error("the token itself is not known")
	}
	var refused *token.Error
	if who, err := f.Identify(t.Context(), brought); !errors.As(err, &refused) {
		t.Errorf("a device token was an access token: %v, %v", who, err)
	}
}

// TestDeviceTokenRenewed in the second half of its life, and kept in the first.
func TestDeviceTokenRenewed(t *testing.T) {
	f := doorman(t, nil, digest)
	brought := f.login("user0", "")
	begun := f.now()
	f.set(begun.Add(halfYear/2 - time.Second))
	if next := f.login("user0", brought); next != brought {
		t.Errorf("in its first half it was renewed")
	}
	f.set(begun.Add(halfYear / 2))
	next := f.login("user0", brought)
	if next == brought || f.known("user0", next).Key == f.known("user0", brought).Key {
		t.Errorf("in its second half it was not renewed")
	}
	f.set(begun.Add(halfYear))
	if f.known("user0", brought).Is() || !f.known("user0", next).Is() {
		t.Errorf("the new one does not begin its life anew")
	}
}

// TestNoDeviceTokens where they are switched off: none is made, none counts.
func TestNoDeviceTokens(t *testing.T) {
	f := doorman(t, nil, digest)
	brought := f.login("user0", "")
	f.again(func(c *account.Config) { c.DeviceLifetime = 0 })
	if got := f.login("user0", brought); got != "" || f.known("user0", brought).Is() {
		t.Errorf("device token %q, known %v, want neither", got, f.known("user0", brought))
	}
}

// TestNoDeviceTokenForNobody: what was not verified has none, and without randomness
// there is none that others could have too.
func TestNoDeviceTokenForNobody(t *testing.T) {
	f := doorman(t, nil, digest)
	if got, err := f.IssueDevice(account.Principal{Subject: "1"}, ""); got != "" || err == nil {
		t.Errorf("IssueDevice() of nobody = %q, %v", got, err)
	}
	f.again(func(c *account.Config) {
		c.Random = iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("restauth/example")))
	})
	if got, err := f.IssueDevice(verify(t, f.Service, "user0"), ""); got != "" || err == nil {
		t.Errorf("IssueDevice() without randomness = %q, %v", got, err)
	}
	if _, err := account.New(account.Config{DeviceLifetime: -1}); err == nil {
		t.Error("a negative lifetime is no error")
	}
}

// BenchmarkDeviceToken is what a login pays to know its client by one.
func BenchmarkDeviceToken(b *testing.B) {
	f := doorman(b, nil, digest)
	brought := f.login("user0", "")
	for name, username := range map[string]string{"known": "user0", "of nobody": "nobody"} {
		b.Run(name, func(b *testing.B) {
			record, found := account.Record{User: account.User{ID: userid.Number(1)}, PasswordHash: digest}, username == "user0"
			b.ReportAllocs()
			for b.Loop() {
				f.KnowsRow(b.Context(), record, found, account.Credentials{Username: username, DeviceToken: brought})
			}
		})
	}
}
