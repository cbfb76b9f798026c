package token

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDate bounds exp, iat and nbf to the integers that every JSON parser reads
// exactly (RFC 8259 section 6), in seconds either side of 1970. Arithmetic on
// them cannot overflow, and no verifier sees another date than this one.
const maxDate = 1<<53 - 1

// payload is what matters of a JWT claims set (RFC 7519 section 4.1).
type payload struct {
	exp, iat, nbf, identity integer
	iss, sub, jti           text
	aud                     bool // present, whatever it says
}

// integer is a claim that ought to be a 64-bit integer.
type integer struct {
	present bool // and not null, which PyJWT takes for absent
	ok      bool // it is an integer
	value   int64
}

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
			p.exp = readInteger(value)
		case "iat":
			p.iat = readInteger(value)
		case "nbf":
			p.nbf = readInteger(value)
		case "identity":
			p.identity = readInteger(value)
		case "iss":
			p.iss = readText(value)
		case "sub":
			p.sub = readText(value)
		case "jti":
			p.jti = readText(value)
		case "aud":
			p.aud = true
		}
	})
	if fault != "" {
		return payload{}, refuse(ReasonMalformed, descPayloadString+fault)
	}
	return p, nil
}

// readInteger reads a JSON number without fraction or exponent. 1.0 and 1e0
// are refused though they equal 1: PyJWT would cut 1.9 to 1 and MySQL compares
// "1x" as 1, so only the one spelling that all readers agree on passes.
func readInteger(value jsontext.Token) integer {
	switch value.Kind() {
	case 'n':
		return integer{}
	case '0':
		n, err := strconv.ParseInt(value.String(), 10, 64)
		return integer{present: true, ok: err == nil, value: n}
	default:
		return integer{present: true}
	}
}

// isDate reports whether n can be a NumericDate here.
func (n integer) isDate() bool {
	return n.ok && -maxDate <= n.value && n.value <= maxDate
}

// check judges the claims at now, in PyJWT 1.4.2's order: what is required,
// then iat, nbf, exp, iss, aud; after these what Flask-JWT left to the
// application. now and leeway are in seconds; issuer is "" when any will do.
func (p payload) check(now, leeway int64, issuer string) *Error {
	if err := p.checkDates(now, leeway); err != nil {
		return err
	}
	switch {
	case issuer != "" && p.iss.present && (!p.iss.ok || p.iss.value != issuer):
		return refuse(ReasonIssuer, descIssuer)
	case p.aud:
		return refuse(ReasonAudience, descAudience)
	case !p.identity.present:
		return refuse(ReasonMissingClaim, descMissingIdentity)
	case !p.identity.ok:
		return refuse(ReasonInvalidClaim, descIdentityInteger)
	case p.sub.present && (!p.sub.ok || p.sub.value != subject(p.identity.value)):
		return refuse(ReasonSubject, descSubject)
	// An id that cannot be read cannot be looked up among revoked ones either.
	case p.jti.present && !p.jti.ok:
		return refuse(ReasonInvalidClaim, descIDString)
	}
	return nil
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
	case !p.iat.isDate():
		return refuse(ReasonInvalidClaim, descIatInteger)
	case p.iat.value > now+leeway:
		return refuse(ReasonNotYetValid, descIatFuture)
	case !p.nbf.isDate():
		return refuse(ReasonInvalidClaim, descNbfInteger)
	case p.nbf.value > now+leeway:
		return refuse(ReasonNotYetValid, descNbfFuture)
	case !p.exp.isDate():
		return refuse(ReasonInvalidClaim, descExpInteger)
	case p.exp.value < now-leeway:
		return refuse(ReasonExpired, descExpired)
	}
	return nil
}

// claims returns the checked payload in the caller's terms.
func (p payload) claims() Claims {
	return Claims{
		UserID:    p.identity.value,
		ID:        p.jti.value,
		IssuedAt:  time.Unix(p.iat.value, 0).UTC(),
		NotBefore: time.Unix(p.nbf.value, 0).UTC(),
		ExpiresAt: time.Unix(p.exp.value, 0).UTC(),
	}
}
