package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/userid"
)

const (
	testSecret = "secret-key"
	testNow    = 1700000000 // seconds since 1970
	testLeeway = 10         // seconds
)

// frozen is a clock that always says the given second and a fraction that
// rounding must cut off.
func frozen(unix int64) func() time.Time {
	return func() time.Time { return time.Unix(unix, 999_999_999) }
}

// newService returns a Service for cfg, with the tests' one key, life, leeway
// and clock where cfg has none. Leeway zero stands for the default here; for
// none at all use New.
func newService(t testing.TB, cfg Config) *Service {
	t.Helper()
	if cfg.Keys == nil {
		cfg.Keys = single(t, testSecret)
	}
	if cfg.Lifetime == 0 {
		cfg.Lifetime = 5 * time.Minute
	}
	if cfg.Leeway == 0 {
		cfg.Leeway = testLeeway * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = frozen(testNow)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatalf("New() = %v", err)
	}
	return s
}

// single returns the keyring of one secret.
func single(t testing.TB, secret string) *keys.Ring {
	t.Helper()
	ring, err := keys.Single([]byte(secret))
	if err != nil {
		t.Fatalf("Single() = %v", err)
	}
	return ring
}

// mint returns a fresh compact token of s.
func mint(t testing.TB, s *Service, userID int64) string {
	t.Helper()
	token, err := s.Mint(userid.Number(userID))
	if err != nil {
		t.Fatalf("Mint(%d) = %v", userID, err)
	}
	return token.Compact
}

// encode is base64url without padding.
func encode(raw string) string { return base64.RawURLEncoding.EncodeToString([]byte(raw)) }

// signed signs any two JSON texts, well-formed or not, with the standard
// library alone, so that what it makes does not depend on the code under test.
func signed(header, payload string) string { return signedSegments(encode(header), encode(payload)) }

// signedSegments signs two segments as they stand.
func signedSegments(header, payload string) string {
	return signedWith([]byte(testSecret), header, payload)
}

func signedWith(key []byte, header, payload string) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s", header, payload)
	return header + "." + payload + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const plainHeader = `{"typ":"JWT","alg":"HS256"}`

// flask is a payload as Flask-JWT writes it at testNow, and after it any more
// members, such as `,"aud":"x"`.
func flask(more string) string {
	return fmt.Sprintf(`{"exp":%d,"iat":%d,"nbf":%d,"identity":1%s}`, testNow+300, testNow, testNow, more)
}

// dated is a payload with the given texts as its dates and identity; an empty
// text leaves the member out.
func dated(exp, iat, nbf, identity string) string {
	out := "{"
	for _, m := range [][2]string{{"exp", exp}, {"iat", iat}, {"nbf", nbf}, {"identity", identity}} {
		if m[1] == "" {
			continue
		}
		if len(out) > 1 {
			out += ","
		}
		out += fmt.Sprintf("%q:%s", m[0], m[1])
	}
	return out + "}"
}

// refusal verifies compact and returns the refusal, or fails if it is accepted
// or the error is of another type or comes with claims.
func refusal(t testing.TB, s *Service, compact string) *Error {
	t.Helper()
	claims, err := s.Verify(compact)
	if err == nil {
		t.Fatalf("Verify() = %+v, want an error", claims)
	}
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("Verify() = %T, want *Error", err)
	}
	if claims != (Claims{}) {
		t.Fatalf("Verify() = %+v with an error, want no claims", claims)
	}
	return e
}

// libraryOptions ask of golang-jwt what Verify asks. Its exp ends one second
// earlier (exp + leeway is already too late there), hence the second more,
// which for iat and nbf only makes it more generous.
func libraryOptions() []jwt.ParserOption {
	return []jwt.ParserOption{
		jwt.WithValidMethods([]string{"HS256"}),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway((testLeeway + 1) * time.Second),
		jwt.WithTimeFunc(func() time.Time { return time.Unix(testNow, 0) }),
	}
}

func libraryKey(*jwt.Token) (any, error) { return []byte(testSecret), nil }

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }
