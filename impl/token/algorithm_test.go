package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/userid"
)

// signedBy signs two JSON texts with the hash of an algorithm, by the standard library.
func signedBy(algorithm keys.Algorithm, header, payload string) string {
	hashes := map[keys.Algorithm]func() hash.Hash{keys.HS256: sha256.New, keys.HS384: sha512.New384, keys.HS512: sha512.New}
	input := encode(header) + "." + encode(payload)
	mac := hmac.New(hashes[algorithm], []byte(testSecret))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func headerFor(algorithm keys.Algorithm) string {
	return fmt.Sprintf(`{"typ":"JWT","alg":%q}`, string(algorithm))
}

func ringFor(t testing.TB, algorithm keys.Algorithm) *keys.Ring {
	t.Helper()
	r, err := algorithm.Single([]byte(testSecret))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAlgorithms: a server signs and takes one algorithm, and refuses its siblings by
// their name and by their signature, whatever the header says.
func TestAlgorithms(t *testing.T) {
	for _, algorithm := range keys.Algorithms() {
		s := newService(t, Config{Keys: ringFor(t, algorithm)})
		compact := mint(t, s, 7)
		if header, _, _ := strings.Cut(compact, "."); header != encode(headerFor(algorithm)) {
			t.Errorf("%s: minted with the header %s", algorithm, header)
		}
		parsed, err := jwt.Parse(compact, libraryKey, jwt.WithValidMethods([]string{string(algorithm)}), jwt.WithTimeFunc(frozen(testNow)))
		if err != nil || !parsed.Valid {
			t.Errorf("%s: golang-jwt refuses what was minted: %v", algorithm, err)
		}
		for _, good := range []string{
			compact, signedBy(algorithm, headerFor(algorithm), flask(`,"sub":"1"`)), signedBy(algorithm, `{"alg":"`+string(algorithm)+`","typ":"JWT"}`, flask("")),
		} {
			for range 2 {
				if _, err := s.Verify(good); err != nil {
					t.Errorf("%s: Verify() = %v", algorithm, err)
				}
			}
		}
		var cases []wrong
		for _, said := range append(keys.Algorithms(), "none", "RS256", "ES256") {
			for _, by := range keys.Algorithms() {
				if said == by && by == algorithm {
					continue
				}
				c := wrong{fmt.Sprintf("says %s, signed with %s", said, by), signedBy(by, headerFor(said), flask("")), ReasonAlgorithm, descAlgorithm}
				if said == algorithm {
					c.reason, c.description = ReasonSignature, descSignature
				}
				cases = append(cases, c, wrong{c.name + ", alg first", signedBy(by, `{"alg":"`+string(said)+`"}`, flask("")), c.reason, c.description})
			}
		}
		// PyJWT looks at the payload's and the signature's form before the algorithm.
		other := keys.HS384
		if algorithm == other {
			other = keys.HS512
		}
		cases = append(cases,
			wrong{"another algorithm, payload not base64", encode(headerFor(other)) + ".*.", ReasonMalformed, descPayloadPadding},
			wrong{"another algorithm, signature not base64", encode(headerFor(other)) + "." + encode(flask("")) + ".*", ReasonMalformed, descCryptoPadding})
		t.Run(string(algorithm), func(t *testing.T) { checkWrong(t, s, cases) })
	}
}

// TestAlgorithmsOfOneRing: keys of several algorithms stand side by side, each good for
// its own alone.
func TestAlgorithmsOfOneRing(t *testing.T) {
	named := func(algorithm keys.Algorithm) keys.Key {
		k, err := algorithm.Key(string(algorithm), []byte("the secret for "+string(algorithm)))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	keyring := ring(t, named(keys.HS512), named(keys.HS256), named(keys.HS384).Unnamed())
	s := newService(t, Config{Keys: keyring})
	for _, signer := range keys.Algorithms() {
		for _, claimed := range keys.Algorithms() {
			other := newService(t, Config{Keys: ring(t, named(signer))})
			compact := mint(t, other, 1)
			parts := strings.Split(compact, ".")
			header := fmt.Sprintf(`{"typ":"JWT","alg":%q,"kid":%q}`, string(claimed), string(signer))
			method := map[keys.Algorithm]*jwt.SigningMethodHMAC{keys.HS256: jwt.SigningMethodHS256, keys.HS384: jwt.SigningMethodHS384, keys.HS512: jwt.SigningMethodHS512}[signer]
			input := encode(header) + "." + parts[1]
			signature, err := method.Sign(input, []byte("the secret for "+string(signer)))
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Verify(input + "." + base64.RawURLEncoding.EncodeToString(signature))
			if (err == nil) != (signer == claimed) {
				t.Errorf("a key for %s, a header with %s: %v", signer, claimed, err)
			}
		}
	}
}

// TestSegments keeps the shortcuts honest: each header that is not read again is one that
// would pass if it were, and is of the algorithm that it stands for.
func TestSegments(t *testing.T) {
	for _, algorithm := range keys.Algorithms() {
		segment := segmentOf(algorithm)
		h, err := parseHeader(segment)
		if err == nil {
			err = h.check(ringFor(t, algorithm).Current())
		}
		if read, plain := algorithmOf(segment); err != nil || !plain || read != algorithm || h.alg.value != string(algorithm) || segment != encode(headerFor(algorithm)) {
			t.Errorf("the header %s for %s: %v", segment, algorithm, err)
		}
	}
	if segmentOf("none") != "" || methodOf("none") != nil {
		t.Error("there is a header for none")
	}
}

// TestNotBeforeDelta: nbf is iat and the delta, in both profiles that are minted, and the
// token is good from then on.
func TestNotBeforeDelta(t *testing.T) {
	for _, profile := range []Profile{FlaskJWT, FlaskJWTExtended} {
		for _, delta := range []int64{0, 30, -30} {
			unix, now := movable()
			s, err := New(Config{
				Keys: single(t, testSecret), Lifetime: time.Minute, NotBeforeDelta: seconds(delta), Now: now, Accept: []Profile{profile}, Mint: profile,
			})
			if err != nil {
				t.Fatal(err)
			}
			compact, start := mint(t, s, 1), unix.Load()
			for _, at := range []int64{0, max(delta, 0) - 1, max(delta, 0), 60, 61} {
				unix.Store(start + at)
				claims, err := s.Verify(compact)
				if want := at >= delta && at >= 0 && at <= 60; (err == nil) != want {
					t.Errorf("%s, delta %d s, at %+d s: %v", profile, delta, at, err)
				}
				if err == nil && (claims.NotBefore.Unix() != start+delta || claims.IssuedAt.Unix() != start || claims.ExpiresAt.Unix() != start+60) {
					t.Errorf("%s, delta %d s: %+v", profile, delta, claims)
				}
			}
		}
	}
}

// TestMintExtendedBytes fixes every byte of a token in Flask-JWT-Extended's words.
func TestMintExtendedBytes(t *testing.T) {
	s := newService(t, Config{Accept: []Profile{FlaskJWT, FlaskJWTExtended}, Mint: FlaskJWTExtended, Issuer: "i", Rand: strings.NewReader(strings.Repeat("a", 64)), Extra: []string{"role"}})
	for id, names := range map[userid.ID][2]string{userid.Number(42): {"42", "42"}, userid.Text("roy"): {`roy`, `"roy"`}} {
		got, err := s.MintWith(id, `"role":"admin"`)
		if err != nil {
			t.Fatal(err)
		}
		payload := fmt.Sprintf(`{"fresh":false,"iat":%d,"jti":"YWFhYWFhYWFhYWFhYWFhYQ","type":"access","sub":%q,"nbf":%d,"exp":%d,"identity":%s,"iss":"i","role":"admin"}`,
			testNow, names[0], testNow, testNow+300, names[1])
		if want := signed(plainHeader, payload); got.Compact != want {
			t.Errorf("MintWith() = %s\n%s, want\n%s", got.Compact, payloadText(t, got.Compact), payload)
		}
	}
}
