package serve

import (
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl"
)

// dialect is how the server is to speak.
func dialect(s *settings.Serve) impl.Dialect {
	return impl.Dialect{
		LoginPath: s.LoginPath, UsernameMember: s.LoginUsernameMember, PasswordMember: s.LoginPasswordMember,
		TokenMember: s.LoginTokenMember, OnlyToken: s.LoginAnswer == settings.AnswerToken,
		AuthorizationPrefix: s.AuthorizationPrefix, Realm: s.Realm,
		TokenLifetime: s.TokenLifetime,
	}
}

// Contract is the document as a server with these settings serves it, as YAML and as
// JSON.
func Contract(s *settings.Serve, baseURL string) (asYAML, asJSON []byte, err error) {
	if asYAML, asJSON, err = dialect(s).Contract(baseURL); err != nil {
		return nil, nil, refusedDialect(&s.Dialect, err)
	}
	return asYAML, asJSON, nil
}

// checkDialect refuses names that the contract has for something else, before anything is
// opened.
func checkDialect(s *settings.Serve) error {
	if err := dialect(s).Check(); err != nil {
		return refusedDialect(&s.Dialect, err)
	}
	return nil
}

// refusedDialect puts a name that the contract refuses in words of the settings; any
// other error it returns as it is.
func refusedDialect(s *settings.Dialect, err error) error {
	member, why := impl.Refused(err)
	switch member {
	case impl.LoginPathMember:
		return settings.Errorf("--login-path %q %s", s.LoginPath, why)
	case impl.UsernameMemberMember:
		return settings.Errorf("--login-username-member %q %s", s.LoginUsernameMember, why)
	case impl.PasswordMemberMember:
		return settings.Errorf("--login-password-member %q %s", s.LoginPasswordMember, why)
	case impl.TokenMemberMember:
		return settings.Errorf("--login-token-member %q %s", s.LoginTokenMember, why)
	default:
		return err
	}
}
