package problem

import (
	"net/http"
	"strings"
)

// maxAuthorization bounds the header's value in bytes, before it is looked at. A
// token has at most half of it, so one that is longer gets the same answer.
const maxAuthorization = 16 << 10

// BearerToken reads the one Authorization header (RFC 6750, section 2.1). The
// scheme JWT is Flask-JWT's; the refusals, always a *Problem, are in its words
// and in its order. A token may follow one scheme more, as with Flask-JWT's
// JWT_AUTH_HEADER_PREFIX; "" is none.
func BearerToken(r *http.Request, prefix string) (string, error) {
	values := r.Header["Authorization"]
	if len(values) > 1 {
		// Which of them a proxy in front looked at is anyone's guess.
		return "", &Problem{Status: http.StatusBadRequest, Detail: "More than one Authorization header was sent."}
	}
	if len(values) == 1 && len(values[0]) > maxAuthorization {
		return "", BadToken("Token is too long")
	}
	var fields []string
	if len(values) == 1 {
		if scheme, token, ok := usual(values[0]); ok && bearer(scheme, prefix) {
			return token, nil
		}
		fields = strings.FieldsFunc(values[0], func(c rune) bool { return c == ' ' || c == '\t' })
	}
	switch {
	case len(fields) == 0:
		return "", &Problem{
			Status: http.StatusUnauthorized, Kind: "Authorization Required", Detail: "Request does not contain an access token",
			Challenges: []string{"Bearer " + Realm, "JWT " + Realm},
		}
	case !bearer(fields[0], prefix):
		return "", headerRefused("Unsupported authorization type", "")
	case len(fields) == 1:
		return "", headerRefused("Token missing", `, error="invalid_request"`)
	case len(fields) > 2:
		return "", headerRefused("Token contains spaces", `, error="invalid_request"`)
	}
	return fields[1], nil
}

// bearer reports whether a token follows that scheme (RFC 9110, section 11.1:
// schemes are compared without case).
func bearer(scheme, prefix string) bool {
	return strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "JWT") || prefix != "" && strings.EqualFold(scheme, prefix)
}

// usual splits a header with one space between two words, as nearly all are,
// without a look at each of a token's letters.
func usual(value string) (scheme, token string, ok bool) {
	scheme, token, _ = strings.Cut(value, " ")
	ok = scheme != "" && token != "" && strings.IndexByte(token, ' ') < 0 && strings.IndexByte(value, '\t') < 0
	return scheme, token, ok
}

// headerRefused answers 401 as Flask-JWT does, also where RFC 6750 would have
// 400, because clients renew their token on 401.
func headerRefused(detail, code string) *Problem {
	return &Problem{
		Status: http.StatusUnauthorized, Kind: "Invalid JWT header", Detail: detail,
		Challenges: []string{"Bearer " + Realm + code},
	}
}

// TokenRefused is the 401 for a token that was sent and is not good (RFC 6750,
// section 3.1), in Flask-JWT's words.
func TokenRefused(kind, detail string) *Problem {
	return &Problem{
		Status: http.StatusUnauthorized, Kind: kind, Detail: detail,
		Challenges: []string{"Bearer " + Realm + `, error="invalid_token", error_description="` + quotable(detail) + `"`},
	}
}

// BadToken is the 401 for a token that does not verify; detail says why.
func BadToken(detail string) *Problem { return TokenRefused("Invalid token", detail) }

// InsufficientScope is the 403 for a good token whose caller lacks one of the
// scopes that the operation asks for (RFC 6750, section 3.1).
func InsufficientScope(scopes []string) *Problem {
	return &Problem{
		Status: http.StatusForbidden, Detail: "The token does not reach this far.",
		Challenges: []string{"Bearer " + Realm + `, error="insufficient_scope", scope="` + quotable(strings.Join(scopes, " ")) + `"`},
	}
}

// CredentialsRefused is the 401 for a wrong user name or password.
func CredentialsRefused() *Problem {
	return &Problem{
		Status: http.StatusUnauthorized, Kind: "Bad Request", Detail: "Invalid credentials",
		Challenges: []string{"Bearer " + Realm},
	}
}
