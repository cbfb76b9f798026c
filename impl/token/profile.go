package token

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restauth/restauth/impl/userid"
)

// Profile is a kind of system whose access tokens are taken: what its tokens look like,
// by the name of the library that makes them. Each has rules of its own, in a file of
// its own, and none of them is loosened by another's being there.
//
// A token is judged by the first accepted profile that claims it, by the members that
// it has, and by no other:
//
//	flask-jwt           identity
//	flask-jwt-extended  type
//	simplejwt           token_type
//	pyjwt               sub, and none of identity, user_id, type, token_type, typ and fresh
//
// One that none claims is judged by the first that is accepted, which says what it lacks.
type Profile string

// The profiles.
const (
	FlaskJWT         Profile = "flask-jwt"
	FlaskJWTExtended Profile = "flask-jwt-extended"
	SimpleJWT        Profile = "simplejwt"
	PyJWT            Profile = "pyjwt"
)

// Nothing is what a Service mints that only verifies.
const Nothing Profile = "nothing"

// Profiles returns all that can be accepted.
func Profiles() []Profile {
	return []Profile{FlaskJWT, FlaskJWTExtended, SimpleJWT, PyJWT}
}

// rules are what a profile asks of a token whose signature is proven.
type rules struct {
	profile Profile

	// names are claims whose case variants are refused, beside claimNames.
	names []string

	// claims reports whether a token is this profile's to judge.
	claims func(*payload) bool

	// dates are which must be there, beside exp.
	dates dates

	// kind refuses what is no access token, after what calls itself another kind.
	kind func(*payload) *Error

	// user reads whom it names.
	user func(*payload, userid.Kind) (userid.ID, *Error)

	// hasID says that each of its tokens has a jti.
	hasID bool
}

// dates are the claims that a token may lack where nobody requires them.
type dates struct{ iat, nbf bool }

// datesOf reads Config.RequiredClaims.
func datesOf(names []string) (dates, error) {
	if names == nil {
		return dates{iat: true, nbf: true}, nil
	}
	var d dates
	exp := false
	for _, name := range names {
		switch name {
		case "exp":
			exp = true
		case "iat":
			d.iat = true
		case "nbf":
			d.nbf = true
		case "identity": // It always is, where it is what names the user.
		default:
			return dates{}, fmt.Errorf("%.40q cannot be required of a token: exp, iat, nbf and identity can", name)
		}
	}
	if !exp {
		return dates{}, fmt.Errorf("exp must be among the required claims: a token without it never ends")
	}
	return d, nil
}

// rulesOf returns a profile's rules; required are for those that have none of their own.
func rulesOf(profile Profile, required dates) (rules, error) {
	switch profile {
	case FlaskJWT:
		return flaskJWT(required), nil
	case FlaskJWTExtended:
		return flaskJWTExtended(), nil
	case SimpleJWT:
		return simpleJWT(), nil
	case PyJWT:
		return pyJWT(required), nil
	default:
		return rules{}, fmt.Errorf("%.40q is no profile of tokens: %s are", string(profile), list(Profiles()))
	}
}

func list(profiles []Profile) string {
	words := make([]string, len(profiles))
	for i, p := range profiles {
		words[i] = string(p)
	}
	return strings.Join(words, ", ")
}

// accepted are the profiles of a Service, in the order in which they are asked.
type accepted struct {
	rules []rules
	names []string // of all of them

	// The claims that name a user to anybody here beside the profile that judged. Where
	// Flask-JWT's alone is accepted there are none: it ignored whatever else stands there.
	identity, sub, userID bool
}

// newAccepted reads Config.Accept and Config.RequiredClaims.
func newAccepted(profiles []Profile, requiredClaims []string) (accepted, error) {
	required, err := datesOf(requiredClaims)
	if err != nil {
		return accepted{}, err
	}
	if len(profiles) == 0 {
		profiles = []Profile{FlaskJWT}
	}
	a := accepted{names: claimNames()}
	for i, profile := range profiles {
		if slices.Contains(profiles[:i], profile) {
			return accepted{}, fmt.Errorf("the profile %s is accepted twice", profile)
		}
		r, err := rulesOf(profile, required)
		if err != nil {
			return accepted{}, err
		}
		a.rules = append(a.rules, r)
		for _, name := range r.names {
			if !slices.Contains(a.names, name) {
				a.names = append(a.names, name)
			}
		}
	}
	if len(profiles) > 1 || profiles[0] != FlaskJWT {
		a.identity, a.sub, a.userID = true, true, slices.Contains(profiles, SimpleJWT)
	}
	return a, nil
}

// of returns the rules that a token is judged by.
func (a *accepted) of(p *payload) *rules {
	for i := range a.rules {
		if a.rules[i].claims(p) {
			return &a.rules[i]
		}
	}
	return &a.rules[0]
}

// agree reports whether whatever names a user here names this one. A token that means
// one user to this server and another to a sister is an attack or a fault.
func (a *accepted) agree(p *payload, id userid.ID) bool {
	return (!a.identity || p.identity.names(id)) && (!a.sub || p.sub.names(id)) && (!a.userID || p.userID.names(id))
}

// names reports whether a claim is not there, or names this user, by a number or its
// digits where the key is one.
func (m member) names(id userid.ID) bool {
	if !m.there() || m.is(id) {
		return true
	}
	read, ok := m.read(id.Kind())
	return ok && read == id
}

// judge judges the claims at now, in PyJWT 1.4.2's order: what is required, then iat,
// nbf, exp, iss, aud; after these what libraries leave to the application. It returns
// whom the token names.
func (s *Service) judge(p *payload) (userid.ID, *Error) {
	r := s.accepted.of(p)
	if err := p.checkDates(r.dates, s.now().Unix(), s.leeway); err != nil {
		return userid.ID{}, err
	}
	switch {
	case s.issuer != "" && p.iss.present && (!p.iss.ok || p.iss.value != s.issuer):
		return userid.ID{}, refuse(ReasonIssuer, descIssuer)
	case p.aud:
		return userid.ID{}, refuse(ReasonAudience, descAudience)
	case p.notAccess():
		return userid.ID{}, refuse(ReasonKind, descKind)
	}
	if err := r.kind(p); err != nil {
		return userid.ID{}, err
	}
	id, err := r.user(p, s.ids())
	switch {
	case err != nil:
		return userid.ID{}, err
	case !s.accepted.agree(p, id):
		return userid.ID{}, refuse(ReasonSubject, descSubject)
	case r.hasID && !p.jti.present:
		return userid.ID{}, refuse(ReasonMissingClaim, descMissingID)
	// An id that cannot be read cannot be looked up among revoked ones either.
	case p.jti.present && !p.jti.ok:
		return userid.ID{}, refuse(ReasonInvalidClaim, descIDString)
	}
	return id, nil
}

// naming is what is said of a claim that ought to name a user.
type naming struct{ missing, integer, text string }

// read reads whom it names in a table with such keys.
func (n naming) read(m member, ids userid.Kind) (userid.ID, *Error) {
	switch {
	case !m.present():
		return userid.ID{}, refuse(ReasonMissingClaim, n.missing)
	case ids == userid.Unknown:
		return userid.ID{}, &Error{} // becomes ErrUndecided
	}
	id, ok := m.read(ids)
	switch {
	case !ok && ids == userid.Texts:
		return userid.ID{}, refuse(ReasonInvalidClaim, n.text)
	case !ok:
		return userid.ID{}, refuse(ReasonInvalidClaim, n.integer)
	}
	return id, nil
}

func identityNaming() naming {
	return naming{descMissingIdentity, descIdentityInteger, descIdentityString}
}

func subNaming() naming { return naming{descMissingSub, descSubInteger, descSubString} }

func userIDNaming() naming { return naming{descMissingUserID, descUserIDInteger, descUserIDString} }
