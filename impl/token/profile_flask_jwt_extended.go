package token

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/restauth/restauth/impl/userid"
)

// accessKind is what Flask-JWT-Extended and SimpleJWT call their access tokens.
const accessKind = "access"

// flaskJWTExtended are the rules for access tokens of Flask-JWT-Extended 3 and 4:
//
//	{"iat": …, "nbf": …, "jti": "…", "exp": …, "identity": 1, "fresh": false, "type": "access"}   3
//	{"fresh": false, "iat": …, "jti": "…", "type": "access", "sub": "1", "nbf": …, "exp": …}      4
//
// Each has an iat, a jti, the type, and fresh: true, false, or until when. An nbf may be
// left out since 4.4 (JWT_ENCODE_NBF); exp may not here, though
// JWT_ACCESS_TOKEN_EXPIRES can leave it out there. The user is the identity or
// the sub (JWT_IDENTITY_CLAIM), a number or a text; where both are there they say the
// same. csrf, which belongs to cookies, and claims of the application are ignored.
func flaskJWTExtended() rules {
	return rules{
		profile: FlaskJWTExtended,
		names:   []string{"type", "fresh"},
		claims:  func(p *payload) bool { return p.kind.present },
		dates:   dates{iat: true},
		kind: func(p *payload) *Error {
			switch {
			case !p.kind.present:
				return refuse(ReasonMissingClaim, descMissingType)
			case p.kind.value != accessKind:
				return refuse(ReasonKind, descKind)
			case !p.fresh.there():
				return refuse(ReasonMissingClaim, descMissingFresh)
			case !freshness(p.fresh.kind):
				return refuse(ReasonInvalidClaim, descFresh)
			}
			return nil
		},
		user: func(p *payload, ids userid.Kind) (userid.ID, *Error) {
			if p.identity.there() {
				return identityNaming().read(p.identity, ids)
			}
			return subNaming().read(p.sub, ids)
		},
		hasID: true,
	}
}

// freshness reports whether a fresh claim is what Flask-JWT-Extended writes: whether the
// password was just given, or until when that counts as just.
func freshness(kind jsontext.Kind) bool { return kind == 't' || kind == 'f' || kind == '0' }

// extendedClaims is the payload of a token as Flask-JWT-Extended 4 writes it, in its
// order, with the identity behind: version 3 reads that, and Flask-JWT. It is not fresh,
// as those of create_access_token are not: how long ago the password was given, nobody
// sees in a token that lives for days.
type extendedClaims[I int64 | userid.ID] struct {
	Fresh     bool   `json:"fresh"`
	IssuedAt  int64  `json:"iat"`
	ID        string `json:"jti"`
	Kind      string `json:"type"`
	Subject   string `json:"sub"`
	NotBefore int64  `json:"nbf"`
	ExpiresAt int64  `json:"exp"`
	Identity  I      `json:"identity"`
	Issuer    string `json:"iss,omitempty"`
}
