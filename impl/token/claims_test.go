package token

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/userid"
)

// wrongPayload is one signed payload and what is said of it, called by its text.
func wrongPayload(payload string, reason Reason, description string) wrong {
	return wrong{payload[:min(len(payload), 90)], signed(plainHeader, payload), reason, description}
}

// TestVerifyPayload holds every payload that is not strict JSON.
func TestVerifyPayload(t *testing.T) {
	const iat, nbf = "1700000000", "1700000000"
	var cases []wrong
	add := func(payload string, reason Reason, description string) {
		cases = append(cases, wrongPayload(payload, reason, description))
	}
	for _, payload := range []string{
		`{x`, `{`, `{"exp":1`, "\xef\xbb\xbf" + flask(""), flask("") + "{}", flask("") + "x", flask(`,"x":NaN`), flask(`,"x":Infinity`),
		flask(`,"x":"` + "\xff" + `"`), flask(`,"x":"` + "\xc0\xaf" + `"`), flask(`,"x":"\ud800"`), flask(`,"x":"` + "\n" + `"`),
		flask(`,"x":01`), flask(`,"x":.5`), flask(`,"x":+1`), flask(`,"x":[1,]`), flask(`,`), dated("NaN", iat, nbf, "1"), dated("0x10", iat, nbf, "1"),
	} {
		add(payload, ReasonMalformed, descPayloadString+faultNotJSON)
	}
	for _, payload := range []string{`[]`, `"x"`, `null`, `1`, `true`, `[{"exp":1}]`} {
		add(payload, ReasonMalformed, descPayloadString+faultNotObject)
	}
	for _, more := range []string{
		`,"exp":1700000300`, `,"exp":1`, `,"identity":2`, `,"Exp":1800000000`, `,"EXP":1`, `,"Identity":2`, `,"AUD":"x"`, `,"\u0065xp":1`,
		`,"ſub":"2"`, `,"iſs":"x"`, `,"x":{"y":1,"y":2}`, `,"x":1,"x":1`, `,"Jti":"x"`, `,"iAt":0`, `,"Nbf":0`,
	} {
		add(flask(more), ReasonMalformed, descPayloadString+faultNames)
	}
	add(flask(`,"x":`+nested(maxDepth)), ReasonMalformed, descPayloadString+faultDepth)
	add(flask(`,"y":`+nested(2900)), ReasonMalformed, descPayloadString+faultDepth)
	add(flask(`,"z":`+nested(100_000)), ReasonMalformed, descTooLong)
	add(flask(`,"o":`+strings.Repeat(`{"a":`, 900)+"1"+strings.Repeat("}", 900)), ReasonMalformed, descPayloadString+faultDepth)
	checkWrong(t, newService(t, Config{}), cases)
}

// TestVerifyNumbers holds every wrong date and identity.
func TestVerifyNumbers(t *testing.T) {
	const exp, iat, nbf = "1700000300", "1700000000", "1700000000"
	var cases []wrong
	add := func(payload string, reason Reason, description string) {
		cases = append(cases, wrongPayload(payload, reason, description))
	}
	add(dated("", iat, nbf, "1"), ReasonMissingClaim, descMissingExp)
	add(dated("null", iat, nbf, "1"), ReasonMissingClaim, descMissingExp)
	add(dated(exp, "", nbf, "1"), ReasonMissingClaim, descMissingIat)
	add(dated(exp, "null", nbf, "1"), ReasonMissingClaim, descMissingIat)
	add(dated(exp, iat, "", "1"), ReasonMissingClaim, descMissingNbf)
	add(dated(exp, iat, "null", "1"), ReasonMissingClaim, descMissingNbf)
	add(`{}`, ReasonMissingClaim, descMissingExp)
	add(dated(exp, iat, nbf, ""), ReasonMissingClaim, descMissingIdentity)
	add(dated(exp, iat, nbf, "null"), ReasonMissingClaim, descMissingIdentity)

	for _, v := range []string{
		`"1700000000"`, `"soon"`, `""`, `true`, `false`, `[1]`, `[]`, `{}`, `1e400`, `-1e400`, `1e16`, `9007199254740992.0`, `-9007199254740992.5`, `"1700000000.5"`,
		`9007199254740992`, `-9007199254740992`, `9223372036854775807`, `9223372036854775808`, `-9223372036854775809`, `100000000000000000000000000`,
	} {
		add(dated(v, iat, nbf, "1"), ReasonInvalidClaim, descExpInteger)
		add(dated(exp, v, nbf, "1"), ReasonInvalidClaim, descIatInteger)
		add(dated(exp, iat, v, "1"), ReasonInvalidClaim, descNbfInteger)
	}
	for _, v := range []string{
		`"1 OR 1=1"`, `""`, `"+1"`, `" 1"`, `"1 "`, `"1.0"`, `"01"`, `"00"`, `"-0"`, `"-1"`, `"1e0"`, `"0x1"`, `"1_0"`, `"١"`, `"1\u0000"`,
		`"9223372036854775808x"`, `"` + strings.Repeat("9", 66) + `"`, strings.Repeat("9", 66), `-` + strings.Repeat("9", 66), `true`, `false`, `[1]`, `[]`, `{}`, `{"id":1}`, `1.0`, `1.5`, `1e0`, `1e30`, `-1.0`, `1e400`,
	} {
		add(dated(exp, iat, nbf, v), ReasonInvalidClaim, descIdentityInteger)
	}
	for _, v := range []string{"0", "-1", "1", "-0", "1e-400", "1699999989.99", "1E9", "1699999989", "-9007199254740991"} {
		add(dated(v, iat, nbf, "1"), ReasonExpired, descExpired)
	}
	checkWrong(t, newService(t, Config{}), cases)
}

// TestVerifyTexts holds every wrong aud, sub and jti.
func TestVerifyTexts(t *testing.T) {
	var cases []wrong
	add := func(payload string, reason Reason, description string) {
		cases = append(cases, wrongPayload(payload, reason, description))
	}
	for _, v := range []string{`"x"`, `["x"]`, `[]`, `null`, `1`, `""`, `{}`} {
		add(flask(`,"aud":`+v), ReasonAudience, descAudience)
	}
	add(`{"exp":1700000300,"iat":1700000000,"nbf":1700000000,"identity":"2","sub":"1"}`, ReasonSubject, descSubject)
	for _, v := range []string{`"2"`, `"01"`, `"1 "`, `"1.0"`, `"+1"`, `""`, `"roy"`, `1`, `null`, `["1"]`, `true`} {
		add(flask(`,"sub":`+v), ReasonSubject, descSubject)
	}
	for _, name := range []string{"type", "token_type", "typ"} {
		for _, v := range []string{`"refresh"`, `"rt+jwt"`, `"Refresh"`, `"id"`, `"ID"`, `"Offline"`, `"sliding"`, `""`, `"access "`, `"refresh_token"`, `null`, `1`, `["access"]`, `{"access":1}`, `true`} {
			add(flask(`,"`+name+`":`+v), ReasonKind, descKind)
		}
	}
	add(flask(`,"type":"access","token_type":"refresh"`), ReasonKind, descKind)
	add(flask(`,"typ":"ID","type":"access"`), ReasonKind, descKind)
	for _, v := range []string{`1`, `null`, `["a"]`, `{}`, `true`} {
		add(flask(`,"jti":`+v), ReasonInvalidClaim, descIDString)
	}
	checkWrong(t, newService(t, Config{}), cases)
}

// TestVerifyOrder holds tokens with two things wrong: the one that PyJWT 1.4.2
// comes upon first is told.
func TestVerifyOrder(t *testing.T) {
	const expired = `{"exp":1600000000,"iat":1600000000,"nbf":1600000000,"identity":1}`
	other := func(header, payload string) string {
		return signedWith([]byte("other"), encode(header), encode(payload))
	}
	checkWrong(t, newService(t, Config{Issuer: "https://login.example"}), []wrong{
		{"wrong secret, expired", other(plainHeader, expired), ReasonSignature, descSignature},
		{"wrong secret, not JSON", other(plainHeader, "{x"), ReasonSignature, descSignature},
		{"wrong secret, alg none", other(`{"alg":"none"}`, expired), ReasonAlgorithm, descAlgorithm},
		{"alg none, header of its own", signed(`{"alg":"none","crit":["x"]}`, expired), ReasonAlgorithm, descAlgorithm},
		{"wrong secret, crit", other(`{"alg":"HS256","crit":["x"]}`, expired), ReasonHeader, descParameter},
		{"alg none, payload not base64", encode(`{"alg":"none"}`) + ".*.", ReasonMalformed, descPayloadPadding},
		{"alg none, signature not base64", encode(`{"alg":"none"}`) + "." + encode(expired) + ".*", ReasonMalformed, descCryptoPadding},
		{"header not JSON, payload not base64", encode("x") + ".*.*", ReasonMalformed, descHeaderString + faultNotJSON},
		{"no segment is base64", "*.*.*", ReasonMalformed, descHeaderPadding},
		{"payload and signature not base64", headerSegment + ".*.*", ReasonMalformed, descPayloadPadding},
		{"no iat, expired", signed(plainHeader, dated("1600000000", "", "1600000000", "1")), ReasonMissingClaim, descMissingIat},
		{"no exp, no iat, no nbf", signed(plainHeader, dated("", "", "", "1")), ReasonMissingClaim, descMissingExp},
		{"no nbf, iat a word", signed(plainHeader, dated("1", `"x"`, "", "1")), ReasonMissingClaim, descMissingNbf},
		{"iat ahead, expired", signed(plainHeader, dated("1600000000", "1800000000", "1600000000", "1")), ReasonNotYetValid, descIatFuture},
		{"iat ahead, nbf ahead", signed(plainHeader, dated("1900000000", "1800000000", "1800000000", "1")), ReasonNotYetValid, descIatFuture},
		{"iat ahead, nbf a word", signed(plainHeader, dated("1900000000", "1800000000", `"x"`, "1")), ReasonNotYetValid, descIatFuture},
		{"nbf ahead, expired", signed(plainHeader, dated("1600000000", "1600000000", "1800000000", "1")), ReasonNotYetValid, descNbfFuture},
		{"nbf ahead, exp a word", signed(plainHeader, dated(`"x"`, "1600000000", "1800000000", "1")), ReasonNotYetValid, descNbfFuture},
		{"expired, another issuer", signed(plainHeader, expired[:len(expired)-1]+`,"iss":"x"}`), ReasonExpired, descExpired},
		{"another issuer, aud", signed(plainHeader, flask(`,"iss":"x","aud":"x"`)), ReasonIssuer, descIssuer},
		{"expired, no identity", signed(plainHeader, dated("1600000000", "1600000000", "1600000000", "")), ReasonExpired, descExpired},
		{"aud, identity a word", signed(plainHeader, `{"exp":1700000300,"iat":1700000000,"nbf":1700000000,"identity":"x","aud":"x"}`), ReasonAudience, descAudience},
		{"identity a word, sub another", signed(plainHeader, `{"exp":1700000300,"iat":1700000000,"nbf":1700000000,"identity":"x","sub":"2"}`), ReasonInvalidClaim, descIdentityInteger},
		{"aud, another kind", signed(plainHeader, flask(`,"type":"refresh","aud":"x"`)), ReasonAudience, descAudience},
		{"another kind, expired", signed(plainHeader, expired[:len(expired)-1]+`,"type":"refresh"}`), ReasonExpired, descExpired},
		{"another kind, identity a word", signed(plainHeader, `{"exp":1700000300,"iat":1700000000,"nbf":1700000000,"identity":"x","type":"refresh"}`), ReasonKind, descKind},
		{"sub another, jti a number", signed(plainHeader, flask(`,"sub":"2","jti":1`)), ReasonSubject, descSubject},
	})
}

// TestVerifyAccepts holds the odd tokens that are nevertheless right.
func TestVerifyAccepts(t *testing.T) {
	const exp, iat, nbf = "1700000300", "1700000000", "1700000000"
	for _, c := range []struct {
		name, header, payload string
		id                    any
		jti                   string
	}{
		{"as Flask-JWT writes it", plainHeader, flask(""), 1, ""},
		{"header in golang-jwt's order", `{"alg":"HS256","typ":"JWT"}`, flask(""), 1, ""},
		{"no typ", `{"alg":"HS256"}`, flask(""), 1, ""},
		{"typ in lower case", `{"alg":"HS256","typ":"jwt"}`, flask(""), 1, ""},
		{"kid", `{"alg":"HS256","kid":"../../dev/null' OR 1=1"}`, flask(""), 1, ""},
		{"longest kid", `{"alg":"HS256","kid":"` + strings.Repeat("k", maxKeyID) + `"}`, flask(""), 1, ""},
		{"unknown parameters", `{"alg":"HS256","x":{"y":[1]},"x5t":"AA"}`, flask(""), 1, ""},
		{"escaped names", `{"\u0061lg":"HS\u003256"}`, flask(""), 1, ""},
		{"white space in the JSON", " {\n\"alg\" : \"HS256\" } ", "\t" + flask(" ") + "\n", 1, ""},
		{"extra claims", plainHeader, flask(`,"role":"admin","Role":1,"aud_":"x","x":{"exp":1,"Exp":2}`), 1, ""},
		{"deepest claim", plainHeader, flask(`,"x":` + nested(maxDepth-1)), 1, ""},
		{"sub and jti", plainHeader, flask(`,"sub":"1","jti":"abc"`), 1, "abc"},
		{"identity in digits", plainHeader, dated(exp, iat, nbf, `"17"`), 17, ""},
		{"identity 0 in digits", plainHeader, dated(exp, iat, nbf, `"0"`), 0, ""},
		{"largest identity in digits", plainHeader, dated(exp, iat, nbf, `"9223372036854775807"`), 9223372036854775807, ""},
		{"identity in escaped digits", plainHeader, dated(exp, iat, nbf, `"1\u0037"`), 17, ""},
		{"Flask-JWT-Extended's type", plainHeader, flask(`,"type":"access","fresh":false`), 1, ""},
		{"SimpleJWT's token_type", plainHeader, flask(`,"token_type":"access"`), 1, ""},
		{"Keycloak's typ", plainHeader, flask(`,"typ":"Bearer"`), 1, ""},
		{"another case of a kind's name", plainHeader, flask(`,"Type":"refresh"`), 1, ""},
		{"typ of RFC 9068", `{"alg":"HS256","typ":"at+jwt"}`, flask(""), 1, ""},
		{"typ of RFC 9068 in full", `{"alg":"HS256","typ":"application/AT+jwt"}`, flask(""), 1, ""},
		{"typ in full", `{"alg":"HS256","typ":"application/jwt"}`, flask(""), 1, ""},
		{"dates with fractions", plainHeader, dated("1700000300.25", "1699999999.5", "1.7e9", "1"), 1, ""},
		{"any iss, none being configured", plainHeader, flask(`,"iss":["x"]`), 1, ""},
		{"dates far off", plainHeader, dated("9007199254740991", "-9007199254740991", "-9007199254740991", "1"), 1, ""},
		{"exp in milliseconds", plainHeader, dated("1700000300000", iat, nbf, "1"), 1, ""},
		{"iat after exp", plainHeader, dated("1699999995", "1700000005", nbf, "1"), 1, ""},
		{"identity 0", plainHeader, dated(exp, iat, nbf, "0"), 0, ""},
		{"identity -0", plainHeader, dated(exp, iat, nbf, "-0"), 0, ""},
		{"identity negative", plainHeader, dated(exp, iat, nbf, "-1"), -1, ""},
		{"largest identity", plainHeader, dated(exp, iat, nbf, "9223372036854775807"), 9223372036854775807, ""},
		{"smallest identity", plainHeader, dated(exp, iat, nbf, "-9223372036854775808"), -9223372036854775808, ""},
		{"identity beyond int64", plainHeader, dated(exp, iat, nbf, "9223372036854775808"), "9223372036854775808", ""},
		{"identity below int64", plainHeader, dated(exp, iat, nbf, "-9223372036854775809"), "-9223372036854775809", ""},
		{"unsigned identity in digits", plainHeader, dated(exp, iat, nbf, `"18446744073709551615"`), "18446744073709551615", ""},
		{"longest identity", plainHeader, dated(exp, iat, nbf, strings.Repeat("9", 65)), strings.Repeat("9", 65), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := newService(t, Config{}).Verify(signed(c.header, c.payload))
			if err != nil || got.UserID != number(t, c.id) || got.ID != c.jti {
				t.Errorf("Verify() = %+v, %v, want user %v, id %q", got, err, c.id, c.jti)
			}
		})
	}
}

// number is a key of numbers: an int, or digits.
func number(t *testing.T, of any) userid.ID {
	t.Helper()
	id, ok := userid.ParseNumber(fmt.Sprint(of))
	if !ok {
		t.Fatalf("%v is no number", of)
	}
	return id
}

// TestVerifyIssuer: with an issuer configured a token without one passes, as
// Flask-JWT's have none; another one, or one that is no string, does not.
func TestVerifyIssuer(t *testing.T) {
	s := newService(t, Config{Issuer: "https://login.example"})
	for _, more := range []string{``, `,"iss":"https://login.example"`} {
		if _, err := s.Verify(signed(plainHeader, flask(more))); err != nil {
			t.Errorf("Verify(%s) = %v, want no error", more, err)
		}
	}
	var cases []wrong
	for _, iss := range []string{`"https://login.example/"`, `"HTTPS://login.example"`, `""`, `null`, `1`, `["https://login.example"]`} {
		cases = append(cases, wrong{iss, signed(plainHeader, flask(`,"iss":`+iss)), ReasonIssuer, descIssuer})
	}
	checkWrong(t, s, cases)
}

// TestVerifyFractions: a date's fraction is cut off, toward zero, as PyJWT's int()
// does: what counts are whole seconds.
func TestVerifyFractions(t *testing.T) {
	const exp, iat, nbf = "1700000300", "1700000000", "1700000000"
	s := newService(t, Config{}) // the leeway is 10 s, the clock stands at 1700000000
	for _, c := range []struct{ exp, iat, nbf, description string }{
		{"1699999990.0", iat, nbf, ""},
		{"1699999990.999", iat, nbf, ""},
		{"1699999989.999", iat, nbf, descExpired},
		{exp, "1700000010.999", nbf, ""},
		{exp, "1700000011.0", nbf, descIatFuture},
		{exp, iat, "1700000010.999", ""},
		{exp, iat, "17000000110e-1", descNbfFuture},
		{exp, "-1.9", nbf, ""},
		{"1700000300.1", "1.7000000001e9", "0.0", ""},
	} {
		_, err := s.Verify(signed(plainHeader, dated(c.exp, c.iat, c.nbf, "1")))
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "token: ")
		}
		if got != c.description {
			t.Errorf("exp %s, iat %s, nbf %s: %q, want %q", c.exp, c.iat, c.nbf, got, c.description)
		}
	}
}

// TestVerifyEdges walks each date across its edge, one second at a time, with
// the clock late in its second: only whole seconds count.
func TestVerifyEdges(t *testing.T) {
	const now = testNow
	for _, leeway := range []int64{0, 1, testLeeway, 3600} {
		s, err := New(Config{
			Keys: single(t, testSecret), Lifetime: time.Minute, Leeway: time.Duration(leeway) * time.Second, Now: frozen(now),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name          string
			exp, iat, nbf int64
			description   string // "" for accepted
		}{
			{"exp at the edge", now - leeway, now, now, ""},
			{"exp inside", now - leeway + 1, now, now, ""},
			{"exp outside", now - leeway - 1, now, now, descExpired},
			{"iat at the edge", now + 300, now + leeway, now, ""},
			{"iat inside", now + 300, now + leeway - 1, now, ""},
			{"iat outside", now + 300, now + leeway + 1, now, descIatFuture},
			{"nbf at the edge", now + 300, now, now + leeway, ""},
			{"nbf inside", now + 300, now, now + leeway - 1, ""},
			{"nbf outside", now + 300, now, now + leeway + 1, descNbfFuture},
			{"all at the edge", now - leeway, now + leeway, now + leeway, ""},
		} {
			t.Run(fmt.Sprintf("leeway %d: %s", leeway, c.name), func(t *testing.T) {
				compact := signed(plainHeader, dated(fmt.Sprint(c.exp), fmt.Sprint(c.iat), fmt.Sprint(c.nbf), "1"))
				if c.description != "" {
					if got := refusal(t, s, compact); got.Description != c.description {
						t.Errorf("Verify() = %q, want %q", got.Description, c.description)
					}
					return
				}
				got, err := s.Verify(compact)
				if err != nil {
					t.Fatalf("Verify() = %v, want no error", err)
				}
				if got.ExpiresAt.Unix() != c.exp || got.IssuedAt.Unix() != c.iat || got.NotBefore.Unix() != c.nbf {
					t.Errorf("Verify() = %+v, want the token's own dates %d, %d, %d", got, c.exp, c.iat, c.nbf)
				}
			})
		}
	}
}
