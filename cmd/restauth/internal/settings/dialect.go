package settings

import (
	"errors"
	"fmt"

	"github.com/restauth/restauth/api/document"
	"github.com/restauth/restauth/api/problem"
)

// AnswerToken is the --login-answer of an older server: the token's member alone.
const AnswerToken = "flask"

// Dialect says what clients that were written for an older server call otherwise.
type Dialect struct {
	LoginPath           string `group:"dialect" default:"/auth" placeholder:"PATH" help:"Where the login is: Flask-JWT's JWT_AUTH_URL_RULE. The path of the contract is not answered then."`
	LoginUsernameMember string `group:"dialect" default:"username" placeholder:"NAME" help:"What a login calls the user name: Flask-JWT's JWT_AUTH_USERNAME_KEY."`
	LoginPasswordMember string `group:"dialect" default:"password" placeholder:"NAME" help:"What a login calls the password: Flask-JWT's JWT_AUTH_PASSWORD_KEY."`
	LoginTokenMember    string `group:"dialect" default:"access_token" placeholder:"NAME" help:"What a login's answer calls the token, as an auth_response_handler of Flask-JWT may have."`
	LoginAnswer         string `group:"dialect" enum:"full,flask" default:"full" placeholder:"FORM" help:"What else a login answers: full is token_type, expires_in and device_token, flask is nothing, as Flask-JWT did. Without device tokens, who has logged in before is known by the address alone."`
	AuthorizationPrefix string `group:"dialect" placeholder:"NAME" help:"A word that a token may follow in the Authorization header beside Bearer and JWT, which are always taken: Flask-JWT's JWT_AUTH_HEADER_PREFIX. Compared without case."`
	Realm               string `group:"dialect" default:"Login Required" placeholder:"TEXT" help:"The realm in WWW-Authenticate: Flask-JWT's JWT_DEFAULT_REALM."`
}

// Validate is called by kong after parsing. Whether a name is taken already the contract
// says, once a server is made.
func (s *Dialect) Validate() error {
	return errors.Join(
		named("login-path", s.LoginPath, document.CheckPath),
		named("login-username-member", s.LoginUsernameMember, document.CheckMember),
		named("login-password-member", s.LoginPasswordMember, document.CheckMember),
		named("login-token-member", s.LoginTokenMember, document.CheckMember),
		s.checkPrefix(),
		s.checkRealm(),
	)
}

func named(flag, value string, check func(string) error) error {
	if err := check(value); err != nil {
		return fmt.Errorf("--%s %q %w", flag, value, err)
	}
	return nil
}

func (s *Dialect) checkPrefix() error {
	if s.AuthorizationPrefix != "" && !problem.ValidScheme(s.AuthorizationPrefix) {
		return fmt.Errorf("--authorization-prefix %q must be one word of at most 64 letters, digits and ! # $ %% & ' * + - . ^ _ ` | ~", s.AuthorizationPrefix)
	}
	return nil
}

func (s *Dialect) checkRealm() error {
	if !problem.ValidRealm(s.Realm) {
		return fmt.Errorf("--realm %q must be 1 to 128 visible ASCII characters and blanks, without quotes and backslashes", s.Realm)
	}
	return nil
}
