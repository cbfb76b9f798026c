package token

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/restauth/restauth/impl/userid"
)

// plainRules are what a profile's access tokens are, written down a second time and as
// plainly as can be, over what golang-jwt reads: numbers stay as they are written.
func plainRules(profile Profile, c jwt.MapClaims) (user any, good bool) {
	has := func(name string) bool { _, is := c[name]; return is }
	is := func(name, value string) bool { text, is := c[name].(string); return is && text == value }
	text := func(name string) bool { _, is := c[name].(string); return is }
	for _, name := range []string{"type", "token_type", "typ"} {
		said, _ := c[name].(string)
		switch strings.ToLower(said) {
		case "access", "access_token", "bearer", "jwt", "at+jwt", "application/at+jwt":
		default:
			if has(name) {
				return nil, false
			}
		}
	}
	if has("aud") || !has("exp") || has("jti") && !text("jti") {
		return nil, false
	}
	switch profile {
	case FlaskJWT:
		return c["identity"], has("identity") && has("iat") && has("nbf")
	case FlaskJWTExtended:
		fresh := false
		switch c["fresh"].(type) {
		case bool, json.Number:
			fresh = true
		}
		user = c["sub"]
		if has("identity") {
			user = c["identity"]
		}
		return user, is("type", "access") && fresh && text("jti") && has("iat")
	case SimpleJWT:
		return c["user_id"], is("token_type", "access") && text("jti")
	default:
		for _, name := range []string{"type", "token_type", "typ", "fresh", "identity", "user_id"} {
			if has(name) {
				return nil, false
			}
		}
		return c["sub"], has("iat") && has("nbf")
	}
}

// FuzzProfiles takes any payload, signs it, and holds each profile's verdict against
// golang-jwt and plainRules: nothing is accepted that these refuse, and nobody else is
// read out of it. Accepted in company it is by one that accepts it alone.
func FuzzProfiles(f *testing.F) {
	type table struct {
		ids     userid.Kind
		alone   map[Profile]*Service
		company *Service
	}
	tables := []*table{{ids: userid.Numbers}, {ids: userid.Texts}}
	for _, of := range tables {
		cfg := Config{IDs: func() userid.Kind { return of.ids }}
		of.alone, of.company = map[Profile]*Service{}, serviceOf(f, cfg, Profiles()...)
		for _, profile := range Profiles() {
			of.alone[profile] = serviceOf(f, cfg, profile)
		}
	}
	for _, profile := range Profiles() {
		f.Add(edited(profile))
		f.Add(edited(profile, "iat", "", "nbf", ""))
		f.Add(edited(profile, "identity", "1", "sub", `"1"`, "user_id", "1"))
		f.Add(edited(profile, "identity", "2", "sub", `"1"`, "user_id", "3"))
		for _, kind := range []string{"type", "token_type", "typ"} {
			f.Add(edited(profile, kind, `"refresh"`))
			f.Add(edited(profile, kind, `"access"`))
		}
		f.Add(edited(profile, "fresh", "1e3", "jti", "null"))
		f.Add(edited(profile, "Type", `"refresh"`, "aud", "[]"))
	}
	f.Add(edited(PyJWT, "sub", `"roy"`))
	f.Add(edited(FlaskJWT, "identity", `"7"`, "sub", `"7"`))
	f.Fuzz(func(t *testing.T, payload string) {
		compact := signed(plainHeader, payload)
		for _, of := range tables {
			anybody := false
			for profile, s := range of.alone {
				anybody = judgedAlike(t, profile, of.ids, s, compact) || anybody
			}
			if _, err := of.company.Verify(compact); err == nil && !anybody {
				t.Errorf("%s is accepted in company and by no profile alone", payload)
			}
		}
	})
}

// judgedAlike reports whether the profile accepts the token, after it is held against the
// reference.
func judgedAlike(t *testing.T, profile Profile, ids userid.Kind, s *Service, compact string) bool {
	t.Helper()
	claims, err := s.Verify(compact)
	if again, errAgain := s.Verify(compact); again != claims || (err == nil) != (errAgain == nil) {
		t.Errorf("%s: %+v, %v and then %+v, %v", profile, claims, err, again, errAgain)
	}
	if err != nil {
		return false
	}
	theirs := jwt.MapClaims{}
	if _, err := jwt.ParseWithClaims(compact, theirs, libraryKey, append(libraryOptions(), jwt.WithJSONNumber())...); err != nil {
		t.Errorf("%s accepts %s, but golang-jwt says %v", profile, payloadText(t, compact), err)
	}
	user, good := plainRules(profile, theirs)
	if !good {
		t.Errorf("%s accepts %s against its own rules", profile, payloadText(t, compact))
	}
	var read userid.ID
	switch user := user.(type) {
	case json.Number:
		read, good = userid.ParseNumber(user.String())
		if user == "-0" {
			read, good = userid.Number(0), true
		}
		good = good && ids == userid.Numbers
	case string:
		read, good = userid.Parse(ids, user)
	default:
		good = false
	}
	if !good || read != claims.UserID {
		t.Errorf("%s reads user %v out of %s", profile, claims.UserID, payloadText(t, compact))
	}
	return true
}
