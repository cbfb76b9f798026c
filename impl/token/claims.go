package token

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/restauth/restauth/impl/userid"
)

// maxDate bounds exp, iat and nbf to the integers that every JSON parser reads
// exactly (RFC 8259 section 6), in seconds either side of 1970. Arithmetic on
// them cannot overflow, and no verifier sees another date than this one.
const maxDate = 1<<53 - 1

// payload is what matters of a JWT claims set (RFC 7519 section 4.1).
type payload struct {
	exp, iat, nbf integer
	identity      identity
	iss, sub, jti text
	aud           bool // present, whatever it says
	notAccess     bool // a claim says it is another kind of token
}

// integer is a claim that ought to be a date.
type integer struct {
	present bool // and not null, which PyJWT takes for absent
	ok      bool // it is one
	value   int64
}

// identity is the claim that names the user, as it is written.
type identity struct {
	kind  jsontext.Kind // 'n', '0', '"' and so on; 0 where it is absent
	value string        // of a number or a string
}

// present reports whether it is there, and not null, which PyJWT takes for absent.
func (i identity) present() bool { return i.kind != 0 && i.kind != 'n' }

// claimNames are the claims that this package knows and whose case variants
// are refused.
func claimNames() []string {
	return []string{"exp", "iat", "nbf", "identity", "iss", "sub", "jti", "aud"}
}

// parsePayload reads a decoded payload. Claims it does not know are ignored
// (RFC 7519 section 4), though they must be as strict as the rest.
func parsePayload(raw []byte) (payload, *Error) {
	var p payload
	fault := readObject(raw, claimNames(), func(name string, value jsontext.Token) {
		switch name {
		case "exp":
			p.exp = readDate(value)
		case "iat":
			p.iat = readDate(value)
		case "nbf":
			p.nbf = readDate(value)
		case "identity":
			p.identity = identity{kind: value.Kind(), value: value.String()}
		case "iss":
			p.iss = readText(value)
		case "sub":
			p.sub = readText(value)
		case "jti":
			p.jti = readText(value)
		case "aud":
			p.aud = true
		case "type", "token_type", "typ":
			p.notAccess = p.notAccess || !saysAccess(readText(value))
		}
	})
	if fault != "" {
		return payload{}, refuse(ReasonMalformed, descPayloadString+fault)
	}
	return p, nil
}

// saysAccess reports whether a claim that names a token's kind says that it is an
// access token: "access" as Flask-JWT-Extended (type) and SimpleJWT (token_type)
// write it, the media type of RFC 9068, or the OAuth token type of RFC 6750, which
// Keycloak writes (typ). A sister system's refresh token, signed with the same
// secret, lives for weeks and is meant for one endpoint alone.
func saysAccess(kind text) bool {
	if !kind.ok {
		return false
	}
	switch strings.ToLower(kind.value) {
	case "access", "access_token", "bearer", "jwt", "at+jwt", "application/at+jwt":
		return true
	}
	return false
}

// readDate reads a NumericDate (RFC 7519 section 2): a JSON number of seconds,
// which may have a fraction. The fraction is cut off as PyJWT 1.4.2's int() does.
func readDate(value jsontext.Token) integer {
	switch value.Kind() {
	case 'n':
		return integer{}
	case '0':
		digits := value.String()
		if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
			return integer{present: true, ok: -maxDate <= n && n <= maxDate, value: n}
		}
		f, err := strconv.ParseFloat(digits, 64) // out of its range is an error, and so no infinity
		if err != nil || math.Abs(f) > maxDate {
			return integer{present: true}
		}
		return integer{present: true, ok: true, value: int64(f)}
	default:
		return integer{present: true}
	}
}

// read reads it as the key that it is in a table of that kind.
func (i identity) read(kind userid.Kind) (id userid.ID, ok bool) {
	if kind == userid.Texts {
		return userid.Text(i.value), i.kind == '"' && userid.Carried(i.value)
	}
	return i.number()
}

// number reads a JSON integer without fraction or exponent, or a string of its digits,
// which applications that take identities for text write. Only the one spelling that
// all readers agree on passes: PyJWT would cut 1.9 to 1, and MySQL compares "1x", "+1"
// and " 1" as 1.
func (i identity) number() (id userid.ID, ok bool) {
	switch i.kind {
	case '0':
		if n, err := strconv.ParseInt(i.value, 10, 64); err == nil { // -0 too
			return userid.Number(n), true
		}
	case '"':
		if !plainDigits(i.value) {
			return userid.ID{}, false
		}
	default:
		return userid.ID{}, false
	}
	return userid.ParseNumber(i.value)
}

// plainDigits reports whether s is a number as it is written: ASCII digits, and no
// zero in front of others.
func plainDigits(s string) bool {
	if s == "" || s[0] == '0' && len(s) > 1 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// check judges the claims at now, in PyJWT 1.4.2's order: what is required,
// then iat, nbf, exp, iss, aud; after these what Flask-JWT left to the
// application. now and leeway are in seconds; issuer is "" when any will do. It returns
// whom the token names.
func (p payload) check(now, leeway int64, issuer string, ids userid.Kind) (userid.ID, *Error) {
	if err := p.checkDates(now, leeway); err != nil {
		return userid.ID{}, err
	}
	switch {
	case issuer != "" && p.iss.present && (!p.iss.ok || p.iss.value != issuer):
		return userid.ID{}, refuse(ReasonIssuer, descIssuer)
	case p.aud:
		return userid.ID{}, refuse(ReasonAudience, descAudience)
	case p.notAccess:
		return userid.ID{}, refuse(ReasonKind, descKind)
	case !p.identity.present():
		return userid.ID{}, refuse(ReasonMissingClaim, descMissingIdentity)
	case ids == userid.Unknown:
		return userid.ID{}, &Error{} // becomes ErrUndecided
	}
	id, ok := p.identity.read(ids)
	switch {
	case !ok && ids == userid.Texts:
		return userid.ID{}, refuse(ReasonInvalidClaim, descIdentityString)
	case !ok:
		return userid.ID{}, refuse(ReasonInvalidClaim, descIdentityInteger)
	case p.sub.present && (!p.sub.ok || p.sub.value != id.String()):
		return userid.ID{}, refuse(ReasonSubject, descSubject)
	// An id that cannot be read cannot be looked up among revoked ones either.
	case p.jti.present && !p.jti.ok:
		return userid.ID{}, refuse(ReasonInvalidClaim, descIDString)
	}
	return id, nil
}

// checkDates judges exp, iat and nbf. Flask-JWT requires all three.
func (p payload) checkDates(now, leeway int64) *Error {
	switch {
	case !p.exp.present:
		return refuse(ReasonMissingClaim, descMissingExp)
	case !p.iat.present:
		return refuse(ReasonMissingClaim, descMissingIat)
	case !p.nbf.present:
		return refuse(ReasonMissingClaim, descMissingNbf)
	case !p.iat.ok:
		return refuse(ReasonInvalidClaim, descIatInteger)
	case p.iat.value > now+leeway:
		return refuse(ReasonNotYetValid, descIatFuture)
	case !p.nbf.ok:
		return refuse(ReasonInvalidClaim, descNbfInteger)
	case p.nbf.value > now+leeway:
		return refuse(ReasonNotYetValid, descNbfFuture)
	case !p.exp.ok:
		return refuse(ReasonInvalidClaim, descExpInteger)
	case p.exp.value < now-leeway:
		return refuse(ReasonExpired, descExpired)
	}
	return nil
}

// claims returns the checked payload in the caller's terms.
func (p payload) claims(of userid.ID) Claims {
	return Claims{
		UserID:    of,
		ID:        p.jti.value,
		IssuedAt:  time.Unix(p.iat.value, 0).UTC(),
		NotBefore: time.Unix(p.nbf.value, 0).UTC(),
		ExpiresAt: time.Unix(p.exp.value, 0).UTC(),
	}
}
