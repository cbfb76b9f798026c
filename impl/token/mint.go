package token

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// headerSegment is the header of every minted token: the base64url form of
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

// minted is the payload of a minted token. Flask-JWT's claims come first, so
// that a person who decodes tokens of both sees them alike.
type minted struct {
	ExpiresAt int64  `json:"exp"`
	IssuedAt  int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	Identity  int64  `json:"identity"`
	Subject   string `json:"sub"`
	ID        string `json:"jti"`
	Issuer    string `json:"iss,omitempty"`
}

// Mint returns a new token for the user, valid from this second. It fails only
// when the source of randomness does, and then there is no token.
func (s *Service) Mint(userID int64) (Token, error) {
	id, err := s.newID()
	if err != nil {
		return Token{}, fmt.Errorf("mint token: %w", err)
	}
	now := s.now().Unix()
	payload, err := json.Marshal(minted{
		ExpiresAt: now + s.lifetime,
		IssuedAt:  now,
		NotBefore: now,
		Identity:  userID,
		Subject:   subject(userID),
		ID:        id,
		Issuer:    s.issuer,
	})
	if err != nil {
		return Token{}, fmt.Errorf("mint token: encode claims: %w", err)
	}
	compact, err := s.sign(headerSegment + "." + base64.RawURLEncoding.EncodeToString(payload))
	if err != nil {
		return Token{}, fmt.Errorf("mint token: %w", err)
	}
	return Token{Compact: compact, ExpiresIn: time.Duration(s.lifetime) * time.Second}, nil
}

// sign appends the signature to the signing input of RFC 7515 section 5.1.
func (s *Service) sign(input string) (string, error) {
	signature, err := s.method.Sign(input, s.secret)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
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
