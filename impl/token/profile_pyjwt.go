package token

import "github.com/restauth/restauth/impl/userid"

// pyJWT are the rules for tokens that an application makes by itself with PyJWT, as
// tutorials do:
//
//	{"exp": …, "iat": …, "sub": 1}
//
// The user is the sub, which PyJWT before 2.10 took as a number too. iat and nbf must be
// there where they are required of Flask-JWT's tokens. Nothing tells such a token from
// one that the application made for something else, a link in a mail say, as long as
// that has a sub too; so whatever any of the claims says that other libraries tell kinds
// by, even that it is for access, it is not of this profile.
func pyJWT(required dates) rules {
	return rules{
		profile: PyJWT,
		names:   []string{"type", "token_type", "typ", "fresh", "user_id"},
		claims: func(p *payload) bool {
			return p.sub.there() && p.kindless() && !p.identity.there() && !p.userID.there()
		},
		dates: required,
		kind: func(p *payload) *Error {
			if !p.kindless() || p.identity.there() || p.userID.there() {
				return refuse(ReasonKind, descKind)
			}
			return nil
		},
		user: func(p *payload, ids userid.Kind) (userid.ID, *Error) {
			return subNaming().read(p.sub, ids)
		},
	}
}
