package token

import (
	"fmt"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/userid"
)

// TestExtra: claims of a row stand behind the token's own, as they are, and the token
// verifies; one that the row cannot fill so is no token.
func TestExtra(t *testing.T) {
	for _, profile := range []Profile{FlaskJWT, FlaskJWTExtended} {
		s := newService(t, Config{Accept: []Profile{profile}, Mint: profile, Extra: []string{"role", "level", "https://shop.example/x"}})
		for _, extra := range []Extra{
			`"role":"admin"`, `"role":null,"level":12.50`, `"level":18446744073709551615,"role":"\u0000<\"\\é"`, `"https://shop.example/x":true`,
			Extra(`"role":"` + strings.Repeat("x", MaxExtra-9) + `"`),
		} {
			got, err := s.MintWith(userid.Number(1), extra)
			if err != nil {
				t.Errorf("%s: MintWith(%.60s) = %v", profile, extra, err)
				continue
			}
			if claims, err := s.Verify(got.Compact); err != nil || claims.UserID != userid.Number(1) {
				t.Errorf("%s: Verify() of one with %.60s = %+v, %v", profile, extra, claims, err)
			}
			if text := payloadText(t, got.Compact); !strings.HasSuffix(text, ","+string(extra)+"}") {
				t.Errorf("%s: %s has not %s at its end", profile, text, extra)
			}
		}
		for _, extra := range []Extra{
			`"exp":9999999999`, `"identity":2`, `"sub":"2"`, `"Exp":1`, `"type":"refresh"`, `"other":1`, `"Role":"admin"`,
			`"role":"a","role":"b"`, `"role":"a","\u0072ole":"b"`, `"role":{"a":1}`, `"role":[1]`, `"role":}`, `"role"`, `role:1`, `"role":1}{"level":2`,
			`"role":1},"level":{"x":1`, `"role":NaN`, `"role":01`, `"role":"` + "\xff" + `"`, `"role":"\ud800"`, ` `, `,`, `"role":1,`,
			Extra(`"role":"` + strings.Repeat("x", MaxExtra) + `"`),
		} {
			got, err := s.MintWith(userid.Number(1), extra)
			if err == nil || got != (Token{}) {
				t.Errorf("%s: MintWith(%.60s) = %s", profile, extra, payloadText(t, got.Compact))
			} else if strings.Contains(err.Error(), "9999") || strings.Contains(err.Error(), "admin") {
				t.Errorf("the error shows a value: %v", err)
			}
		}
	}
	if got, err := newService(t, Config{}).MintWith(userid.Number(1), `"role":"admin"`); err == nil {
		t.Errorf("a claim that is not configured was written: %s", payloadText(t, got.Compact))
	}
}

// TestExtraNames: names that a verifier somewhere gives a meaning are refused, in any
// case, each with a sentence; those of applications are not.
func TestExtraNames(t *testing.T) {
	for _, good := range [][]string{nil, {"role"}, {"roles", "groups", "email", "name", "is_admin", "tenant-id", "https://shop.example/role", "shop:level", "a.b"}} {
		if err := CheckExtra(good); err != nil {
			t.Errorf("CheckExtra(%v) = %v", good, err)
		}
	}
	var bad [][]string
	for _, name := range taken() {
		bad = append(bad, []string{name}, []string{strings.ToUpper(name)})
	}
	var many []string
	for i := range maxExtraNames + 1 {
		many = append(many, fmt.Sprint("c", i))
	}
	bad = append(bad, many, []string{"role", "role"}, []string{"role", "Role"}, []string{""}, []string{"a b"}, []string{`a"b`}, []string{"a\nb"},
		[]string{"käse"}, []string{"ſub"}, []string{"a=b"}, []string{strings.Repeat("x", maxExtraName+1)})
	for _, names := range bad {
		if err := CheckExtra(names); err == nil {
			t.Errorf("CheckExtra(%v) took them", names)
		}
		if _, err := New(Config{Keys: single(t, "x"), Lifetime: seconds(1), Extra: names}); err == nil {
			t.Errorf("New() took the claims %v", names)
		}
	}
}

// TestMintTooLong: a token that no verifier here would take is not handed out.
func TestMintTooLong(t *testing.T) {
	s := newService(t, Config{Issuer: strings.Repeat("\x01", maxIssuer), Extra: []string{"role"}, IDs: of(userid.Texts)})
	key := userid.Text(strings.Repeat("\x01", userid.MostText))
	if _, err := s.Mint(key); err != nil {
		t.Errorf("Mint() = %v", err)
	}
	if got, err := s.MintWith(key, Extra(`"role":"`+strings.Repeat("x", MaxExtra-9)+`"`)); err == nil {
		t.Errorf("MintWith() made a token of %d bytes", len(got.Compact))
	}
}
