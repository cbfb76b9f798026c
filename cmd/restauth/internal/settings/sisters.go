package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Sisters says which tokens are taken beside restauth's own, and what services that
// share the secret find in these.
type Sisters struct {
	Accept         []string `group:"token" default:"flask-jwt" words:"flask-jwt,flask-jwt-extended,simplejwt,pyjwt" placeholder:"PROFILE" help:"Libraries whose access tokens are taken, each by rules of its own: flask-jwt, flask-jwt-extended, simplejwt, and pyjwt for tokens made by hand with a sub. A token that fits several is judged by the first named."`
	TokenProfile   string   `group:"token" enum:"flask-jwt,flask-jwt-extended" default:"flask-jwt" placeholder:"PROFILE" help:"What restauth's own tokens look like; it must be among --accept."`
	TokenClaims    []string `group:"token" placeholder:"COLUMN[=CLAIM]" help:"Columns of the user's row that tokens carry, each as a claim of its name or of the one behind =. Whoever holds a token can read them."`
	RequiredClaims []string `group:"token" default:"exp,iat,nbf" words:"exp,iat,nbf,identity" placeholder:"CLAIM" help:"Which of exp, iat and nbf a token of flask-jwt or pyjwt must have: Flask-JWT's JWT_REQUIRED_CLAIMS. exp always, and identity is in any case."`
	VerifyClaims   []string `group:"token" default:"signature,exp,nbf,iat" words:"signature,exp,nbf,iat,aud,iss" placeholder:"CLAIM" help:"Flask-JWT's JWT_VERIFY_CLAIMS, which changes nothing here as it changed nothing there: what is not named is verified too."`
}

// Validate is called by kong after parsing.
func (s *Sisters) Validate() error {
	_, err := s.Claims()
	return errors.Join(s.checkAccept(), s.checkRequired(), s.checkVerify(), err)
}

func (s *Sisters) checkAccept() error {
	profiles := []string{"flask-jwt", "flask-jwt-extended", "simplejwt", "pyjwt"}
	if err := checkWords("accept", s.Accept, profiles); err != nil {
		return err
	}
	if s.TokenProfile != "" && len(s.Accept) > 0 && !slices.Contains(s.Accept, s.TokenProfile) {
		return fmt.Errorf("--token-profile is %s, and --accept does not name it: restauth would refuse its own tokens; write --accept %[1]s,%s",
			s.TokenProfile, strings.Join(s.Accept, ","))
	}
	return nil
}

func (s *Sisters) checkRequired() error {
	if err := checkWords("required-claims", s.RequiredClaims, []string{"exp", "iat", "nbf", "identity"}); err != nil {
		return fmt.Errorf("%w; Flask-JWT took care of others in the tokens that it made, and required them of none", err)
	}
	if len(s.RequiredClaims) > 0 && !slices.Contains(s.RequiredClaims, "exp") {
		return errors.New("--required-claims must name exp: a token without it never ends")
	}
	return nil
}

func (s *Sisters) checkVerify() error {
	if err := checkWords("verify-claims", s.VerifyClaims, []string{"signature", "exp", "nbf", "iat", "aud", "iss"}); err != nil {
		return err
	}
	if len(s.VerifyClaims) > 0 && !slices.Contains(s.VerifyClaims, "signature") {
		return errors.New("--verify-claims must name signature: without it anybody could be anybody")
	}
	return nil
}

// checkWords holds a list to the words that it may have, each once.
func checkWords(flag string, list, words []string) error {
	for i, word := range list {
		if !slices.Contains(words, word) {
			return fmt.Errorf("--%s names %.40q, but may name %s", flag, word, strings.Join(words, ", "))
		}
		if slices.Contains(list[:i], word) {
			return fmt.Errorf("--%s names %s twice", flag, word)
		}
	}
	return nil
}

// Claim is a column of the user's row that tokens carry.
type Claim struct{ Column, Name string }

// Claims is TokenClaims taken apart. Whether the database and a token can have such
// names is for those who know them.
func (s *Sisters) Claims() ([]Claim, error) {
	var claims []Claim
	for _, text := range s.TokenClaims {
		column, name, named := strings.Cut(text, "=")
		if !named {
			name = column
		}
		if column == "" || name == "" {
			return nil, fmt.Errorf("--token-claims names %.40q, but a part is COLUMN or COLUMN=CLAIM, such as is_admin=admin", text)
		}
		claims = append(claims, Claim{Column: column, Name: name})
	}
	return claims, nil
}

// Unverified are the claims that VerifyClaims leaves out, none where it was not set.
func (s *Sisters) Unverified() (names []string) {
	for _, name := range []string{"exp", "nbf", "iat"} {
		if len(s.VerifyClaims) > 0 && !slices.Contains(s.VerifyClaims, name) {
			names = append(names, name)
		}
	}
	return names
}
