package token

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/userid"
)

// key returns a named key whose secret is its id's.
func key(t testing.TB, id string) keys.Key {
	t.Helper()
	k, err := keys.HS256.Key(id, []byte(secretOf(id)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func secretOf(id string) string { return "the secret of " + id }

func ring(t testing.TB, signer keys.Key, others ...keys.Key) *keys.Ring {
	t.Helper()
	r, err := keys.NewRing([]byte("root"), signer, others...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func replace(t testing.TB, r *keys.Ring, signer keys.Key, others ...keys.Key) {
	t.Helper()
	if err := r.Replace(signer, others...); err != nil {
		t.Fatal(err)
	}
}

// TestMintKeyID: a named key writes its id into the header, as golang-jwt reads it,
// an unnamed one nothing; the rest of the token is the same.
func TestMintKeyID(t *testing.T) {
	for _, c := range []struct {
		signer keys.Key
		header string
	}{
		{key(t, "2031-a"), `{"typ":"JWT","alg":"HS256","kid":"2031-a"}`},
		{key(t, "2031-a").Unnamed(), plainHeader},
	} {
		s := newService(t, Config{Keys: ring(t, c.signer, key(t, "other"))})
		compact := mint(t, s, 1)
		if header, _, _ := strings.Cut(compact, "."); header != encode(c.header) {
			t.Errorf("%v writes the header %s, want %s", c.signer, header, encode(c.header))
		}
		parsed, err := jwt.ParseWithClaims(compact, jwt.MapClaims{}, func(parsed *jwt.Token) (any, error) {
			if kid, _ := parsed.Header["kid"].(string); kid != c.signer.KeyID() {
				t.Errorf("golang-jwt reads the kid %q, want %q", kid, c.signer.KeyID())
			}
			return []byte(secretOf("2031-a")), nil
		}, libraryOptions()...)
		if err != nil || !parsed.Valid {
			t.Errorf("golang-jwt refuses it: %v", err)
		}
		if claims, err := s.Verify(compact); err != nil || claims.UserID != userid.Number(1) {
			t.Errorf("Verify() = %+v, %v", claims, err)
		}
	}
}

// TestVerifyKey holds which key a token may be of, by its kid and who signed it.
func TestVerifyKey(t *testing.T) {
	a, b, old, older := key(t, "a"), key(t, "b"), key(t, "old").Unnamed(), key(t, "older").Unnamed()
	both := ring(t, a, b, old, older)
	named := ring(t, a, b)
	hs256 := func(kid string) string { return fmt.Sprintf(`{"alg":"HS256","kid":%q}`, kid) }
	for _, c := range []struct {
		name        string
		ring        *keys.Ring
		header      string
		by          string // whose secret signed it
		reason      Reason // "" for accepted
		description string
	}{
		{"its own key's", both, hs256("a"), "a", "", ""},
		{"another named key's", both, hs256("b"), "b", "", ""},
		{"signed by another than the kid says", both, hs256("a"), "b", ReasonSignature, descSignature},
		{"a named key's kid, an unnamed key's signature", both, hs256("a"), "old", ReasonSignature, descSignature},
		{"no kid, an unnamed key's", both, plainHeader, "old", "", ""},
		{"no kid, the other unnamed key's", both, plainHeader, "older", "", ""},
		{"no kid in another header", both, `{"alg":"HS256"}`, "older", "", ""},
		{"no kid, a named key's", both, plainHeader, "a", ReasonSignature, descSignature},
		{"an empty kid is none", both, hs256(""), "old", "", ""},
		{"an empty kid, a named key's", both, hs256(""), "a", ReasonSignature, descSignature},
		{"an unknown kid, an unnamed key's", both, hs256("../../dev/null"), "old", "", ""},
		{"an unnamed key's id is no name", both, hs256("old"), "older", "", ""},
		{"an unknown kid, a named key's", both, hs256("A"), "a", ReasonSignature, descSignature},
		{"an unknown kid, nobody's", both, hs256("x"), "x", ReasonSignature, descSignature},
		{"no kid where each key has a name", named, plainHeader, "a", ReasonKey, descKey},
		{"an unknown kid where each key has a name", named, hs256("' OR 1=1"), "a", ReasonKey, descKey},
		{"a kid in another case", named, hs256("A"), "a", ReasonKey, descKey},
		{"a kid with a space", named, hs256("a "), "a", ReasonKey, descKey},
		{"a known kid, where each key has a name", named, hs256("b"), "b", "", ""},
		{"a known kid, alg none", named, `{"alg":"none","kid":"a"}`, "a", ReasonAlgorithm, descAlgorithm},
		{"a known kid, another alg of the family", named, `{"alg":"HS512","kid":"a"}`, "a", ReasonAlgorithm, descAlgorithm},
		{"an unknown kid, alg none: the algorithm first", named, `{"alg":"none","kid":"x"}`, "a", ReasonAlgorithm, descAlgorithm},
		{"a kid that is a number: that first", named, `{"alg":"HS256","kid":1}`, "a", ReasonHeader, descKeyID},
		{"an unknown kid and a payload that is not base64: that first", named, hs256("x") + ".", "a", ReasonMalformed, descPayloadPadding},
	} {
		t.Run(c.name, func(t *testing.T) {
			payload := encode(flask(""))
			if header, found := strings.CutSuffix(c.header, "."); found {
				c.header, payload = header, "*"
			}
			s := newService(t, Config{Keys: c.ring})
			compact := signedWith([]byte(secretOf(c.by)), encode(c.header), payload)
			for range 2 { // Once more: it may be remembered.
				if c.reason == "" {
					if claims, err := s.Verify(compact); err != nil || claims.UserID != userid.Number(1) {
						t.Errorf("Verify() = %+v, %v, want user 1", claims, err)
					}
				} else if got := refusal(t, s, compact); got.Reason != c.reason || got.Description != c.description {
					t.Errorf("Verify() = %s %q, want %s %q", got.Reason, got.Description, c.reason, c.description)
				}
			}
		})
	}
}

// TestKeyLife walks through a key's life: its tokens pass from the moment it is added
// until it leaves, and on no later use, however often they passed before.
func TestKeyLife(t *testing.T) {
	first, second := key(t, "first").Unnamed(), key(t, "second")
	keyring := ring(t, first)
	s := newService(t, Config{Keys: keyring})
	of := func(id, kid string) string {
		return signedWith([]byte(secretOf(id)), encode(fmt.Sprintf(`{"alg":"HS256","kid":%q}`, kid)), encode(flask("")))
	}
	firsts, seconds := mint(t, s, 1), of("second", "second")
	for _, step := range []struct {
		name          string
		change        func()
		signer        string
		first, second Reason
	}{
		{"one key", func() {}, "first", "", ReasonSignature},
		{"a second is added", func() { replace(t, keyring, first, second) }, "first", "", ""},
		{"it signs", func() { replace(t, keyring, second, first) }, "second", "", ""},
		{"the first leaves", func() { replace(t, keyring, second) }, "second", ReasonKey, ""},
		{"and comes back", func() { replace(t, keyring, second, first) }, "second", "", ""},
		{"the second leaves", func() { replace(t, keyring, first) }, "first", "", ReasonSignature},
		{"the same again", func() { replace(t, keyring, first) }, "first", "", ReasonSignature},
	} {
		step.change()
		for compact, want := range map[string]Reason{firsts: step.first, seconds: step.second} {
			for n := range 4 { // The first time it is verified, then remembered, then recent.
				got := Reason("")
				if _, err := s.Verify(compact); err != nil {
					got = refusal(t, s, compact).Reason
				}
				if got != want {
					t.Errorf("%s: use %d of the token %.60s…: %q, want %q", step.name, n+1, compact, got, want)
				}
			}
		}
		want := map[string]string{"first": plainHeader, "second": `{"typ":"JWT","alg":"HS256","kid":"second"}`}[step.signer]
		if header, _, _ := strings.Cut(mint(t, s, 1), "."); header != encode(want) {
			t.Errorf("%s: a new token has the header %s, want %s of the %s", step.name, header, encode(want), step.signer)
		}
	}
}

// TestSeenAsIfNot: what was remembered under other keys does not outlive a rule that
// has changed with them. A kid that named no key meant the unnamed ones; now it is a
// key's name.
func TestSeenAsIfNot(t *testing.T) {
	shared, named := key(t, "shared").Unnamed(), key(t, "sister")
	keyring := ring(t, shared)
	s := newService(t, Config{Keys: keyring})
	compact := signedWith([]byte(secretOf("shared")), encode(`{"alg":"HS256","kid":"sister"}`), encode(flask("")))
	for range 3 {
		if _, err := s.Verify(compact); err != nil {
			t.Fatal(err)
		}
	}
	replace(t, keyring, shared, named)
	for range 3 {
		if got := refusal(t, s, compact); got.Reason != ReasonSignature {
			t.Errorf("Verify() = %v, want %q", got, descSignature)
		}
	}
}

// TestKeyLeavesMeanwhile: a token that is being verified while its key leaves may
// pass this once, but is not remembered as one of the keys that stay.
func TestKeyLeavesMeanwhile(t *testing.T) {
	keyring := ring(t, key(t, "leaves"))
	var leave func()
	s := newService(t, Config{Keys: keyring, Now: func() time.Time {
		if leave != nil {
			leave() // in the middle of Verify
		}
		return time.Unix(testNow, 0)
	}})
	compact := mint(t, s, 1)
	leave = func() { replace(t, keyring, key(t, "stays")); leave = nil }
	_, _ = s.Verify(compact)
	if leave != nil {
		t.Fatal("the key did not leave")
	}
	for range 3 {
		if got := refusal(t, s, compact); got.Reason != ReasonKey {
			t.Errorf("Verify() = %v, want %q", got, descKey)
		}
	}
}

// TestKeyLeavesUnderLoad: once Replace has returned, nobody's Verify lets a token of
// the key that left through, whatever was under way and is remembered of it; tokens
// of a key that stays pass all the time. For the race detector too.
func TestKeyLeavesUnderLoad(t *testing.T) {
	const rounds, workers, tokens = 20, 4, 8
	stays, leaves := key(t, "stays"), key(t, "leaves")
	keyring := ring(t, stays, leaves)
	s := newService(t, Config{Keys: keyring})
	staying := mint(t, s, 1)
	leaver := newService(t, Config{Keys: ring(t, leaves)})
	for round := range rounds {
		var going []string
		for range tokens {
			going = append(going, mint(t, leaver, 2))
		}
		var left, passed, refused atomic.Int64
		var verifying sync.WaitGroup
		for w := range workers {
			verifying.Go(func() {
				for n := 0; refused.Load() < 3*workers*tokens; n++ {
					if _, err := s.Verify(staying); err != nil {
						t.Errorf("round %d: the key that stays: %v", round, err)
						return
					}
					gone := left.Load() == 1 // before Verify begins
					switch _, err := s.Verify(going[(n+w)%tokens]); {
					case err != nil:
						refused.Add(1)
					case gone:
						t.Errorf("round %d: a token passed after its key had left", round)
						return
					default:
						passed.Add(1)
					}
				}
			})
		}
		for deadline := time.Now().Add(time.Minute); passed.Load() < 2*workers*tokens && time.Now().Before(deadline); {
			time.Sleep(10 * time.Microsecond)
		}
		if passed.Load() == 0 {
			t.Errorf("round %d: no token passed while its key was there", round)
		}
		replace(t, keyring, stays)
		left.Store(1)
		verifying.Wait()
		replace(t, keyring, stays, leaves)
		if t.Failed() {
			return
		}
	}
}

// TestVerifyAllocatesNothing for a token that was seen, also after the keys were
// replaced and it was seen again.
func TestVerifyAllocatesNothing(t *testing.T) {
	keyring := ring(t, key(t, "a"), key(t, "b"))
	s := newService(t, Config{Keys: keyring})
	compact := mint(t, s, 1)
	for range 2 {
		for range 3 {
			if _, err := s.Verify(compact); err != nil {
				t.Fatal(err)
			}
		}
		if n := testing.AllocsPerRun(1000, func() { _, _ = s.Verify(compact) }); n >= 1 {
			t.Errorf("%v allocations a Verify, want none", n)
		}
		replace(t, keyring, key(t, "b"), key(t, "a"))
	}
}
