package token

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/userid"
)

// headerSegment is the header of tokens of an unnamed key: the base64url form of
// {"typ":"JWT","alg":"HS256"}, byte for byte what PyJWT 1.4.2 writes.
const headerSegment = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9"

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

// mintedClaims is the payload of a minted token. Flask-JWT's claims come first,
// so that a person who decodes tokens of both sees them alike. Nearly every identity
// is an int64, which is written without an allocation; any other is a userid.ID.
type mintedClaims[I int64 | userid.ID] struct {
	ExpiresAt int64  `json:"exp"`
	IssuedAt  int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	Identity  I      `json:"identity"`
	Subject   string `json:"sub"`
	ID        string `json:"jti"`
	Issuer    string `json:"iss,omitempty"`
}

// Mint returns a new token for the user, valid from this second. It fails only
// when the source of randomness does, and then there is no token.
func (s *Service) Mint(userID userid.ID) (Token, error) {
	id, err := s.newID()
	if err != nil {
		return Token{}, fmt.Errorf("mint token: %w", err)
	}
	now, subject := s.now().Unix(), userID.String()
	var payload []byte
	if n, ok := userID.Int64(); ok {
		payload, err = json.Marshal(mintedClaims[int64]{now + s.lifetime, now, now, n, subject, id, s.issuer})
	} else {
		payload, err = json.Marshal(mintedClaims[userid.ID]{now + s.lifetime, now, now, userID, subject, id, s.issuer})
	}
	if err != nil {
		return Token{}, fmt.Errorf("mint token: encode claims: %w", err)
	}
	compact, err := sign(s.keys.Current().Signer(), payload)
	if err != nil {
		return Token{}, fmt.Errorf("mint token: %w", err)
	}
	return Token{Compact: compact, ExpiresIn: time.Duration(s.lifetime) * time.Second}, nil
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
	if key.KeyID() == "" && key.Algorithm() == keys.HS256 {
		return headerSegment, nil
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
