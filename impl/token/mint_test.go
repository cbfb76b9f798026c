package token

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/userid"
)

// flaskToken was written by PyJWT 1.4.2: jwt.encode({'exp': 1700000300, 'iat':
// 1700000000, 'nbf': 1700000000, 'identity': 1}, 'secret-key').
const flaskToken = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9" +
	".eyJleHAiOjE3MDAwMDAzMDAsImlhdCI6MTcwMDAwMDAwMCwibmJmIjoxNzAwMDAwMDAwLCJpZGVudGl0eSI6MX0" +
	".xnSC-Pe4RBCgxKB7QR026xxrO8YL2YasL1lip6WTYoQ"

func TestVerifyFlaskToken(t *testing.T) {
	got, err := newService(t, Config{}).Verify(flaskToken)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Unix(testNow, 0).UTC()
	want := Claims{UserID: userid.Number(1), IssuedAt: start, NotBefore: start, ExpiresAt: start.Add(5 * time.Minute)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Verify() differs (-want +got):\n%s", diff)
	}
}

// TestMintBytes fixes every byte of a token, header and order of claims too.
func TestMintBytes(t *testing.T) {
	id := bytes.Repeat([]byte{0xfb, 0xff}, 8)
	for _, c := range []struct{ name, issuer, more string }{
		{"without issuer", "", ""},
		{"with issuer", "https://login.example", `,"iss":"https://login.example"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newService(t, Config{Issuer: c.issuer, Rand: bytes.NewReader(id)})
			got, err := s.Mint(userid.Number(42))
			if err != nil {
				t.Fatal(err)
			}
			payload := fmt.Sprintf(`{"exp":%d,"iat":%d,"nbf":%d,"identity":42,"sub":"42","jti":"%s"%s}`,
				testNow+300, testNow, testNow, base64.RawURLEncoding.EncodeToString(id), c.more)
			want := Token{Compact: signed(plainHeader, payload), ExpiresIn: 5 * time.Minute}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Mint() differs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestMintVerify: what is minted verifies, as the same user, whatever the id
// and the issuer's characters.
func TestMintVerify(t *testing.T) {
	for _, issuer := range []string{"", "https://login.example", "<&>\u2028 \"\\\x00é", strings.Repeat("\x01", maxIssuer)} {
		s := newService(t, Config{Issuer: issuer})
		for _, id := range []int64{0, 1, -1, 1 << 53, math.MaxInt64, math.MinInt64} {
			got, err := s.Verify(mint(t, s, id))
			if err != nil || got.UserID != userid.Number(id) || len(got.ID) != 22 {
				t.Errorf("Verify(Mint(%d)) with issuer %.30q = %+v, %v", id, issuer, got, err)
			}
		}
	}
}

// TestMintIDs: no id twice, from many goroutines at once; with -race this also
// shows that one Service serves them all.
func TestMintIDs(t *testing.T) {
	s := newService(t, Config{})
	const workers, each = 8, 200
	var seen sync.Map
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for range each {
				token, err := s.Mint(userid.Number(int64(w)))
				if err != nil {
					t.Error(err)
					return
				}
				claims, err := s.Verify(token.Compact)
				if err != nil || claims.UserID != userid.Number(int64(w)) {
					t.Errorf("Verify() = %+v, %v, want user %d", claims, err, w)
				}
				if _, twice := seen.LoadOrStore(claims.ID, true); twice {
					t.Errorf("token id %s was given twice", claims.ID)
				}
			}
		})
	}
	wg.Wait()
}

// TestMintNoRandomness: no token without a whole id.
func TestMintNoRandomness(t *testing.T) {
	broken := errors.New("no entropy")
	s := newService(t, Config{Rand: iotest.ErrReader(broken)})
	if got, err := s.Mint(userid.Number(1)); !errors.Is(err, broken) || got != (Token{}) {
		t.Errorf("Mint() = %v, %v, want no token and %v", got, err, broken)
	}
	s = newService(t, Config{Rand: strings.NewReader("short")})
	if got, err := s.Mint(userid.Number(1)); err == nil || got != (Token{}) {
		t.Errorf("Mint() = %v, %v, want no token and an error", got, err)
	}
}

func TestNew(t *testing.T) {
	good := Config{Keys: single(t, "x"), Lifetime: time.Second}
	if _, err := New(good); err != nil {
		t.Errorf("New() = %v, want no error: strength is not judged here", err)
	}
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no keys", func(c *Config) { c.Keys = nil }, "no keys"},
		{"no lifetime", func(c *Config) { c.Lifetime = 0 }, "lifetime"},
		{"negative lifetime", func(c *Config) { c.Lifetime = -time.Second }, "lifetime"},
		{"endless lifetime", func(c *Config) { c.Lifetime = math.MaxInt64 }, "lifetime"},
		{"lifetime of 1.5 s", func(c *Config) { c.Lifetime = 1500 * time.Millisecond }, "whole seconds"},
		{"negative leeway", func(c *Config) { c.Leeway = -time.Second }, "leeway"},
		{"endless leeway", func(c *Config) { c.Leeway = math.MaxInt64 }, "leeway"},
		{"leeway of 1 ms", func(c *Config) { c.Leeway = time.Millisecond }, "whole seconds"},
		{"nbf at the end", func(c *Config) { c.NotBeforeDelta = time.Second }, "no token would ever be good"},
		{"nbf of half a second", func(c *Config) { c.Lifetime, c.NotBeforeDelta = time.Minute, time.Second/2 }, "whole seconds"},
		{"nbf ages before", func(c *Config) { c.NotBeforeDelta = math.MinInt64 }, "delta of nbf"},
		{"an unknown profile", func(c *Config) { c.Accept = []Profile{"keycloak"} }, "accept flask-jwt too"},
		{"an unknown profile beside", func(c *Config) { c.Accept = []Profile{FlaskJWT, "keycloak"} }, "is no profile of tokens"},
		{"a profile twice", func(c *Config) { c.Accept = []Profile{FlaskJWT, FlaskJWT} }, "accepted twice"},
		{"its own refused", func(c *Config) { c.Accept = []Profile{SimpleJWT} }, "accept flask-jwt too"},
		{"minted and not accepted", func(c *Config) { c.Mint = FlaskJWTExtended }, "accept flask-jwt-extended too"},
		{"minted as another", func(c *Config) { c.Accept, c.Mint = []Profile{SimpleJWT}, SimpleJWT }, "no profile that tokens are made of"},
		{"no exp required", func(c *Config) { c.RequiredClaims = []string{"iat"} }, "exp must be among"},
		{"none required", func(c *Config) { c.RequiredClaims = []string{} }, "exp must be among"},
		{"a role required", func(c *Config) { c.RequiredClaims = []string{"exp", "role"} }, "cannot be required"},
		{"issuer not UTF-8", func(c *Config) { c.Issuer = "\xff" }, "UTF-8"},
		{"issuer too long", func(c *Config) { c.Issuer = strings.Repeat("i", maxIssuer+1) }, "longer than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := good
			c.change(&cfg)
			if s, err := New(cfg); s != nil || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("New() = %v, %v, want an error with %q", s, err, c.want)
			}
		})
	}
}

// TestMintNothing: a service that only verifies makes no token, whatever it accepts.
func TestMintNothing(t *testing.T) {
	s := newService(t, Config{Accept: []Profile{SimpleJWT}, Mint: Nothing})
	if got, err := s.Mint(userid.Number(1)); err == nil || got != (Token{}) {
		t.Errorf("Mint() = %v, %v", got, err)
	}
}

// TestSecretIsCopied: a caller may wipe its secret once there is a ring of it.
func TestSecretIsCopied(t *testing.T) {
	secret := []byte(testSecret)
	ring, err := keys.Single(secret)
	if err != nil {
		t.Fatal(err)
	}
	s := newService(t, Config{Keys: ring})
	clear(secret)
	if _, err := s.Verify(flaskToken); err != nil {
		t.Errorf("Verify() = %v after the caller wiped its secret", err)
	}
}

// TestDefaults: without clock and randomness the real ones serve.
func TestDefaults(t *testing.T) {
	s, err := New(Config{Keys: single(t, testSecret), Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	claims, err := s.Verify(mint(t, s, 7))
	if err != nil {
		t.Fatal(err)
	}
	if age := time.Since(claims.IssuedAt); age < 0 || age > time.Minute {
		t.Errorf("IssuedAt = %v, want about now", claims.IssuedAt)
	}
}

// TestHeaderSegment keeps Verify's shortcut honest: the header it does not
// read again is one that it would let pass if it did.
func TestHeaderSegment(t *testing.T) {
	h, err := parseHeader(headerSegment)
	if err == nil {
		err = h.check(single(t, testSecret).Current())
	}
	if err != nil || encode(plainHeader) != headerSegment {
		t.Errorf("the header %s is refused: %v", headerSegment, err)
	}
}
