package token

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"
)

// slowest is how long one refusal may take: half of the 100 ms promised to clients. A
// busy machine may take longer for some of the tries, but hardly for all.
const (
	slowest = 50 * time.Millisecond
	tries   = 50
)

// wrong is one way a token can be wrong.
type wrong struct {
	name        string
	token       string
	reason      Reason
	description string
}

// checkWrong verifies each token and compares what is said of it.
func checkWrong(t *testing.T, s *Service, cases []wrong) {
	t.Helper()
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.name] {
			t.Fatalf("two cases are called %q", c.name)
		}
		seen[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			var got *Error
			least := time.Hour
			for n := 0; n < tries && least > slowest; n++ {
				start := time.Now()
				got = refusal(t, s, c.token)
				least = min(least, time.Since(start))
			}
			if least > slowest {
				t.Errorf("Verify() took %v at best of %d tries, want at most %v", least, tries, slowest)
			}
			if got.Reason != c.reason || got.Description != c.description {
				t.Errorf("Verify() = %s %q, want %s %q", got.Reason, got.Description, c.reason, c.description)
			}
		})
	}
}

// TestVerifyForm holds every wrong form and header. A good signature covers
// each token that can have one, so that nothing else refuses it.
func TestVerifyForm(t *testing.T) {
	s := newService(t, Config{})
	good := signed(plainHeader, flask(""))
	parts := strings.Split(good, ".")
	h, p, sig := parts[0], parts[1], parts[2]

	cases := []wrong{
		{"empty", "", ReasonMalformed, descSegments},
		{"one part", h, ReasonMalformed, descSegments},
		{"two parts", h + "." + p, ReasonMalformed, descSegments},
		{"four parts", good + ".x", ReasonMalformed, descPayloadPadding},
		{"five parts", good + "." + p + "." + sig, ReasonMalformed, descPayloadPadding},
		{"only dots", "..", ReasonMalformed, descHeaderString + faultNotJSON},
		{"empty header", signedSegments("", p), ReasonMalformed, descHeaderString + faultNotJSON},
		{"empty payload", signedSegments(h, ""), ReasonMalformed, descPayloadString + faultNotJSON},
		{"not base64", "*.*.*", ReasonMalformed, descHeaderPadding},
		{"white space before", " " + good, ReasonMalformed, descHeaderPadding},
		{"white space after", good + " ", ReasonMalformed, descCryptoPadding},
		{"line break after", good + "\n", ReasonMalformed, descCryptoPadding},
		{"line break in the header", signedSegments(h[:8]+"\n"+h[8:], p), ReasonMalformed, descHeaderPadding},
		{"line break in the payload", signedSegments(h, p[:8]+"\r\n"+p[8:]), ReasonMalformed, descPayloadPadding},
		{"NUL in the payload", signedSegments(h, p[:8]+"\x00"+p[8:]), ReasonMalformed, descPayloadPadding},
		{"non-ASCII", signedSegments(h, "é"+p), ReasonMalformed, descPayloadPadding},
		{"padded header", signedSegments(encode(plainHeader+" ")+"==", p), ReasonMalformed, descHeaderPadding},
		{"padded payload", signedSegments(h, encode(flask(""))+"="), ReasonMalformed, descPayloadPadding},
		{"padded signature", good + "=", ReasonMalformed, descCryptoPadding},
		{"the other alphabet", signedSegments(h, base64.RawStdEncoding.EncodeToString([]byte(flask(`,"x":"~~~???"`)))), ReasonMalformed, descPayloadPadding},
		{"trailing bits in the payload", signedSegments(h, trailingBits(encode(flask("")))), ReasonMalformed, descPayloadPadding},
		{"trailing bits in the signature", h + "." + p + "." + trailingBits(sig), ReasonMalformed, descCryptoPadding},
		{"a million dots", strings.Repeat(".", 1_000_000), ReasonMalformed, descTooLong},
		{"over 8 KiB", signed(plainHeader, flask(`,"x":"`+strings.Repeat("x", 6200)+`"`)), ReasonMalformed, descTooLong},
		{"no signature", h + "." + p + ".", ReasonSignature, descSignature},
		{"cut signature", good[:len(good)-3], ReasonSignature, descSignature},
		{"longer signature", good + "AAAA", ReasonSignature, descSignature},
		{"zero signature", h + "." + p + "." + encode(strings.Repeat("\x00", 32)), ReasonSignature, descSignature},
		{"r=s=0 of ES256", h + "." + p + "." + encode(strings.Repeat("\x00", 64)), ReasonSignature, descSignature},
		{"another secret", signedWith([]byte("other"), h, p), ReasonSignature, descSignature},
		{"empty secret", signedWith(nil, h, p), ReasonSignature, descSignature},
		{"another payload", h + "." + encode(flask(`,"x":1`)) + "." + sig, ReasonSignature, descSignature},
		{"another header", encode(`{"alg":"HS256","typ":"JWT"}`) + "." + p + "." + sig, ReasonSignature, descSignature},
	}
	cases = append(cases, wrongHeaders(flask(""))...)
	cases = append(cases, wrongParameters(flask(""))...)
	cases = append(cases, confusedKeys(t, h, p)...)
	checkWrong(t, s, cases)
}

// wrongHeader is one signed header and what is said of it, called by its text;
// the payload is good.
func wrongHeader(header, payload string, reason Reason, description string) wrong {
	return wrong{"header " + header[:min(len(header), 60)], signed(header, payload), reason, description}
}

// wrongHeaders are headers with a wrong alg, or not strict JSON.
func wrongHeaders(payload string) []wrong {
	var cases []wrong
	add := func(header string, reason Reason, description string) {
		cases = append(cases, wrongHeader(header, payload, reason, description))
	}
	for _, alg := range []string{
		`"none"`, `"None"`, `"NONE"`, `"nOnE"`, `"none "`, `""`, `"hs256"`, `"HS256 "`, `"HS256\u0000"`, `"HS384"`, `"HS512"`,
		`"RS256"`, `"ES256"`, `"PS256"`, `"EdDSA"`, `"dir"`, `null`, `true`, `256`, `["HS256"]`, `{"alg":"HS256"}`,
	} {
		add(`{"typ":"JWT","alg":`+alg+`}`, ReasonAlgorithm, descAlgorithm)
	}
	add(`{}`, ReasonAlgorithm, descAlgorithm)
	add(`{"typ":"JWT"}`, ReasonAlgorithm, descAlgorithm)

	for _, header := range []string{
		`{"alg":"none","alg":"HS256"}`, `{"alg":"HS256","Alg":"none"}`, `{"ALG":"HS256"}`,
		`{"alg":"HS256","Crit":["b64"]}`, `{"alg":"HS256","x":{"a":1,"a":2}}`, `{"alg":"HS256","\u0061lg":"none"}`,
	} {
		add(header, ReasonMalformed, descHeaderString+faultNames)
	}
	for _, header := range []string{`[]`, `"HS256"`, `null`, `1`} {
		add(header, ReasonMalformed, descHeaderString+faultNotObject)
	}
	for _, header := range []string{
		`{`, `{x`, "\xef\xbb\xbf" + plainHeader, `{"alg":"HS256","x":"` + "\xff" + `"}`, plainHeader + `{}`, `{"alg":"HS256",}`,
		`{"alg":"HS256","x":"\ud800"}`, `{'alg':'HS256'}`, `{"alg":"HS256"//` + "\n}",
	} {
		add(header, ReasonMalformed, descHeaderString+faultNotJSON)
	}
	return cases
}

// wrongParameters are headers with a parameter that is refused.
func wrongParameters(payload string) []wrong {
	var cases []wrong
	add := func(header string, reason Reason, description string) {
		cases = append(cases, wrongHeader(header, payload, reason, description))
	}
	for _, parameter := range []string{
		`"crit":["exp"]`, `"crit":[]`, `"crit":null`, `"b64":false`, `"b64":true`, `"zip":"DEF"`, `"enc":"A256GCM"`, `"cty":"JWT"`,
		`"jku":"http://127.0.0.1:1/jwks"`, `"jwk":{"kty":"oct","k":"AA"}`, `"x5u":"http://127.0.0.1:1/x"`, `"x5c":["AA"]`,
	} {
		add(`{"alg":"HS256",`+parameter+`}`, ReasonHeader, descParameter)
	}
	for _, typ := range []string{`"rt+jwt"`, `"application/rt+jwt"`, `"dpop+jwt"`, `"id+jwt"`, `"logout+jwt"`, `"application/"`, `"application/application/jwt"`, `"access"`, `"refresh"`, `"JWE"`, `""`, `null`, `1`, `["JWT"]`} {
		add(`{"alg":"HS256","typ":`+typ+`}`, ReasonHeader, descType)
	}
	for _, kid := range []string{`1`, `null`, `["a"]`, `{"a":"b"}`, `true`} {
		add(`{"alg":"HS256","kid":`+kid+`}`, ReasonHeader, descKeyID)
	}
	add(`{"kid":"`+strings.Repeat("k", maxKeyID+1)+`","alg":"HS256"}`, ReasonHeader, descKeyIDLong)
	add(`{"alg":"HS256","kid":"`+strings.Repeat("k", 64<<10)+`"}`, ReasonMalformed, descTooLong)
	add(`{"x":`+nested(maxDepth)+`,"alg":"HS256"}`, ReasonMalformed, descHeaderString+faultDepth)
	add(`{"y":`+nested(100_000)+`,"alg":"HS256"}`, ReasonMalformed, descTooLong)
	return cases
}

// confusedKeys are the attack of RFC 8725 section 2.1: a public key, which
// everyone knows, used as the HMAC secret, the header naming either algorithm.
func confusedKeys(t *testing.T, plain, payload string) []wrong {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	jwk, err := json.Marshal(map[string]string{
		"kty": "RSA", "e": "AQAB", "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
	})
	if err != nil {
		t.Fatal(err)
	}
	rs256 := encode(`{"typ":"JWT","alg":"RS256"}`)
	var cases []wrong
	for name, secret := range map[string][]byte{
		"PEM": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), "DER": der, "JWK": jwk,
	} {
		cases = append(cases,
			wrong{"HS256 keyed with " + name, signedWith(secret, plain, payload), ReasonSignature, descSignature},
			wrong{"RS256 keyed with " + name, signedWith(secret, rs256, payload), ReasonAlgorithm, descAlgorithm})
	}
	return cases
}

// trailingBits respells a segment that ends in the middle of three bytes: its
// last character gets one of the bits set that decode to nothing.
func trailingBits(segment string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if len(segment)%4 == 0 {
		panic(fmt.Sprintf("a segment of %d characters has no trailing bits", len(segment)))
	}
	last := strings.IndexByte(alphabet, segment[len(segment)-1])
	return segment[:len(segment)-1] + alphabet[last+1:last+2]
}

// nested is an array in an array, depth times.
func nested(depth int) string {
	return strings.Repeat("[", depth) + strings.Repeat("]", depth)
}
