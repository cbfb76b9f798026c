package token

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/userid"
)

// The header segments of tokens of an unnamed key: the base64url form of
// {"typ":"JWT","alg":"HS256"} and its like, byte for byte what PyJWT 1.4.2 writes.
const (
	headerSegment      = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"
	headerSegmentHS384 = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzM4NCJ9"
	headerSegmentHS512 = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiJ9"
)

// segmentOf is the header segment of tokens of an unnamed key, "" for an algorithm
// that nothing here signs with.
func segmentOf(algorithm keys.Algorithm) string {
	switch algorithm {
	case keys.HS256:
		return headerSegment
	case keys.HS384:
		return headerSegmentHS384
	case keys.HS512:
		return headerSegmentHS512
	default:
		return ""
	}
}

// algorithmOf is segmentOf the other way.
func algorithmOf(segment string) (keys.Algorithm, bool) {
	switch segment {
	case headerSegment:
		return keys.HS256, true
	case headerSegmentHS384:
		return keys.HS384, true
	case headerSegmentHS512:
		return keys.HS512, true
	default:
		return "", false
	}
}

// idBytes is the length of a token id: 128 random bits, so that no two tokens
// ever share one and none can be guessed.
const idBytes = 16

// Token is a minted access token.
type Token struct {
	// Compact is the token as it goes into an Authorization header. It is a
	// credential: never log it.
	Compact string

	// ExpiresIn is how long it holds from the moment of minting, without
	// leeway: the expires_in of RFC 6749 section 5.1.
	ExpiresIn time.Duration
}

// mintedHeader is the header of a minted token, in PyJWT 1.4.2's order.
type mintedHeader struct {
	Type      string         `json:"typ"`
	Algorithm keys.Algorithm `json:"alg"`
	KeyID     string         `json:"kid,omitempty"`
}

// Mint returns a new token for the user, which passes from this second on, or as much
// later as Config.NotBeforeDelta says. It fails only when the source of randomness does,
// and then there is no token.
func (s *Service) Mint(userID userid.ID) (Token, error) { return s.MintWith(userID, "") }

// MintWith is Mint with claims beside those that every token has. It fails too where
// they are none that Config.Extra names, or make a token that Verify would refuse.
func (s *Service) MintWith(userID userid.ID, extra Extra) (Token, error) {
	if s.profile == Nothing {
		return Token{}, errors.New("mint token: this service only verifies")
	}
	id, err := s.newID()
	if err != nil {
		return Token{}, fmt.Errorf("mint token: %w", err)
	}
	payload, err := s.payload(userID, id)
	if err != nil {
		return Token{}, fmt.Errorf("mint token: encode claims: %w", err)
	}
	if extra != "" {
		if payload, err = s.extended(payload, extra); err != nil {
			return Token{}, fmt.Errorf("mint token: %w", err)
		}
	}
	compact, err := sign(s.keys.Current().Signer(), payload)
	if err != nil {
		return Token{}, fmt.Errorf("mint token: %w", err)
	}
	if len(compact) > maxCompact {
		return Token{}, fmt.Errorf("mint token: it would have %d bytes, and over %d no verifier here takes", len(compact), maxCompact)
	}
	return Token{Compact: compact, ExpiresIn: time.Duration(s.lifetime) * time.Second}, nil
}

// payload returns the claims of a new token in the words of the profile.
func (s *Service) payload(userID userid.ID, id string) ([]byte, error) {
	if n, ok := userID.Int64(); ok {
		return payloadOf(s, n, userID.String(), id)
	}
	return payloadOf(s, userID, userID.String(), id)
}

func payloadOf[I int64 | userid.ID](s *Service, identity I, subject, id string) ([]byte, error) {
	now := s.now().Unix()
	if s.profile == FlaskJWTExtended {
		return json.Marshal(extendedClaims[I]{ //nolint:wrapcheck // its one caller does
			Fresh: false, IssuedAt: now, ID: id, Kind: accessKind, Subject: subject,
			NotBefore: now + s.notBefore, ExpiresAt: now + s.lifetime, Identity: identity, Issuer: s.issuer,
		})
	}
	return json.Marshal(flaskJWTClaims[I]{ //nolint:wrapcheck // its one caller does
		ExpiresAt: now + s.lifetime, IssuedAt: now, NotBefore: now + s.notBefore,
		Identity: identity, Subject: subject, ID: id, Issuer: s.issuer,
	})
}

// sign returns the compact form of a payload, signed by key.
func sign(key keys.Key, payload []byte) (string, error) {
	header, err := headerOf(key)
	if err != nil {
		return "", err
	}
	method := methodOf(key.Algorithm())
	if method == nil {
		return "", fmt.Errorf("%v: the algorithm cannot be signed with", key)
	}
	input := header + "." + base64.RawURLEncoding.EncodeToString(payload) // RFC 7515 section 5.1
	signature, err := method.Sign(input, key.Material())
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// headerOf is the header segment of the tokens that key signs.
func headerOf(key keys.Key) (string, error) {
	if plain := segmentOf(key.Algorithm()); plain != "" && key.KeyID() == "" {
		return plain, nil
	}
	raw, err := json.Marshal(mintedHeader{Type: "JWT", Algorithm: key.Algorithm(), KeyID: key.KeyID()})
	if err != nil {
		return "", fmt.Errorf("encode header: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// methodOf is what signs and verifies with keys of an algorithm, nil where nothing
// here does.
func methodOf(algorithm keys.Algorithm) jwt.SigningMethod {
	switch algorithm {
	case keys.HS256:
		return jwt.SigningMethodHS256
	case keys.HS384:
		return jwt.SigningMethodHS384
	case keys.HS512:
		return jwt.SigningMethodHS512
	default:
		return nil
	}
}

// newID draws a token id.
func (s *Service) newID() (string, error) {
	var id [idBytes]byte
	// ReadFull: a short read must not leave zero bytes that look random.
	if _, err := io.ReadFull(s.rand, id[:]); err != nil {
		return "", fmt.Errorf("draw token id: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(id[:]), nil
}
