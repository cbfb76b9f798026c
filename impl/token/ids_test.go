package token

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/userid"
)

// of says that users have keys of a kind.
func of(kind userid.Kind) func() userid.Kind { return func() userid.Kind { return kind } }

// TestTextIdentities: where keys are texts an identity is a string, taken as it is, and
// sub is the same one; a number is none.
func TestTextIdentities(t *testing.T) {
	const exp, iat, nbf = "1700000300", "1700000000", "1700000000"
	s := newService(t, Config{IDs: of(userid.Texts)})
	for written, want := range map[string]string{
		`"roy"`: "roy", `"ROY"`: "ROY", `"17"`: "17", `"01"`: "01", `" 1 "`: " 1 ", `"1\u0037"`: "17", `"-1"`: "-1", `"null"`: "null",
		`"6ccd780c-baba-1026-9564-5b8c656024db"`: "6ccd780c-baba-1026-9564-5b8c656024db",
		`"jo\u00e3o"`:                            "joão", `"` + strings.Repeat("😀", 255) + `"`: strings.Repeat("😀", 255),
	} {
		got, err := s.Verify(signed(plainHeader, dated(exp, iat, nbf, written)))
		if err != nil || got.UserID != userid.Text(want) {
			t.Errorf("identity %s = %v, %v, want %q", written, got.UserID, err, want)
		}
		if again, err := s.Verify(signed(plainHeader, dated(exp, iat, nbf, written))); err != nil || again != got {
			t.Errorf("identity %s once more = %v, %v", written, again, err)
		}
	}
	var cases []wrong
	for _, v := range []string{
		`1`, `0`, `-1`, `1.0`, `18446744073709551616`, `true`, `[1]`, `["roy"]`, `{}`, `""`, `"a\u0000"`, `"` + strings.Repeat("a", 256) + `"`,
	} {
		cases = append(cases, wrongPayload(dated(exp, iat, nbf, v), ReasonInvalidClaim, descIdentityString))
	}
	cases = append(cases, wrongPayload(dated(exp, iat, nbf, "null"), ReasonMissingClaim, descMissingIdentity))
	roy := strings.TrimSuffix(dated(exp, iat, nbf, `"roy"`), "}")
	for _, v := range []string{`"ROY"`, `"roy "`, `1`, `null`, `""`, `"roy\u0000"`} {
		cases = append(cases, wrongPayload(roy+`,"sub":`+v+`}`, ReasonSubject, descSubject))
	}
	checkWrong(t, s, cases)
}

// TestMintAnyKey: identity is a number or a string, sub the same in words, and what is
// minted verifies where keys are of that kind and nowhere else.
func TestMintAnyKey(t *testing.T) {
	big, _ := userid.ParseNumber("-" + strings.Repeat("9", 65))
	for _, c := range []struct {
		id       userid.ID
		identity string
	}{
		{userid.Number(7), `7`},
		{userid.Unsigned(18446744073709551615), `18446744073709551615`},
		{big, "-" + strings.Repeat("9", 65)},
		{userid.Text("7"), `"7"`},
		{userid.Text(`a"\<b>`), `"a\"\\\u003cb\u003e"`},
		{userid.Text("jöe😀"), `"jöe😀"`},
	} {
		s := newService(t, Config{IDs: of(c.id.Kind())})
		minted, err := s.Mint(c.id)
		if err != nil {
			t.Fatal(err)
		}
		raw, ok := decode(strings.Split(minted.Compact, ".")[1])
		var claims struct {
			Identity json.RawMessage `json:"identity"`
			Subject  string          `json:"sub"`
		}
		if err := json.Unmarshal(raw, &claims); !ok || err != nil || string(claims.Identity) != c.identity || claims.Subject != c.id.String() {
			t.Errorf("Mint(%v) says %s, %v, want identity %s", c.id, raw, err, c.identity)
		}
		if got, err := s.Verify(minted.Compact); err != nil || got.UserID != c.id {
			t.Errorf("Verify(Mint(%v)) = %v, %v", c.id, got.UserID, err)
		}
		other := userid.Texts
		if c.id.Kind() == userid.Texts {
			other = userid.Numbers
		}
		got, err := newService(t, Config{IDs: of(other)}).Verify(minted.Compact)
		if digits := c.id == userid.Text("7"); digits != (err == nil) || digits && got.UserID != userid.Number(7) {
			t.Errorf("a token of %v is one of %v among %v (%v)", c.id, got.UserID, other, err)
		}
	}
}

// TestUndecided: before it is known what keys are, a token that nobody may use is refused
// in its words, and of any other it is said that nothing can be said; nothing of that is
// remembered.
func TestUndecided(t *testing.T) {
	kind := userid.Unknown
	s := newService(t, Config{IDs: func() userid.Kind { return kind }})
	good := signed(plainHeader, flask(""))
	for range 2 {
		if _, err := s.Verify(good); !errors.Is(err, ErrUndecided) {
			t.Errorf("Verify() = %v, want ErrUndecided", err)
		}
	}
	for _, refused := range []string{good + "x", signed(plainHeader, dated("1600000000", "1600000000", "1600000000", "1"))} {
		if _, err := s.Verify(refused); errors.Is(err, ErrUndecided) || err == nil {
			t.Errorf("Verify() of a bad token = %v", err)
		}
	}
	if stats := s.Stats(); stats.Own.Sum()+stats.Legacy.Sum() != 0 || stats.Remembered != 0 {
		t.Errorf("Stats() = %+v", stats)
	}
	kind = userid.Numbers
	if got, err := s.Verify(good); err != nil || got.UserID != userid.Number(1) {
		t.Errorf("Verify() later = %v, %v", got, err)
	}
}
