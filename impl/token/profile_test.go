package token

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/userid"
)

// claimsOf are the claims of a good access token of a profile at testNow, for user 1.
func claimsOf(profile Profile) [][2]string {
	exp, iat, nbf := [2]string{"exp", fmt.Sprint(testNow + 300)}, [2]string{"iat", fmt.Sprint(testNow)}, [2]string{"nbf", fmt.Sprint(testNow)}
	switch profile {
	case FlaskJWT:
		return [][2]string{exp, iat, nbf, {"identity", "1"}}
	case FlaskJWTExtended:
		return [][2]string{{"fresh", "false"}, iat, {"jti", `"a"`}, {"type", `"access"`}, {"sub", `"1"`}, nbf, {"csrf", `"b"`}, exp}
	case SimpleJWT:
		return [][2]string{{"token_type", `"access"`}, exp, iat, {"jti", `"a"`}, {"user_id", "1"}}
	default:
		return [][2]string{exp, iat, nbf, {"sub", "1"}}
	}
}

// edited is the payload of a good token with other claims: a name and a value each, the
// value "" to leave it out.
func edited(profile Profile, edits ...string) string {
	claims := claimsOf(profile)
	for i := 0; i < len(edits); i += 2 {
		found := false
		for n := range claims {
			if claims[n][0] == edits[i] {
				claims[n][1], found = edits[i+1], true
			}
		}
		if !found {
			claims = append(claims, [2]string{edits[i], edits[i+1]})
		}
	}
	var members []string
	for _, claim := range claims {
		if claim[1] != "" {
			members = append(members, fmt.Sprintf("%q:%s", claim[0], claim[1]))
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

// serviceOf judges by these profiles, in this order, and mints nothing.
func serviceOf(t testing.TB, cfg Config, profiles ...Profile) *Service {
	t.Helper()
	cfg.Accept, cfg.Mint = profiles, Nothing
	return newService(t, cfg)
}

// record is a token that a real library made (testdata/sisters.jsonl).
type record struct {
	By        string
	Profile   Profile
	Kind      string
	User      any
	Algorithm keys.Algorithm
	Token     string
}

// ids is what keys the record's users have.
func (r record) ids() userid.Kind {
	if name, ok := r.User.(string); ok && strings.Contains(name, "-") {
		return userid.Texts
	}
	return userid.Numbers
}

func (r record) id() userid.ID {
	id, _ := userid.Parse(r.ids(), fmt.Sprint(r.User))
	return id
}

func records(t *testing.T) (all []record) {
	t.Helper()
	raw, err := os.ReadFile("testdata/sisters.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		var r record
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// TestSisters: what the real libraries hand out for access is taken by their own
// profile, in whatever company, and nothing else that they hand out is taken by any.
func TestSisters(t *testing.T) {
	taken, refused := map[Profile]int{}, map[Profile]int{}
	for _, r := range records(t) {
		ring, err := r.Algorithm.Single([]byte(testSecret))
		if err != nil {
			t.Fatal(err)
		}
		for _, accept := range [][]Profile{{r.Profile}, {FlaskJWT, FlaskJWTExtended, SimpleJWT, PyJWT}, {PyJWT, SimpleJWT, FlaskJWTExtended, FlaskJWT}} {
			s := serviceOf(t, Config{Keys: ring, IDs: of(r.ids()), RequiredClaims: []string{"exp"}}, accept...)
			claims, err := s.Verify(r.Token)
			switch {
			case r.Kind == "access" && (err != nil || claims.UserID != r.id()):
				t.Errorf("%v: Verify() of an access token by %s = %+v, %v, want user %v", accept, r.By, claims, err, r.User)
			case r.Kind != "access" && err == nil:
				t.Errorf("%v: a %s token by %s passes", accept, r.Kind, r.By)
			case r.Kind != "access" && refusal(t, s, r.Token).Reason != ReasonKind:
				t.Errorf("%v: a %s token by %s: %v", accept, r.Kind, r.By, err)
			case err == nil:
				taken[r.Profile]++
			default:
				refused[r.Profile]++
			}
		}
	}
	if taken[FlaskJWTExtended] < 150 || taken[SimpleJWT] < 40 || taken[PyJWT] < 40 || refused[FlaskJWTExtended] < 60 || refused[SimpleJWT] < 40 {
		t.Errorf("%v tokens were taken and %v refused: the record lacks some", taken, refused)
	}
}

// TestProfilesAreNotLoosened: no profile alone takes another's tokens, but for those
// that have what it wants: an identity, which Flask-JWT's profile takes as it ever did.
func TestProfilesAreNotLoosened(t *testing.T) {
	for _, profile := range Profiles() {
		for _, r := range records(t) {
			if r.Profile == profile || r.Algorithm != keys.HS256 {
				continue
			}
			s := serviceOf(t, Config{IDs: of(r.ids()), RequiredClaims: []string{"exp"}}, profile)
			_, err := s.Verify(r.Token)
			hasIdentity := strings.Contains(payloadText(t, r.Token), `"identity"`)
			if want := profile == FlaskJWT && r.Kind == "access" && hasIdentity; (err == nil) != want {
				t.Errorf("%s takes a %s token by %s: %v", profile, r.Kind, r.By, err)
			}
		}
		for _, other := range Profiles() {
			_, err := serviceOf(t, Config{}, profile).Verify(signed(plainHeader, edited(other)))
			if (err == nil) != (profile == other) {
				t.Errorf("%s, a token of %s: %v", profile, other, err)
			}
		}
	}
}

func payloadText(t *testing.T, compact string) string {
	t.Helper()
	raw, ok := decode(strings.Split(compact, ".")[1])
	if !ok {
		t.Fatalf("%s cannot be decoded", compact)
	}
	return string(raw)
}

// TestProfileRefusals: each way in which a token can fail to be an access token of its
// profile, in the words that are said of it.
func TestProfileRefusals(t *testing.T) {
	for profile, cases := range map[Profile][]wrong{
		FlaskJWTExtended: {
			{"no type", edited(FlaskJWTExtended, "type", ""), ReasonMissingClaim, descMissingType},
			{"a refresh token", edited(FlaskJWTExtended, "type", `"refresh"`), ReasonKind, descKind},
			{"type in another case", edited(FlaskJWTExtended, "type", `"Access"`), ReasonKind, descKind},
			{"type of OAuth", edited(FlaskJWTExtended, "type", `"bearer"`), ReasonKind, descKind},
			{"type null", edited(FlaskJWTExtended, "type", "null"), ReasonKind, descKind},
			{"type a list", edited(FlaskJWTExtended, "type", `["access"]`), ReasonKind, descKind},
			{"token_type refresh", edited(FlaskJWTExtended, "token_type", `"refresh"`), ReasonKind, descKind},
			{"no fresh", edited(FlaskJWTExtended, "fresh", ""), ReasonMissingClaim, descMissingFresh},
			{"fresh a word", edited(FlaskJWTExtended, "fresh", `"true"`), ReasonInvalidClaim, descFresh},
			{"fresh null", edited(FlaskJWTExtended, "fresh", "null"), ReasonInvalidClaim, descFresh},
			{"no jti", edited(FlaskJWTExtended, "jti", ""), ReasonMissingClaim, descMissingID},
			{"jti null", edited(FlaskJWTExtended, "jti", "null"), ReasonInvalidClaim, descIDString},
			{"no user", edited(FlaskJWTExtended, "sub", ""), ReasonMissingClaim, descMissingSub},
			{"sub null", edited(FlaskJWTExtended, "sub", "null"), ReasonMissingClaim, descMissingSub},
			{"sub a name", edited(FlaskJWTExtended, "sub", `"roy"`), ReasonInvalidClaim, descSubInteger},
			{"sub a fraction", edited(FlaskJWTExtended, "sub", "1.0"), ReasonInvalidClaim, descSubInteger},
			{"identity null beside", edited(FlaskJWTExtended, "identity", "null"), ReasonMissingClaim, descMissingIdentity},
			{"identity another", edited(FlaskJWTExtended, "identity", "2"), ReasonSubject, descSubject},
			{"no exp", edited(FlaskJWTExtended, "exp", ""), ReasonMissingClaim, descMissingExp},
			{"no iat", edited(FlaskJWTExtended, "iat", ""), ReasonMissingClaim, descMissingIat},
			{"nbf null", edited(FlaskJWTExtended, "nbf", "null"), ReasonInvalidClaim, descNbfInteger},
			{"nbf ahead", edited(FlaskJWTExtended, "nbf", "1700000011"), ReasonNotYetValid, descNbfFuture},
			{"ended", edited(FlaskJWTExtended, "exp", "1699999989"), ReasonExpired, descExpired},
			{"aud", edited(FlaskJWTExtended, "aud", `"x"`), ReasonAudience, descAudience},
			{"Type beside", edited(FlaskJWTExtended, "Type", `"refresh"`), ReasonMalformed, descPayloadString + faultNames},
			{"Fresh beside", edited(FlaskJWTExtended, "FRESH", "true"), ReasonMalformed, descPayloadString + faultNames},
			{"Identity beside", edited(FlaskJWTExtended, "Identity", "2"), ReasonMalformed, descPayloadString + faultNames},
		},
		SimpleJWT: {
			{"no token_type", edited(SimpleJWT, "token_type", ""), ReasonMissingClaim, descMissingTokenType},
			{"a refresh token", edited(SimpleJWT, "token_type", `"refresh"`), ReasonKind, descKind},
			{"a sliding token", edited(SimpleJWT, "token_type", `"sliding"`, "refresh_exp", "1800000000"), ReasonKind, descKind},
			{"token_type in another case", edited(SimpleJWT, "token_type", `"ACCESS"`), ReasonKind, descKind},
			{"token_type null", edited(SimpleJWT, "token_type", "null"), ReasonKind, descKind},
			{"type refresh", edited(SimpleJWT, "type", `"refresh"`), ReasonKind, descKind},
			{"no jti", edited(SimpleJWT, "jti", ""), ReasonMissingClaim, descMissingID},
			{"no user_id", edited(SimpleJWT, "user_id", ""), ReasonMissingClaim, descMissingUserID},
			{"user_id null", edited(SimpleJWT, "user_id", "null"), ReasonMissingClaim, descMissingUserID},
			{"user_id a condition", edited(SimpleJWT, "user_id", `"1 OR 1=1"`), ReasonInvalidClaim, descUserIDInteger},
			{"user_id true", edited(SimpleJWT, "user_id", "true"), ReasonInvalidClaim, descUserIDInteger},
			{"user_id with a zero", edited(SimpleJWT, "user_id", `"01"`), ReasonInvalidClaim, descUserIDInteger},
			{"sub another", edited(SimpleJWT, "sub", `"2"`), ReasonSubject, descSubject},
			{"identity another", edited(SimpleJWT, "identity", "2"), ReasonSubject, descSubject},
			{"no exp", edited(SimpleJWT, "exp", ""), ReasonMissingClaim, descMissingExp},
			{"iat null", edited(SimpleJWT, "iat", "null"), ReasonInvalidClaim, descIatInteger},
			{"iat ahead", edited(SimpleJWT, "iat", "1700000011"), ReasonNotYetValid, descIatFuture},
			{"nbf ahead", edited(SimpleJWT, "nbf", "1700000011"), ReasonNotYetValid, descNbfFuture},
			{"User_Id beside", edited(SimpleJWT, "User_Id", "2"), ReasonMalformed, descPayloadString + faultNames},
			{"Token_Type beside", edited(SimpleJWT, "Token_Type", `"refresh"`), ReasonMalformed, descPayloadString + faultNames},
		},
		PyJWT: {
			{"no sub", edited(PyJWT, "sub", ""), ReasonMissingClaim, descMissingSub},
			{"sub a list", edited(PyJWT, "sub", "[1]"), ReasonInvalidClaim, descSubInteger},
			{"no iat", edited(PyJWT, "iat", ""), ReasonMissingClaim, descMissingIat},
			{"no nbf", edited(PyJWT, "nbf", ""), ReasonMissingClaim, descMissingNbf},
			{"no exp", edited(PyJWT, "exp", ""), ReasonMissingClaim, descMissingExp},
			{"type access", edited(PyJWT, "type", `"access"`), ReasonKind, descKind},
			{"type refresh", edited(PyJWT, "type", `"refresh"`), ReasonKind, descKind},
			{"token_type access", edited(PyJWT, "token_type", `"access"`), ReasonKind, descKind},
			{"typ bearer", edited(PyJWT, "typ", `"Bearer"`), ReasonKind, descKind},
			{"fresh", edited(PyJWT, "fresh", "false"), ReasonKind, descKind},
			{"identity the same", edited(PyJWT, "identity", "1"), ReasonKind, descKind},
			{"user_id the same", edited(PyJWT, "user_id", "1"), ReasonKind, descKind},
			{"Type beside", edited(PyJWT, "Type", `"refresh"`), ReasonMalformed, descPayloadString + faultNames},
			{"SUB beside", edited(PyJWT, "SUB", "2"), ReasonMalformed, descPayloadString + faultNames},
			{"jti a number", edited(PyJWT, "jti", "1"), ReasonInvalidClaim, descIDString},
		},
	} {
		t.Run(string(profile), func(t *testing.T) {
			for i := range cases {
				cases[i].token = signed(plainHeader, cases[i].token)
			}
			checkWrong(t, serviceOf(t, Config{}, profile), cases)
		})
	}
}

// TestProfileAccepts: what may differ between access tokens of one profile.
func TestProfileAccepts(t *testing.T) {
	for profile, payloads := range map[Profile][]string{
		FlaskJWTExtended: {
			edited(FlaskJWTExtended), edited(FlaskJWTExtended, "sub", "1"), edited(FlaskJWTExtended, "nbf", ""), edited(FlaskJWTExtended, "fresh", "true"),
			edited(FlaskJWTExtended, "fresh", "1700000600"), edited(FlaskJWTExtended, "csrf", "7"), edited(FlaskJWTExtended, "sub", "", "identity", "1"),
			edited(FlaskJWTExtended, "sub", "", "identity", `"1"`), edited(FlaskJWTExtended, "identity", "1"), edited(FlaskJWTExtended, "user_claims", `{"sub":"2"}`),
			edited(FlaskJWTExtended, "user_id", `"whatever it is here"`),
		},
		SimpleJWT: {
			edited(SimpleJWT), edited(SimpleJWT, "user_id", `"1"`), edited(SimpleJWT, "iat", ""), edited(SimpleJWT, "sub", `"1"`),
			edited(SimpleJWT, "identity", "1"), edited(SimpleJWT, "hash_password", `"x"`),
		},
		PyJWT: {edited(PyJWT), edited(PyJWT, "sub", `"1"`), edited(PyJWT, "jti", `"x"`), edited(PyJWT, "name", `"roy"`)},
	} {
		s := serviceOf(t, Config{}, profile)
		for _, payload := range payloads {
			for range 2 {
				if claims, err := s.Verify(signed(plainHeader, payload)); err != nil || claims.UserID != userid.Number(1) {
					t.Errorf("%s: %s = %+v, %v", profile, payload, claims, err)
				}
			}
		}
	}
}

// TestAssignment: a token that fits two profiles is judged by the first that claims it,
// and one that names two users to the profiles here is refused by all.
func TestAssignment(t *testing.T) {
	both := edited(FlaskJWTExtended, "identity", "1", "user_id", "1")
	simple := edited(SimpleJWT, "identity", "1")
	for _, c := range []struct {
		accept  []Profile
		payload string
		want    string // the description of the refusal, "" for none
	}{
		{[]Profile{FlaskJWT, FlaskJWTExtended}, edited(FlaskJWTExtended, "identity", "1", "jti", ""), ""}, // Flask-JWT's claims it
		{[]Profile{FlaskJWTExtended, FlaskJWT}, edited(FlaskJWTExtended, "identity", "1", "jti", ""), descMissingID},
		{[]Profile{FlaskJWT, FlaskJWTExtended}, edited(FlaskJWTExtended, "identity", "1", "nbf", ""), descMissingNbf},
		{[]Profile{FlaskJWTExtended, FlaskJWT}, edited(FlaskJWTExtended, "identity", "1", "nbf", ""), ""},
		{[]Profile{FlaskJWT, FlaskJWTExtended, SimpleJWT}, both, ""},
		{[]Profile{FlaskJWT, SimpleJWT}, edited(FlaskJWT, "user_id", "2"), descSubject},
		{[]Profile{FlaskJWT}, edited(FlaskJWT, "user_id", "2"), ""}, // as ever
		{[]Profile{FlaskJWT, FlaskJWTExtended}, edited(FlaskJWT, "user_id", "2"), ""},
		{[]Profile{FlaskJWT, SimpleJWT}, simple, descMissingNbf},
		{[]Profile{SimpleJWT, FlaskJWT}, simple, ""},
		{[]Profile{SimpleJWT, FlaskJWT}, edited(SimpleJWT, "identity", "2"), descSubject},
		{[]Profile{SimpleJWT, FlaskJWT}, edited(SimpleJWT, "identity", "null"), descSubject},
		{[]Profile{FlaskJWT, SimpleJWT}, edited(FlaskJWT, "token_type", `"refresh"`), descKind},
		{[]Profile{FlaskJWT, PyJWT}, edited(PyJWT), ""},
		{[]Profile{FlaskJWT, PyJWT}, edited(PyJWT, "type", `"refresh"`), descKind},
		{[]Profile{FlaskJWT, PyJWT}, edited(PyJWT, "type", `"access"`), descMissingIdentity},
		{[]Profile{FlaskJWT, PyJWT}, edited(PyJWT, "sub", ""), descMissingIdentity},
		{[]Profile{FlaskJWT, FlaskJWTExtended, PyJWT}, edited(PyJWT, "type", `"access"`), descMissingFresh},
	} {
		_, err := serviceOf(t, Config{}, c.accept...).Verify(signed(plainHeader, c.payload))
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "token: ")
		}
		if got != c.want {
			t.Errorf("%v: %s = %q, want %q", c.accept, c.payload, got, c.want)
		}
	}
}

// TestAttacksOnEveryProfile: wrong forms, headers and keys are refused before any
// profile is asked, and duplicates whatever it is.
func TestAttacksOnEveryProfile(t *testing.T) {
	for _, profile := range Profiles() {
		t.Run(string(profile), func(t *testing.T) {
			s := serviceOf(t, Config{}, profile)
			good := edited(profile)
			if _, err := s.Verify(signed(plainHeader, good)); err != nil {
				t.Fatal(err)
			}
			parts := strings.Split(signed(plainHeader, good), ".")
			cases := []wrong{
				{"no signature", parts[0] + "." + parts[1] + ".", ReasonSignature, descSignature},
				{"another secret", signedWith([]byte("other"), parts[0], parts[1]), ReasonSignature, descSignature},
				{"empty secret", signedWith(nil, parts[0], parts[1]), ReasonSignature, descSignature},
				{"line break", signedSegments(parts[0], parts[1][:8]+"\n"+parts[1][8:]), ReasonMalformed, descPayloadPadding},
			}
			cases = append(cases, wrongHeaders(good)...)
			cases = append(cases, wrongParameters(good)...)
			cases = append(cases, confusedKeys(t, parts[0], parts[1])...)
			for _, claim := range claimsOf(profile) {
				cases = append(cases,
					wrong{claim[0] + " twice", signed(plainHeader, strings.TrimSuffix(good, "}")+`,"`+claim[0]+`":`+claim[1]+"}"), ReasonMalformed, descPayloadString + faultNames})
				if claim[0] != "csrf" {
					cases = append(cases,
						wrong{claim[0] + " in capitals", signed(plainHeader, edited(profile, strings.ToUpper(claim[0]), claim[1])), ReasonMalformed, descPayloadString + faultNames})
				}
			}
			checkWrong(t, s, cases)
		})
	}
}

// TestSeenByOneConfig: what one Service took, another with other rules does not take on
// its word, though they share the keys.
func TestSeenByOneConfig(t *testing.T) {
	keyring := single(t, testSecret)
	compact := signed(plainHeader, edited(PyJWT, "iat", "", "nbf", ""))
	lax := serviceOf(t, Config{Keys: keyring, RequiredClaims: []string{"exp"}}, PyJWT)
	for range 3 {
		if claims, err := lax.Verify(compact); err != nil || !claims.IssuedAt.IsZero() || !claims.NotBefore.IsZero() {
			t.Fatalf("Verify() = %+v, %v, want no iat and no nbf", claims, err)
		}
		if got := refusal(t, serviceOf(t, Config{Keys: keyring}, PyJWT), compact); got.Description != descMissingIat {
			t.Errorf("with iat required: %v", got)
		}
		if got := refusal(t, newService(t, Config{Keys: keyring}), compact); got.Reason != ReasonMissingClaim {
			t.Errorf("with Flask-JWT's profile: %v", got)
		}
	}
	if got := lax.Stats(); got.Legacy != (Passed{Known: 2, Anew: 1}) {
		t.Errorf("Stats() = %+v", got)
	}
}

// TestSeenEnds: a token without iat and nbf ends like any other, seen or not.
func TestSeenEnds(t *testing.T) {
	unix, now := movable()
	s := serviceOf(t, Config{Now: now, Lifetime: time.Minute, RequiredClaims: []string{"exp"}}, PyJWT)
	compact := signed(plainHeader, fmt.Sprintf(`{"exp":%d,"sub":1}`, unix.Load()+60))
	for _, c := range []struct {
		move int64
		good bool
	}{{0, true}, {70, true}, {1, false}, {-1, true}, {-1000, true}} {
		unix.Add(c.move)
		if _, err := s.Verify(compact); (err == nil) != c.good {
			t.Errorf("%+d s: %v", c.move, err)
		}
	}
}

// TestRequiredClaims: Flask-JWT's JWT_REQUIRED_CLAIMS; a date that is there counts
// whether or not it has to be.
func TestRequiredClaims(t *testing.T) {
	for _, c := range []struct {
		required []string
		edits    []string
		want     string
	}{
		{nil, []string{"iat", ""}, descMissingIat},
		{[]string{"exp"}, []string{"iat", "", "nbf", ""}, ""},
		{[]string{"exp", "nbf"}, []string{"iat", ""}, ""},
		{[]string{"exp", "nbf"}, []string{"nbf", ""}, descMissingNbf},
		{[]string{"identity", "iat", "exp"}, []string{"nbf", ""}, ""},
		{[]string{"exp"}, []string{"exp", ""}, descMissingExp},
		{[]string{"exp"}, []string{"identity", ""}, descMissingIdentity},
		{[]string{"exp"}, []string{"iat", "null"}, descIatInteger},
		{[]string{"exp"}, []string{"nbf", "null"}, descNbfInteger},
		{[]string{"exp"}, []string{"iat", "1700000011"}, descIatFuture},
		{[]string{"exp"}, []string{"nbf", "1700000011"}, descNbfFuture},
		{[]string{"exp"}, []string{"iat", `"x"`}, descIatInteger},
	} {
		_, err := newService(t, Config{RequiredClaims: c.required}).Verify(signed(plainHeader, edited(FlaskJWT, c.edits...)))
		got := ""
		if err != nil {
			got = strings.TrimPrefix(err.Error(), "token: ")
		}
		if got != c.want {
			t.Errorf("required %v, %v: %q, want %q", c.required, c.edits, got, c.want)
		}
	}
}
