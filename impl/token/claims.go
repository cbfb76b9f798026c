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
	exp, iat, nbf         integer
	identity, sub, userID member // whom it names, each in its own words
	iss, jti              text
	typ, kind, tokenType  text // what it is called: typ, type, token_type
	fresh                 member
	aud                   bool // present, whatever it says
}

// integer is a claim that ought to be a date.
type integer struct {
	present bool // and not null, which PyJWT takes for absent where it is required
	null    bool
	ok      bool // it is one
	value   int64
}

// member is a claim as it is written.
type member struct {
	kind  jsontext.Kind // 'n', '0', '"' and so on; 0 where it is absent
	value string        // of a number or a string
}

func readMember(value jsontext.Token) member {
	return member{kind: value.Kind(), value: value.String()}
}

// there reports whether it is there, whatever it says.
func (m member) there() bool { return m.kind != 0 }

// present reports whether it is there, and not null, which PyJWT takes for absent.
func (m member) present() bool { return m.there() && m.kind != 'n' }

// is reports whether it is a string, the user's key in words.
func (m member) is(id userid.ID) bool { return m.kind == '"' && m.value == id.String() }

// claimNames are the claims that this package knows whatever the profile, and whose
// case variants are refused.
func claimNames() []string {
	return []string{"exp", "iat", "nbf", "identity", "iss", "sub", "jti", "aud"}
}

// parsePayload reads a decoded payload. Claims it does not know are ignored
// (RFC 7519 section 4), though they must be as strict as the rest; of those in names
// no case variant may stand there.
func parsePayload(raw []byte, names []string) (payload, *Error) {
	var p payload
	fault := readObject(raw, names, func(name string, value jsontext.Token) {
		switch name {
		case "exp":
			p.exp = readDate(value)
		case "iat":
			p.iat = readDate(value)
		case "nbf":
			p.nbf = readDate(value)
		case "identity":
			p.identity = readMember(value)
		case "sub":
			p.sub = readMember(value)
		case "user_id":
			p.userID = readMember(value)
		case "iss":
			p.iss = readText(value)
		case "jti":
			p.jti = readText(value)
		case "aud":
			p.aud = true
		case "fresh":
			p.fresh = readMember(value)
		case "type":
			p.kind = readText(value)
		case "token_type":
			p.tokenType = readText(value)
		case "typ":
			p.typ = readText(value)
		}
	})
	if fault != "" {
		return payload{}, refuse(ReasonMalformed, descPayloadString+fault)
	}
	return p, nil
}

// notAccess reports whether a claim says that it is another kind of token.
func (p *payload) notAccess() bool {
	for _, said := range [...]*text{&p.typ, &p.kind, &p.tokenType} {
		if said.present && !saysAccess(*said) {
			return true
		}
	}
	return false
}

// kindless reports whether no claim says what kind of token it is.
func (p *payload) kindless() bool {
	return !p.typ.present && !p.kind.present && !p.tokenType.present && !p.fresh.there()
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
		return integer{null: true}
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
func (m member) read(kind userid.Kind) (id userid.ID, ok bool) {
	if kind == userid.Texts {
		return userid.Text(m.value), m.kind == '"' && userid.Carried(m.value)
	}
	return m.number()
}

// number reads a JSON integer without fraction or exponent, or a string of its digits,
// which applications that take identities for text write. Only the one spelling that
// all readers agree on passes: PyJWT would cut 1.9 to 1, and MySQL compares "1x", "+1"
// and " 1" as 1.
func (m member) number() (id userid.ID, ok bool) {
	switch m.kind {
	case '0':
		if n, err := strconv.ParseInt(m.value, 10, 64); err == nil { // -0 too
			return userid.Number(n), true
		}
	case '"':
		if !plainDigits(m.value) {
			return userid.ID{}, false
		}
	default:
		return userid.ID{}, false
	}
	return userid.ParseNumber(m.value)
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

// checkDates judges exp, iat and nbf, in PyJWT 1.4.2's order: what is required, then
// what each says. exp is always required: a token without one never ends.
func (p *payload) checkDates(required dates, now, leeway int64) *Error {
	switch {
	case !p.exp.present:
		return refuse(ReasonMissingClaim, descMissingExp)
	case required.iat && !p.iat.present:
		return refuse(ReasonMissingClaim, descMissingIat)
	case required.nbf && !p.nbf.present:
		return refuse(ReasonMissingClaim, descMissingNbf)
	case p.iat.null || p.iat.present && !p.iat.ok:
		return refuse(ReasonInvalidClaim, descIatInteger)
	case p.iat.value > now+leeway:
		return refuse(ReasonNotYetValid, descIatFuture)
	case p.nbf.null || p.nbf.present && !p.nbf.ok:
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
func (p *payload) claims(of userid.ID) Claims {
	return Claims{
		UserID:    of,
		ID:        p.jti.value,
		IssuedAt:  p.iat.time(),
		NotBefore: p.nbf.time(),
		ExpiresAt: p.exp.time(),
	}
}

// time is the date, the zero time where the token has none.
func (i integer) time() time.Time {
	if !i.present {
		return time.Time{}
	}
	return time.Unix(i.value, 0).UTC()
}
