package token

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/restauth/restauth/impl/userid"
)

// TestSingleCharacter changes a valid token at every place to every character
// that may stand in a token and some that may not, and leaves each one out:
// none of these tokens is accepted.
func TestSingleCharacter(t *testing.T) {
	s := newService(t, Config{Issuer: "x"})
	const characters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\r\x00\x7f\xff"
	for _, compact := range []string{mint(t, s, 1), flaskToken} {
		if _, err := s.Verify(compact); err != nil {
			t.Fatalf("Verify() = %v before any change", err)
		}
		for i := range len(compact) {
			for _, c := range []byte(characters) {
				refuseChanged(t, s, compact, compact[:i]+string([]byte{c})+compact[i+1:])
				refuseChanged(t, s, compact, compact[:i]+string([]byte{c})+compact[i:])
			}
			refuseChanged(t, s, compact, compact[:i]+compact[i+1:])
		}
	}
}

// refuseChanged fails if changed is another token than compact and accepted.
func refuseChanged(t *testing.T, s *Service, compact, changed string) {
	t.Helper()
	if changed == compact {
		return
	}
	if _, err := s.Verify(changed); err == nil {
		t.Errorf("Verify(%q) accepts what was changed from %q", changed, compact)
	}
}

// agree holds what must be true of Verify whatever the token: the same answer
// twice, an *Error with words from the fixed set or else claims, and nothing
// accepted that plain golang-jwt refuses. It returns whether Verify accepts.
func agree(t *testing.T, s *Service, compact string) bool {
	t.Helper()
	claims, err := s.Verify(compact)
	again, errAgain := s.Verify(compact)
	if claims != again || (err == nil) != (errAgain == nil) {
		t.Fatalf("Verify(%q) = %v, %v and then %v, %v", compact, claims, err, again, errAgain)
	}
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || e.Reason == "" || !fixedWords(e.Description) {
			t.Fatalf("Verify(%q) = %#v, want a *Error in fixed words", compact, err)
		}
		return false
	}
	theirs := jwt.MapClaims{}
	if _, err := jwt.ParseWithClaims(compact, theirs, libraryKey, libraryOptions()...); err != nil {
		t.Fatalf("Verify(%q) = %+v, but golang-jwt says %v", compact, claims, err)
	}
	switch id := theirs["identity"].(type) {
	case float64: // as golang-jwt reads numbers: exact only up to 2^53
		if id != float64Of(claims.UserID) {
			t.Fatalf("Verify(%q) reads user %v, golang-jwt %v", compact, claims.UserID, id)
		}
	case string: // the one spelling of a number, or another key
		if id != claims.UserID.String() {
			t.Fatalf("Verify(%q) reads user %v, golang-jwt %q", compact, claims.UserID, id)
		}
	default:
		t.Fatalf("Verify(%q) reads user %v, golang-jwt %v", compact, claims.UserID, id)
	}
	for _, kind := range []string{"type", "token_type", "typ"} {
		said, present := theirs[kind]
		if name, _ := said.(string); present && !slices.Contains(accessKinds(), strings.ToLower(name)) {
			t.Fatalf("Verify(%q) accepts what calls itself %v", compact, said)
		}
	}
	if exp, err := theirs.GetExpirationTime(); err != nil || !exp.Equal(claims.ExpiresAt) {
		t.Fatalf("Verify(%q) reads exp %v, golang-jwt %v", compact, claims.ExpiresAt, exp)
	}
	return true
}

// accessKinds are all the words by which a token may call itself one for access.
func accessKinds() []string {
	return []string{"access", "access_token", "bearer", "jwt", "at+jwt", "application/at+jwt"}
}

// fixedWords reports whether description is one of the sentences that errors.go
// lists, and so holds nothing of any token.
func fixedWords(description string) bool {
	faults := []string{faultNotObject, faultNotJSON, faultNames, faultDepth}
	for _, before := range []string{descHeaderString, descPayloadString} {
		if after, ok := strings.CutPrefix(description, before); ok {
			return slices.Contains(faults, after)
		}
	}
	return slices.Contains([]string{
		descSegments, descHeaderPadding, descPayloadPadding, descCryptoPadding, descAlgorithm, descKeyID, descSignature,
		descMissingExp, descMissingIat, descMissingNbf, descIatInteger, descIatFuture, descNbfInteger, descNbfFuture,
		descExpInteger, descExpired, descIssuer, descAudience, descTooLong, descType, descKeyIDLong, descParameter,
		descMissingIdentity, descIdentityInteger, descSubject, descKind, descIDString, descKey,
	}, description)
}

// FuzzVerify takes any text for a token.
func FuzzVerify(f *testing.F) {
	s := newService(f, Config{})
	f.Add(flaskToken)
	f.Add(signed(plainHeader, flask(`,"sub":"1","jti":"x"`)))
	f.Add("..")
	f.Add("*.*.*")
	f.Add(strings.Repeat(".", 9000))
	f.Add(signed(`{"alg":"none"}`, flask("")))
	f.Add(signedWith([]byte("other"), headerSegment, encode(flask(""))))
	f.Fuzz(func(t *testing.T, compact string) {
		if !agree(t, s, compact) || len(compact) > 512 {
			return
		}
		for i := range len(compact) {
			for _, c := range []byte("A_.") {
				refuseChanged(t, s, compact, compact[:i]+string([]byte{c})+compact[i+1:])
			}
		}
	})
}

// FuzzSigned takes any two texts for header and payload and signs them, so
// that what lies behind the signature is reached.
func FuzzSigned(f *testing.F) {
	s := newService(f, Config{})
	f.Add(plainHeader, flask(""))
	f.Add(`{"alg":"HS256"}`, flask(`,"sub":"1","jti":"x","iss":"y"`))
	f.Add(`{"alg":"HS256","kid":"k"}`, flask(`,"x":{"y":[1,null,true,"z"]}`))
	f.Add(`{"ALG":"none","alg":"HS256"}`, flask(`,"Exp":1`))
	f.Add(`{"alg":"HS256","crit":["x"]}`, flask(`,"aud":"x"`))
	f.Add(plainHeader, dated("1e400", "1.5", `"1"`, "[1]"))
	f.Add(plainHeader, dated("9007199254740991", "-9007199254740991", "0", "9223372036854775807"))
	f.Add(plainHeader, dated("1700000300.25", "1699999999.5", "1.7e9", `"17"`))
	f.Add(plainHeader, dated("1.7000003e9", "-1.9", "1e-400", `"01"`))
	f.Add(`{"alg":"HS256","typ":"rt+jwt"}`, flask(`,"type":"refresh"`))
	f.Add(`{"alg":"HS256","typ":"application/at+JWT"}`, flask(`,"type":"access","token_type":"bearer","typ":"Bearer"`))
	f.Add(plainHeader, flask(`,"token_type":["access"]`))
	f.Fuzz(func(t *testing.T, header, payload string) {
		compact := signed(header, payload)
		if agree(t, s, compact) && len(compact) > maxCompact {
			t.Errorf("a token of %d bytes was accepted", len(compact))
		}
	})
}

// float64Of is a number as golang-jwt reads it.
func float64Of(id userid.ID) float64 {
	f, _ := strconv.ParseFloat(id.String(), 64)
	return f
}

// FuzzMint takes any user and moment: what is minted verifies then and there,
// as that user, and no longer once life and leeway are over.
func FuzzMint(f *testing.F) {
	f.Add(int64(1), int64(testNow), uint16(300), uint16(10))
	f.Add(int64(-1), int64(0), uint16(0), uint16(0))
	f.Add(int64(1)<<62, int64(1)<<40, uint16(65535), uint16(65535))
	f.Fuzz(func(t *testing.T, id, now int64, life, leeway uint16) {
		const year9999 = 253402300799
		now %= year9999
		cfg := Config{
			Keys: single(t, testSecret), Lifetime: seconds(int64(life) + 1), Leeway: seconds(int64(leeway)), Now: frozen(now),
		}
		compact := mint(t, newService(t, cfg), id)
		end := now + int64(life) + 1 + int64(leeway)
		for at, want := range map[int64]bool{now: true, end: true, end + 1: false, now - int64(leeway): true, now - int64(leeway) - 1: false} {
			s, err := New(Config{Keys: cfg.Keys, Lifetime: cfg.Lifetime, Leeway: cfg.Leeway, Now: frozen(at)})
			if err != nil {
				t.Fatal(err)
			}
			claims, err := s.Verify(compact)
			if got := err == nil; got != want || got && (claims.UserID != userid.Number(id) || claims.ExpiresAt.Unix() != now+int64(life)+1) {
				t.Errorf("minted for %s at %d, Verify() at %d = %+v, %v", strconv.FormatInt(id, 10), now, at, claims, err)
			}
		}
	})
}
