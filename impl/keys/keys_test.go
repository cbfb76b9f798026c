package keys_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/keys"
)

const secret = "SECRET of forty-two bytes, and no more now"

func key(t testing.TB, id string) keys.Key {
	t.Helper()
	k, err := keys.HS256.Key(id, []byte(secret+id))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ring(t testing.TB, signer keys.Key, others ...keys.Key) *keys.Ring {
	t.Helper()
	r, err := keys.NewRing([]byte("root"), signer, others...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func ids(of []keys.Key) string {
	var names []string
	for _, k := range of {
		names = append(names, k.ID())
	}
	return strings.Join(names, " ")
}

// TestSingle: today's one secret is a ring of one, whose tokens carry no kid.
func TestSingle(t *testing.T) {
	given := []byte(secret)
	r, err := keys.Single(given)
	if err != nil {
		t.Fatal(err)
	}
	clear(given) // A caller may wipe its own.
	set := r.Current()
	signer := set.Signer()
	material, ok := signer.Material().([]byte)
	if !ok || string(material) != secret || signer.Algorithm() != keys.HS256 || signer.ID() != keys.SecretKeyID || signer.KeyID() != "" {
		t.Errorf("Signer() = %v with %d bytes and kid %q", signer, len(material), signer.KeyID())
	}
	for _, kid := range []string{"", keys.SecretKeyID, "another's"} {
		if got := set.Candidates(kid); len(got) != 1 || got[0] != signer {
			t.Errorf("Candidates(%q) = %v, want the one key", kid, got)
		}
	}
	if !set.Uses(keys.HS256) || set.Uses("none") || set.Uses("") {
		t.Error("the set uses another algorithm than HS256")
	}
}

// TestCandidates: a kid that names a key means that one; else, and without one, the
// unnamed are asked, and no named one ever.
func TestCandidates(t *testing.T) {
	a, b, old, older := key(t, "a"), key(t, "b"), key(t, "old").Unnamed(), key(t, "older").Unnamed()
	for _, c := range []struct {
		name string
		ring *keys.Ring
		want map[string]string // ids by kid
	}{
		{"one unnamed", ring(t, old), map[string]string{"": "old", "old": "old", "a": "old"}},
		{"one named", ring(t, a), map[string]string{"": "", "a": "a", "A": "", "b": ""}},
		{"both kinds", ring(t, a, old, b, older), map[string]string{"": "old older", "a": "a", "b": "b", "old": "old older", "x": "old older"}},
		{"unnamed ones sign", ring(t, old, a), map[string]string{"": "old", "a": "a", "old": "old"}},
	} {
		for kid, want := range c.want {
			if got := ids(c.ring.Current().Candidates(kid)); got != want {
				t.Errorf("%s: Candidates(%q) = %q, want %q", c.name, kid, got, want)
			}
		}
	}
}

// TestRefusedKeys: no ring without a key that signs, and none in which a key is two.
func TestRefusedKeys(t *testing.T) {
	a, b := key(t, "a"), key(t, "b")
	twin, err := keys.HS256.Key("twin", []byte(secret+"a"))
	if err != nil {
		t.Fatal(err)
	}
	var many []keys.Key
	for n := range 16 {
		many = append(many, key(t, fmt.Sprint("k", n)))
	}
	of := func(root string, signer keys.Key, others ...keys.Key) func() error {
		return func() error { _, err := keys.NewRing([]byte(root), signer, others...); return err }
	}
	named := func(id, secret string) func() error {
		return func() error { _, err := keys.HS256.Key(id, []byte(secret)); return err }
	}
	replaced := ring(t, a)
	for _, c := range []struct {
		name string
		err  func() error
		want string
	}{
		{"no root", of("", a), "root secret is empty"},
		{"an empty signer", of("x", keys.Key{}), "a key is empty"},
		{"an empty other", of("x", a, keys.Key{}), "a key is empty"},
		{"one id twice", of("x", a, b, key(t, "b")), "two keys have the id b"},
		{"one id, named and not", of("x", a, a.Unnamed()), "two keys have the id a"},
		{"one secret twice", of("x", a, b, twin), "the keys a and twin have one secret"},
		{"17 keys", of("x", a, many...), "17 keys, but at most 16"},
		{"no secret", named("a", ""), "secret is empty"},
		{"no id", named("", secret), "id is empty"},
		{"a long id", named(strings.Repeat("k", keys.MaxID+1), secret), "longer than 128"},
		{"an id with a space", named("a b", secret), "character other than"},
		{"an id with a quote", named(`a"b`, secret), "character other than"},
		{"an id with a line", named("a\nb", secret), "character other than"},
		{"an id with a letter of another alphabet", named("ä", secret), "character other than"},
		{"no secret to share", func() error { _, err := keys.Single(nil); return err }, "secret is empty"},
		{"replaced by an empty one", func() error { return replaced.Replace(keys.Key{}) }, "a key is empty"},
		{"replaced by two of one secret", func() error { return replaced.Replace(a, twin) }, "one secret"},
	} {
		if err := c.err(); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
	if set := replaced.Current(); set.Signer() != a || set.Edition() != 0 {
		t.Error("a Replace that failed has changed something")
	}
	if _, err := keys.HS256.Key(strings.Repeat("k", keys.MaxID-4)+"-._~", []byte("x")); err != nil {
		t.Errorf("the longest id: %v", err)
	}
	of16 := append([]keys.Key{a}, many[:15]...)
	if err := replaced.Replace(of16[0], of16[1:]...); err != nil {
		t.Errorf("16 keys: %v", err)
	}
}

// TestReplace: a set that somebody holds stays as it is, and none that left is in the
// next one; many at once leave one of theirs, and count each.
func TestReplace(t *testing.T) {
	a, b := key(t, "a"), key(t, "b")
	r := ring(t, a)
	before := r.Current()
	if err := r.Replace(b); err != nil {
		t.Fatal(err)
	}
	if after := r.Current(); after.Signer() != b || len(after.Candidates("a")) != 0 || after.Edition() == before.Edition() {
		t.Errorf("after Replace %v signs, edition %d after %d", after.Signer(), after.Edition(), before.Edition())
	}
	if before.Signer() != a || ids(before.Candidates("a")) != "a" {
		t.Error("Replace changed a set that was there before")
	}
	const writers, each = 4, 100
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				if err := r.Replace(a, b); err != nil {
					t.Error(err)
				}
				if err := r.Replace(b, a); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			last := uint64(0)
			for range each {
				set := r.Current()
				if signer := set.Signer(); signer != a && signer != b || set.Edition() < last {
					t.Errorf("%v signs in edition %d after %d", signer, set.Edition(), last)
				}
				last = set.Edition()
			}
		})
	}
	wg.Wait()
	if got := r.Current().Edition(); got != 1+2*writers*each {
		t.Errorf("edition %d after %d Replaces", got, 1+2*writers*each)
	}
}

// TestDerive holds derived keys to HKDF as RFC 5869 has it, computed by OpenSSL (openssl kdf
// HKDF), so that what is kept under one is found again by every later version.
func TestDerive(t *testing.T) {
	r, err := keys.Single([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	derive := func(purpose string) string {
		got, err := r.Derive(purpose)
		if err != nil {
			t.Fatal(err)
		}
		return hex.EncodeToString(got)
	}
	first := derive("test")
	const want = "dafaf5cdbca6159a4efef0c3e0235a78bed7a43e9145370d769ee7b95ed144e8"
	if first != want {
		t.Errorf("Derive(test) = %s, want %s", first, want)
	}
	if derive("tests") == first {
		t.Error("two purposes have one key")
	}
	if err := r.Replace(key(t, "next")); err != nil {
		t.Fatal(err)
	}
	if derive("test") != first {
		t.Error("a derived key changed with the keys that sign")
	}
	other, err := keys.Single([]byte("another"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := other.Derive("test"); err != nil || hex.EncodeToString(got) == first {
		t.Errorf("Derive() of another root = %x, %v", got, err)
	}
}

// TestNeverShown prints, logs and encodes keys and what holds them in every way there
// is: no form of the secret is in what comes out.
func TestNeverShown(t *testing.T) {
	k := key(t, "shown")
	r, err := keys.NewRing([]byte(secret), k, key(t, "other").Unnamed())
	if err != nil {
		t.Fatal(err)
	}
	derived, err := r.Derive("x")
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Key    keys.Key
		hidden keys.Key // whose methods fmt does not ask
		ring   *keys.Ring
	}
	held := holder{k, k, r}
	values := map[string]any{
		"key": k, "pointer": &k, "holder": held, "pointer to holder": &held, "keys": []keys.Key{k}, "set": r.Current(), "set by value": *r.Current(),
		"ring": r, "by id": map[string]keys.Key{"x": k}, "error": fmt.Errorf("with %v", k), "candidates": r.Current().Candidates("shown"),
	}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "% X", "%#x", "%d", "%b", "%o", "%U", "%t", "%10.3v"} {
			notIn(t, name+" "+verb, fmt.Sprintf(verb, value), secret, derived)
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		notIn(t, name+" as JSON", string(encoded), secret, derived)
		var log bytes.Buffer
		for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
			slog.New(handler).Info("x", "it", value, slog.Group("in", "it", value))
		}
		notIn(t, name+" logged", log.String(), secret, derived)
	}
	const want = "key shown (HS256)"
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "key", k)
	encoded, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{want, want, `"` + want + `"`}, []string{k.String(), fmt.Sprintf("%#v", k), string(encoded)}); diff != "" || !strings.Contains(log.String(), want) {
		t.Errorf("a key shows as (-want +got):\n%s\n%s", diff, log.String())
	}
}

// notIn looks for what is secret in every way that Go prints bytes.
func notIn(t *testing.T, where, shown string, text string, derived []byte) {
	t.Helper()
	for _, hidden := range [][]byte{[]byte(text), derived} {
		for _, verb := range []string{"%s", "%v", "%x", "%X", "% x", "% X", "%d", "%b", "%o", "%#v"} {
			form := strings.Trim(fmt.Sprintf(verb, hidden[:6]), "[]")
			if strings.Contains(shown, form) {
				t.Errorf("%s shows a secret: %s", where, shown)
				return
			}
		}
	}
}

// TestOneKeyOfTwoSecrets: HMAC fills a short secret up with zeros and hashes a long
// one, so that two secrets can be one key. It would go on under one id after it has
// left under the other.
func TestOneKeyOfTwoSecrets(t *testing.T) {
	long := bytes.Repeat([]byte("long secret "), 8)
	hashed := sha256.Sum256(long)
	for name, pair := range map[string][2][]byte{
		"zeros behind":   {[]byte(secret), []byte(secret + "\x00\x00")},
		"zeros to 64":    {[]byte(secret), append([]byte(secret), make([]byte, 64-len(secret))...)},
		"long and hash":  {long, hashed[:]},
		"hash and zeros": {long, append(hashed[:len(hashed):len(hashed)], 0)},
	} {
		sums := [2][]byte{}
		var made [2]keys.Key
		for i, given := range pair {
			mac := hmac.New(sha256.New, given)
			_, _ = mac.Write([]byte("token"))
			sums[i] = mac.Sum(nil)
			var err error
			if made[i], err = keys.HS256.Key(fmt.Sprint("key", i), given); err != nil {
				t.Fatal(err)
			}
		}
		if !hmac.Equal(sums[0], sums[1]) {
			t.Fatalf("%s: the test's own secrets are two keys", name)
		}
		if _, err := keys.NewRing([]byte("root"), made[0], made[1].Unnamed()); err == nil {
			t.Errorf("%s: NewRing() took one key under two ids", name)
		}
	}
	different, err := keys.HS256.Key("different", append([]byte(secret), make([]byte, 65-len(secret))...)) // hashed
	if err != nil {
		t.Fatal(err)
	}
	same, err := keys.HS256.Key("same", []byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keys.NewRing([]byte("root"), same, different); err != nil {
		t.Errorf("NewRing() of two keys = %v", err)
	}
	if _, err := keys.HS256.Key("zeros", make([]byte, 32)); err == nil {
		t.Error("Key() took zeros, with which anybody can sign")
	}
}

// TestAlgorithms: each key is for one algorithm, with the length of secret that RFC 7518
// section 3.2 wants; a secret is for one algorithm too.
func TestAlgorithms(t *testing.T) {
	for _, c := range []struct {
		algorithm keys.Algorithm
		least     int
		block     int // beyond it HMAC hashes a secret
		sum       func([]byte) []byte
	}{
		{keys.HS256, 32, 64, func(b []byte) []byte { s := sha256.Sum256(b); return s[:] }},
		{keys.HS384, 48, 128, func(b []byte) []byte { s := sha512.Sum384(b); return s[:] }},
		{keys.HS512, 64, 128, func(b []byte) []byte { s := sha512.Sum512(b); return s[:] }},
	} {
		if got := c.algorithm.MinSecretBytes(); got != c.least {
			t.Errorf("%s: MinSecretBytes() = %d, want %d", c.algorithm, got, c.least)
		}
		r, err := c.algorithm.Single([]byte(secret))
		if err != nil {
			t.Fatal(err)
		}
		signer := r.Current().Signer()
		if signer.Algorithm() != c.algorithm || signer.KeyID() != "" || !r.Current().Uses(c.algorithm) || strings.Count(signer.String(), string(c.algorithm)) != 1 {
			t.Errorf("%s: Single() = %v", c.algorithm, signer)
		}
		for _, other := range keys.Algorithms() {
			twin, err := other.Key("twin", []byte(secret+"\x00"))
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Replace(signer, twin); err == nil || !strings.Contains(err.Error(), "have one secret") {
				t.Errorf("one secret for %s and %s: %v", c.algorithm, other, err)
			}
			if other != c.algorithm && r.Current().Uses(other) {
				t.Errorf("a ring of %s uses %s", c.algorithm, other)
			}
		}
		long := bytes.Repeat([]byte("x"), c.block+1)
		whole, err := c.algorithm.Key("whole", long)
		if err != nil {
			t.Fatal(err)
		}
		hashed, err := c.algorithm.Key("hashed", c.sum(long))
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Replace(whole, hashed); err == nil {
			t.Errorf("%s: a long secret and its hash are one key, and were taken for two", c.algorithm)
		}
	}
	for _, unknown := range []keys.Algorithm{"", "none", "hs256", "HS256 ", "RS256", "ES256", keys.Algorithm(strings.Repeat("H", 100))} {
		if _, err := unknown.Key("a", []byte(secret)); err == nil || strings.Contains(err.Error(), secret) || len(err.Error()) > 200 {
			t.Errorf("a key for %.20q: %v", string(unknown), err)
		}
		if unknown.MinSecretBytes() != 0 {
			t.Errorf("%.20q has a least secret", string(unknown))
		}
	}
}
