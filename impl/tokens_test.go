package impl_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"hash"
	"net/http"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/internal/flaskjwt"

	"crypto/rand"
)

func argon2id(pass string) (string, error) { return password.New(pass, rand.Reader) }

const now = 1_800_000_000 // where the test's clock stands

// sign makes a compact token of any two texts with the server's own secret.
func sign(header, payload string) string { return signWith(sha256.New, header, payload) }

func signWith(alg func() hash.Hash, header, payload string) string {
	input := b64(header) + "." + b64(payload)
	mac := hmac.New(alg, []byte(flaskjwt.Secret))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

const hs256 = `{"alg":"HS256","typ":"JWT"}`

// payload is roy's, with one claim in another's place or beside.
func payload(claim, value string) string {
	claims := map[string]string{"exp": fmt.Sprint(now + 300), "iat": fmt.Sprint(now), "nbf": fmt.Sprint(now), "identity": "1"}
	claims[claim] = value
	var members []string
	for name, v := range claims {
		if v != "" {
			members = append(members, `"`+name+`":`+v)
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// forged is every way a token can be wrong that a client could send in a
// header line.
func forged() map[string]string {
	valid := sign(hs256, payload("", ""))
	parts := strings.Split(valid, ".")
	tokens := map[string]string{
		"alg none":             b64(`{"alg":"none","typ":"JWT"}`) + "." + parts[1] + ".",
		"alg none with a sig":  sign(`{"alg":"none"}`, payload("", "")),
		"alg in other case":    sign(`{"alg":"hs256"}`, payload("", "")),
		"no alg":               sign(`{"typ":"JWT"}`, payload("", "")),
		"alg null":             sign(`{"alg":null}`, payload("", "")),
		"alg list":             sign(`{"alg":["HS256"]}`, payload("", "")),
		"alg twice":            sign(`{"alg":"none","alg":"HS256"}`, payload("", "")),
		"alg beside Alg":       sign(`{"alg":"HS256","Alg":"none"}`, payload("", "")),
		"HS384":                signWith(sha512.New384, `{"alg":"HS384"}`, payload("", "")),
		"HS512":                signWith(sha512.New, `{"alg":"HS512"}`, payload("", "")),
		"RS256":                sign(`{"alg":"RS256"}`, payload("", "")),
		"ES256 with r=s=0":     b64(`{"alg":"ES256"}`) + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"EdDSA":                sign(`{"alg":"EdDSA"}`, payload("", "")),
		"kid a number":         sign(`{"alg":"HS256","kid":1}`, payload("", "")),
		"crit":                 sign(`{"alg":"HS256","crit":["exp"]}`, payload("", "")),
		"b64 false":            sign(`{"alg":"HS256","b64":false}`, payload("", "")),
		"zip":                  sign(`{"alg":"HS256","zip":"DEF"}`, payload("", "")),
		"JWE":                  sign(`{"alg":"dir","enc":"A256GCM"}`, payload("", "")),
		"jku":                  sign(`{"alg":"HS256","jku":"http://127.0.0.1:1/"}`, payload("", "")),
		"x5u":                  sign(`{"alg":"HS256","x5u":"http://127.0.0.1:1/"}`, payload("", "")),
		"jwk":                  sign(`{"alg":"HS256","jwk":{"kty":"oct","k":"AA"}}`, payload("", "")),
		"x5c":                  sign(`{"alg":"HS256","x5c":["AA"]}`, payload("", "")),
		"empty signature":      parts[0] + "." + parts[1] + ".",
		"short signature":      valid[:len(valid)-4],
		"long signature":       valid + "AAAA",
		"one part":             parts[0],
		"two parts":            parts[0] + "." + parts[1],
		"four parts":           valid + ".x",
		"five parts":           valid + ".x.y",
		"only dots":            "..",
		"many dots":            strings.Repeat(".", 20_000),
		"over 8 KiB":           sign(hs256, payload("x", `"`+strings.Repeat("x", 7000)+`"`)),
		"padding":              parts[0] + "=." + parts[1] + "." + parts[2],
		"other alphabet":       strings.NewReplacer("-", "+", "_", "/").Replace(valid) + "+",
		"trailing bits":        valid[:len(valid)-1] + next(valid[len(valid)-1]),
		"deep":                 sign(hs256, strings.Repeat("[", 5000)),
		"duplicate claim":      sign(hs256, `{"identity":2,`+payload("", "")[1:]),
		"Exp beside exp":       sign(hs256, payload("Exp", "9999999999")),
		"not an object":        sign(hs256, `[]`),
		"not JSON":             sign(hs256, `{x`),
		"bad UTF-8":            sign(hs256, payload("x", "\"\xff\"")),
		"byte order mark":      sign(hs256, "\ufeff"+payload("", "")),
		"header not an object": sign(`"HS256"`, payload("", "")),
		"aud":                  sign(hs256, payload("aud", `"other"`)),
		"sub of another":       sign(hs256, payload("sub", `"2"`)),
		"refresh token":        sign(hs256, payload("type", `"refresh"`)),
		"SimpleJWT's refresh":  sign(hs256, payload("token_type", `"refresh"`)),
		"a kind of null":       sign(hs256, payload("typ", "null")),
		"typ of a refresh":     sign(`{"typ":"rt+jwt","alg":"HS256"}`, payload("", "")),
		"exp with a fraction":  sign(hs256, payload("exp", "1.5")),
		"other secret":         parts[0] + "." + parts[1] + "." + b64(strings.Repeat("x", 32)),
	}
	for _, claim := range []string{"exp", "iat", "nbf", "identity"} {
		for _, value := range []string{"", "null", `"123"`, "true", "[1]", "1e400", "NaN", "{}", `"soon"`, "-"} {
			tokens[claim+" "+value] = sign(hs256, payload(claim, value))
		}
	}
	for _, identity := range []string{`"1 OR 1=1"`, `"01"`, `"+1"`, `"1.0"`, "1.5", "1e30", "-1", "0", "1.0", "99999999999999999999", "9223372036854775807", "2"} {
		tokens["identity "+identity] = sign(hs256, payload("identity", identity))
	}
	return tokens
}

// next is the base64url character that differs in the lowest, unused bit.
func next(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)^1])
}

// TestForgedTokens: 401 for each, soon, and the server goes on.
func TestForgedTokens(t *testing.T) {
	s := demo(t)
	if a := s.get("/rest-auth", "Bearer "+sign(hs256, payload("", ""))); a.status != 200 {
		t.Fatalf("the token the others are made of = %d %s", a.status, a.body)
	}
	for name, compact := range forged() {
		for _, path := range []string{"/rest-auth", "/auth/me"} {
			a := s.soon(func() answer { return s.get(path, "Bearer "+compact) })
			if a.status != http.StatusUnauthorized {
				t.Errorf("%s: %s = %d %s", name, path, a.status, a.body)
			}
			if strings.Contains(string(a.body), compact) && len(compact) > 3 {
				t.Errorf("%s is echoed", name)
			}
		}
	}
}

// TestTokenTimes are the edges of exp, nbf and iat at the leeway of 10 s.
func TestTokenTimes(t *testing.T) {
	s := demo(t)
	for _, c := range []struct {
		claim  string
		offset int
		status int
		words  string
	}{
		{"exp", -10, 200, ""},
		{"exp", -11, 401, "Signature has expired"},
		{"nbf", 10, 200, ""},
		{"nbf", 11, 401, "The token is not yet valid (nbf)"},
		{"iat", 10, 200, ""},
		{"iat", 11, 401, "Issued At claim (iat) cannot be in the future."},
	} {
		a := s.get("/rest-auth", "JWT "+sign(hs256, payload(c.claim, fmt.Sprint(now+c.offset))))
		if a.status != c.status || a.problem.Description != c.words {
			t.Errorf("%s %+d s = %d %q, want %d %q", c.claim, c.offset, a.status, a.problem.Description, c.status, c.words)
		}
	}
	compact := s.login()
	for _, c := range []struct {
		later  int64
		status int
	}{{299, 200}, {310, 200}, {311, 401}} {
		s.clock.unix.Store(now + c.later)
		if a := s.get("/rest-auth", "Bearer "+compact); a.status != c.status {
			t.Errorf("a token %d s old = %d, want %d", c.later, a.status, c.status)
		}
	}
}

// TestTokenOnlyInTheHeader: a token elsewhere is no token.
func TestTokenOnlyInTheHeader(t *testing.T) {
	s := demo(t)
	compact := s.login()
	if a := s.get("/rest-auth?access_token="+compact+"&token="+compact+"&jwt="+compact, ""); a.status != 401 {
		t.Errorf("in the query = %d", a.status)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/rest-auth", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"access_token", "token", "jwt"} {
		r.AddCookie(&http.Cookie{Name: name, Value: compact, Secure: true, HttpOnly: true})
	}
	if a := s.do(r); a.status != 401 {
		t.Errorf("in a cookie = %d", a.status)
	}
	if strings.Contains(s.log.String(), compact) {
		t.Error("the token is in the log")
	}
}

// TestKeyRotation on a running server: the tokens of a key pass from before it signs
// until it leaves, and then not once more.
func TestKeyRotation(t *testing.T) {
	s := demo(t)
	shared := s.keys.Current().Signer()
	next, err := keys.HS256.Key("2031-05", []byte(strings.Repeat("another secret ", 3)))
	if err != nil {
		t.Fatal(err)
	}
	replace := func(signer keys.Key, others ...keys.Key) {
		if err := s.keys.Replace(signer, others...); err != nil {
			t.Fatal(err)
		}
	}
	want := func(step, compact string, status int, words string) {
		t.Helper()
		for _, path := range []string{"/rest-auth", "/auth/me", "/rest-auth"} {
			if a := s.get(path, "Bearer "+compact); a.status != status || a.problem.Description != words {
				t.Errorf("%s: %s = %d %q, want %d %q", step, path, a.status, a.problem.Description, status, words)
			}
		}
	}
	first := s.login()
	want("one secret", first, 200, "")
	replace(shared, next)
	want("another is added", first, 200, "")
	replace(next, shared)
	second := s.login()
	if header, _, _ := strings.Cut(second, "."); header != b64(`{"typ":"JWT","alg":"HS256","kid":"2031-05"}`) {
		t.Errorf("a login's token has the header %s", header)
	}
	want("it signs", first, 200, "")
	want("it signs", second, 200, "")
	replace(next)
	want("the first has left", first, 401, "The token's key is not known")
	want("the first has left", second, 200, "")
	replace(shared)
	want("the first alone again", first, 200, "")
	want("the first alone again", second, 401, "Signature verification failed")
}
