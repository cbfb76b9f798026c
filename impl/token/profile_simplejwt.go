package token

import "github.com/restauth/restauth/impl/userid"

// simpleJWT are the rules for access tokens of djangorestframework-simplejwt:
//
//	{"token_type": "access", "exp": …, "iat": …, "jti": "…", "user_id": 1}
//
// Each has a token_type, a jti and the user_id, a number or, since 5.5, its digits. An iat
// is there since version 5, and an nbf never is; where they are they count. Its refresh and
// sliding tokens are refused by their token_type. Whether a token is on its blacklist is
// in Django's database alone and cannot be seen here; access tokens never are on it.
func simpleJWT() rules {
	return rules{
		profile: SimpleJWT,
		names:   []string{"token_type", "user_id"},
		claims:  func(p *payload) bool { return p.tokenType.present },
		kind: func(p *payload) *Error {
			switch {
			case !p.tokenType.present:
				return refuse(ReasonMissingClaim, descMissingTokenType)
			case p.tokenType.value != accessKind:
				return refuse(ReasonKind, descKind)
			}
			return nil
		},
		user: func(p *payload, ids userid.Kind) (userid.ID, *Error) {
			return userIDNaming().read(p.userID, ids)
		},
		hasID: true,
	}
}
