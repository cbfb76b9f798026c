package token

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/userid"
)

// maxIssuer bounds Config.Issuer in bytes, so that a token of ours stays far
// below maxCompact however its issuer is escaped.
const maxIssuer = 255

// maxLifetime bounds Config.Lifetime and Config.Leeway. A hundred years is a
// mistake for either; the bound keeps sums of seconds away from overflow.
const maxLifetime = 100 * 365 * 24 * time.Hour

// Config says how tokens are signed and how long they hold.
type Config struct {
	// Keys sign and verify, whichever are in the ring at that moment.
	Keys *keys.Ring

	// Lifetime is how long a minted token holds: more than zero, in whole
	// seconds, because the claims count whole seconds.
	Lifetime time.Duration

	// Leeway is how far the clocks of minter and verifier may differ: zero or
	// more, in whole seconds. It is granted once on each of exp, iat and nbf.
	Leeway time.Duration

	// Issuer is the iss of minted tokens. When set, a token with another iss
	// is refused; a token without one is accepted, for Flask-JWT writes none.
	// When empty, no iss is written and none is looked at.
	Issuer string

	// Accept are the profiles whose access tokens are taken, in the order in which they
	// are asked (see [Profile]); Flask-JWT's alone when nil.
	Accept []Profile

	// RequiredClaims are which of exp, iat and nbf a token must have: of Flask-JWT's
	// profile, whose JWT_REQUIRED_CLAIMS it is, and of PyJWT's. All three when nil. exp
	// must be there; identity may, for that is required in any case.
	RequiredClaims []string

	// Mint is the profile of minted tokens, FlaskJWT or FlaskJWTExtended, the first when
	// "", and must be accepted; or Nothing.
	Mint Profile

	// NotBeforeDelta is how far behind iat the nbf of minted tokens is, in whole seconds;
	// before it where it is negative. It is less than Lifetime.
	NotBeforeDelta time.Duration

	// Extra names the claims that MintWith may write beside those of every token.
	Extra []string

	// IDs says what the keys of users are, and so how an identity claim is read;
	// nil for numbers. While it says userid.Unknown no token can be judged.
	IDs func() userid.Kind

	// Now tells the time; time.Now when nil.
	Now func() time.Time

	// Rand is where token ids come from; crypto/rand when nil. It must be safe
	// for concurrent use.
	Rand io.Reader
}

// check reports the first setting that no token could be made or judged with.
func (cfg Config) check() error {
	switch {
	case cfg.Keys == nil:
		return errors.New("there are no keys")
	case cfg.Lifetime <= 0 || cfg.Lifetime > maxLifetime:
		return errors.New("the lifetime must be more than zero and at most a hundred years")
	case cfg.Leeway < 0 || cfg.Leeway > maxLifetime:
		return errors.New("the leeway must be zero or more and at most a hundred years")
	case cfg.NotBeforeDelta < -maxLifetime || cfg.NotBeforeDelta >= cfg.Lifetime:
		return errors.New("the delta of nbf must be less than the lifetime, or no token would ever be good")
	case cfg.Lifetime%time.Second != 0 || cfg.Leeway%time.Second != 0 || cfg.NotBeforeDelta%time.Second != 0:
		return errors.New("the lifetime, the leeway and the delta of nbf must be whole seconds")
	case len(cfg.Issuer) > maxIssuer:
		return fmt.Errorf("the issuer is longer than %d bytes", maxIssuer)
	case !utf8.ValidString(cfg.Issuer):
		return errors.New("the issuer is not valid UTF-8")
	}
	if err := cfg.checkMint(); err != nil {
		return err
	}
	return CheckExtra(cfg.Extra)
}

// checkMint: a server takes the tokens that it makes.
func (cfg Config) checkMint() error {
	mint := cmp.Or(cfg.Mint, FlaskJWT)
	if mint == Nothing {
		return nil
	}
	if mint != FlaskJWT && mint != FlaskJWTExtended {
		return fmt.Errorf("%.40q is no profile that tokens are made of: %s and %s are", string(mint), FlaskJWT, FlaskJWTExtended)
	}
	if accept := cfg.Accept; len(accept) == 0 && mint != FlaskJWT || len(accept) > 0 && !slices.Contains(accept, mint) {
		return fmt.Errorf("tokens are made as %s, and those are not accepted; accept %[1]s too", mint)
	}
	return nil
}
