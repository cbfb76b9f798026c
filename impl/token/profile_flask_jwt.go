package token

import "github.com/restauth/restauth/impl/userid"

// flaskJWT are the rules for tokens of Flask-JWT 0.3.2 and of this package:
//
//	{"exp": …, "iat": …, "nbf": …, "identity": 1}
//
// Three dates, or fewer where its JWT_REQUIRED_CLAIMS were fewer, and the identity,
// which is the authority. A sub may stand beside it and says the same in words. Tokens
// of another library that have an identity, as Flask-JWT-Extended 3's do, are taken too,
// as long as nothing in them says that they are no access tokens.
func flaskJWT(required dates) rules {
	return rules{
		profile: FlaskJWT,
		claims:  func(p *payload) bool { return p.identity.there() },
		dates:   required,
		kind:    func(*payload) *Error { return nil },
		user: func(p *payload, ids userid.Kind) (userid.ID, *Error) {
			id, err := identityNaming().read(p.identity, ids)
			switch {
			case err != nil:
				return userid.ID{}, err
			case p.sub.there() && !p.sub.is(id):
				return userid.ID{}, refuse(ReasonSubject, descSubject)
			}
			return id, nil
		},
	}
}

// flaskJWTClaims is the payload of a token as Flask-JWT's clients know it. Its claims
// come first, so that a person who decodes tokens of both sees them alike. Nearly every
// identity is an int64, which is written without an allocation; any other is a userid.ID.
type flaskJWTClaims[I int64 | userid.ID] struct {
	ExpiresAt int64  `json:"exp"`
	IssuedAt  int64  `json:"iat"`
	NotBefore int64  `json:"nbf"`
	Identity  I      `json:"identity"`
	Subject   string `json:"sub"`
	ID        string `json:"jti"`
	Issuer    string `json:"iss,omitempty"`
}
