package settings

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"
)

// KeyVariable has no flag: a command line can be read by every user of the
// machine.
const KeyVariable = "RESTAUTH_SECRET_KEY"

// Token says how tokens are made.
type Token struct {
	SecretKeyFile   string        `group:"token" placeholder:"FILE" help:"File with the secret, in place of RESTAUTH_SECRET_KEY; one newline at its end is left out."`
	AllowWeakSecret bool          `group:"token" help:"Take a secret that is shorter than --token-algorithm wants: whoever holds a token can guess a short one."`
	TokenAlgorithm  string        `group:"token" enum:"HS256,HS384,HS512" default:"HS256" placeholder:"NAME" help:"What tokens are signed with, and what alone is taken: Flask-JWT's JWT_ALGORITHM. HS384 wants 48 bytes of secret, HS512 64."`
	TokenLifetime   time.Duration `group:"token" default:"5m" range:"1s..8784h" placeholder:"TIME" help:"How long a token is good, in whole seconds, up to 366 days. Over a day is warned of: nothing ends a token earlier, but its user being deleted."`
	Leeway          time.Duration `group:"token" default:"10s" range:"0s..1h" placeholder:"TIME" help:"How far clocks may differ, in whole seconds."`
	NotBeforeDelta  time.Duration `group:"token" default:"0s" range:"-1h..24h" placeholder:"TIME" help:"How long after it was made a token becomes good, in whole seconds and less than its lifetime: Flask-JWT's JWT_NOT_BEFORE_DELTA. Below zero for verifiers whose clocks are behind."`
	Issuer          string        `group:"token" placeholder:"NAME" help:"The tokens' iss claim; tokens with another are refused. Not set, none is written."`
	Sisters
}

// Validate is called by kong after parsing.
func (s *Token) Validate() error {
	var issuer error
	if !utf8.ValidString(s.Issuer) {
		issuer = errors.New("--issuer is not valid UTF-8")
	} else if len(s.Issuer) > 255 {
		issuer = fmt.Errorf("--issuer has %d bytes, but must have from 0 to 255", len(s.Issuer))
	}
	return errors.Join(
		checkRanges(s),
		checkWhole("token-lifetime", s.TokenLifetime),
		checkWhole("leeway", s.Leeway),
		checkWhole("not-before-delta", s.NotBeforeDelta),
		s.checkDelta(),
		issuer,
		s.Sisters.Validate(),
	)
}

// checkDelta: a token that becomes good when it has ended never is.
func (s *Token) checkDelta() error {
	if s.NotBeforeDelta >= s.TokenLifetime && s.TokenLifetime > 0 {
		return fmt.Errorf("--not-before-delta is %s, but must be less than --token-lifetime, %s: no token would ever be good",
			Spelled(s.NotBeforeDelta), Spelled(s.TokenLifetime))
	}
	return nil
}

// checkWhole: a token's times are whole seconds, so a fraction would be lost.
func checkWhole(flag string, value time.Duration) error {
	if value%time.Second != 0 {
		return fmt.Errorf("--%s is %s, but must be whole seconds", flag, Spelled(value))
	}
	return nil
}

// Identity says how old an answer of the user table may be.
type Identity struct {
	IdentityMaxAge      time.Duration `group:"token" default:"1s" range:"0s..5m" placeholder:"TIME" help:"How soon a deleted or renamed user is noticed: the table is asked once in this time for each; 0s asks for every request."`
	IdentityOutageGrace time.Duration `group:"token" default:"30s" range:"0s..1h" placeholder:"TIME" help:"How long tokens of users seen before are good while the database cannot be reached; then 503."`
}

// Validate is called by kong after parsing.
func (s *Identity) Validate() error {
	return checkRanges(s)
}
