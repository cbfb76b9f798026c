package serve

import (
	"cmp"
	"fmt"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/token"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
)

// algorithmOf is what tokens are signed with. settings hold it to the words of package
// keys.
func algorithmOf(s *settings.Token) keys.Algorithm {
	return cmp.Or(keys.Algorithm(s.TokenAlgorithm), keys.HS256)
}

// newTokens is what mints and verifies, over a ring of the one secret.
func newTokens(s *settings.Token, secret []byte, ids func() userid.Kind) (*token.Service, *keys.Ring, error) {
	ring, err := algorithmOf(s).Single(secret)
	if err != nil {
		return nil, nil, fmt.Errorf("set up the keyring: %w", err)
	}
	columns, err := s.Claims()
	if err != nil {
		return nil, nil, err
	}
	cfg := token.Config{
		Keys:           ring,
		Lifetime:       s.TokenLifetime,
		Leeway:         s.Leeway,
		Issuer:         s.Issuer,
		NotBeforeDelta: s.NotBeforeDelta,
		RequiredClaims: s.RequiredClaims,
		Mint:           token.Profile(s.TokenProfile),
		IDs:            ids,
	}
	for _, profile := range s.Accept {
		cfg.Accept = append(cfg.Accept, token.Profile(profile))
	}
	for _, column := range columns {
		cfg.Extra = append(cfg.Extra, column.Name)
	}
	if err := token.CheckExtra(cfg.Extra); err != nil {
		return nil, nil, settings.Errorf("--token-claims: %w", err)
	}
	tokens, err := token.New(cfg)
	if err != nil {
		return nil, nil, fmt.Errorf("set up tokens: %w", err)
	}
	return tokens, ring, nil
}

// claimColumns are the columns that tokens carry, for the user table.
func claimColumns(s *settings.Token) (columns []users.Claim, err error) {
	claims, err := s.Claims()
	for _, claim := range claims {
		columns = append(columns, users.Claim{Column: claim.Column, Name: claim.Name})
	}
	return columns, err
}
