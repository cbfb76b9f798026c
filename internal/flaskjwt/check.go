package flaskjwt

import (
	"bytes"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// problemType is the media type of RFC 9457. Errors of a successor may come
// as it, a documented improvement, so long as Flask-JWT's members are in it.
const problemType = "application/problem+json"

// maxSkew is how far from the test's now a fresh token's iat may lie: room for
// a slow machine, too little for a wrong clock or unit.
const maxSkew = 2 * time.Minute

// Check returns how an answer disagrees with the case, one line for each
// disagreement. now is the time that Request was given; body is the whole
// body, read by the caller.
//
// Where the case has Expect, its statuses count and, with AnyBody, no body or
// media type does. Elsewhere the recorded answer counts: status, media type,
// Allow, and the body's members, beside which others may stand. A recorded
// challenge must be among the answer's whenever the status is the recorded
// one.
func (c Case) Check(resp *http.Response, body []byte, now time.Time) []string {
	var diffs []string
	want := c.Response
	if c.Expect == nil {
		if resp.StatusCode != want.Status {
			diffs = append(diffs, fmt.Sprintf("status = %d, want %d", resp.StatusCode, want.Status))
		}
		diffs = append(diffs, c.checkAllow(resp)...)
	} else if !slices.Contains(c.Expect.Status, resp.StatusCode) {
		diffs = append(diffs, fmt.Sprintf("status = %d, want one of %v", resp.StatusCode, c.Expect.Status))
	}
	if resp.StatusCode == want.Status {
		diffs = append(diffs, c.checkChallenge(resp)...)
	}
	if c.Expect == nil || !c.Expect.AnyBody {
		diffs = append(diffs, c.checkType(resp)...)
		diffs = append(diffs, c.checkBody(body, now)...)
	}
	return diffs
}

func (c Case) checkAllow(resp *http.Response) []string {
	if got := resp.Header.Get("Allow"); c.Response.Allow != "" && got != c.Response.Allow {
		return []string{fmt.Sprintf("Allow = %q, want %q", got, c.Response.Allow)}
	}
	return nil
}

// checkChallenge takes challenges on lines of their own and on one line, as
// RFC 9110 section 11.6.1 has both. The recorded ones hold no comma.
func (c Case) checkChallenge(resp *http.Response) []string {
	want := c.Response.WWWAuthenticate
	if want == "" {
		return nil
	}
	got := resp.Header.Values("WWW-Authenticate")
	for _, value := range got {
		for challenge := range strings.SplitSeq(value, ",") {
			if strings.TrimSpace(challenge) == want {
				return nil
			}
		}
	}
	return []string{fmt.Sprintf("WWW-Authenticate = %q, want %q among them", got, want)}
}

func (c Case) checkType(resp *http.Response) []string {
	want := c.Response.ContentType
	if want == "" {
		return nil
	}
	got, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return []string{fmt.Sprintf("Content-Type is unreadable, want %s", want)}
	}
	problem := c.Response.Status >= 400 && want == "application/json" && got == problemType
	if got != want && !problem {
		return []string{fmt.Sprintf("Content-Type = %s, want %s", got, want)}
	}
	return nil
}

func (c Case) checkBody(body []byte, now time.Time) []string {
	if c.Response.Body == nil {
		return nil
	}
	var want map[string]json.RawMessage
	if err := json.Unmarshal(c.Response.Body, &want); err != nil {
		// Not an object: the greeting, which must be the same to the byte
		// once both are without layout. Flask ends it with a newline.
		if got := bytes.TrimSpace(body); !bytes.Equal(got, compactJSON(c.Response.Body)) {
			return []string{fmt.Sprintf("body is not %s", c.Response.Body)}
		}
		return nil
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(body, &got); err != nil {
		return []string{"body is no JSON object"}
	}
	var diffs []string
	for _, name := range sortedKeys(want) {
		if name == "access_token" {
			diffs = append(diffs, checkAccessToken(got[name], want[name], now)...)
			continue
		}
		if !bytes.Equal(compactOrNil(got[name]), compactJSON(want[name])) {
			diffs = append(diffs, fmt.Sprintf("%s = %s, want %s", name, got[name], want[name]))
		}
	}
	return diffs
}

// minted is how http.json describes a token that the reference handed out.
type minted struct {
	Header   map[string]string `json:"header"`
	Claims   []string          `json:"claims"`
	Identity json.RawMessage   `json:"identity"`
	Lifetime int64             `json:"lifetime"` // exp - iat, seconds
	NbfIat   int64             `json:"nbf-iat"`
	Signed   bool              `json:"signed_with_secret"`
}

// checkAccessToken opens the token by hand. No disagreement quotes any part of
// it: a token that failed here may still be a good one elsewhere.
func checkAccessToken(got, want json.RawMessage, now time.Time) []string {
	var rule minted
	if err := json.Unmarshal(want, &rule); err != nil {
		return []string{fmt.Sprintf("recorded token: %v", err)}
	}
	compact, ok := text(got)
	if !ok {
		return []string{"access_token is no string"}
	}
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return []string{fmt.Sprintf("access_token has %d parts, want 3", len(parts))}
	}
	var header, claims map[string]json.RawMessage
	if !decodePart(parts[0], &header) || !decodePart(parts[1], &claims) {
		return []string{"access_token's header or payload is no base64url JSON object"}
	}
	diffs := rule.checkHeader(header)
	diffs = append(diffs, rule.checkClaims(claims, now)...)
	signature, err := sign("HS256", []byte(Secret), parts[0]+"."+parts[1])
	if rule.Signed && (err != nil || !hmac.Equal([]byte(encode(signature)), []byte(parts[2]))) {
		diffs = append(diffs, "access_token is not signed with the secret")
	}
	return diffs
}

func (m minted) checkHeader(header map[string]json.RawMessage) []string {
	var diffs []string
	for _, name := range sortedKeys(m.Header) {
		if got, ok := text(header[name]); !ok || got != m.Header[name] {
			diffs = append(diffs, fmt.Sprintf("token header %s = %s, want %q", name, header[name], m.Header[name]))
		}
	}
	return diffs
}

func (m minted) checkClaims(claims map[string]json.RawMessage, now time.Time) []string {
	var diffs []string
	for _, name := range m.Claims {
		if claims[name] == nil {
			diffs = append(diffs, fmt.Sprintf("token has no claim %s", name))
		}
	}
	// PyJWT 1.4.2 refuses any token that has an audience unless told which.
	if claims["aud"] != nil {
		diffs = append(diffs, "token has an aud, which Flask-JWT refuses")
	}
	if got := compactOrNil(claims["identity"]); !bytes.Equal(got, compactJSON(m.Identity)) {
		diffs = append(diffs, fmt.Sprintf("token's identity = %s, want %s", got, m.Identity))
	}
	var times [3]int64
	for i, name := range [3]string{"iat", "nbf", "exp"} {
		// ParseInt is stricter than Unmarshal, to which null is 0.
		var err error
		if times[i], err = strconv.ParseInt(string(claims[name]), 10, 64); err != nil {
			return append(diffs, fmt.Sprintf("token's %s is no integer", name))
		}
	}
	iat, nbf, exp := times[0], times[1], times[2]
	if exp-iat != m.Lifetime {
		diffs = append(diffs, fmt.Sprintf("token lives %d s, want %d", exp-iat, m.Lifetime))
	}
	if nbf-iat != m.NbfIat {
		diffs = append(diffs, fmt.Sprintf("token's nbf - iat = %d, want %d", nbf-iat, m.NbfIat))
	}
	if skew := time.Unix(iat, 0).Sub(now).Abs(); skew > maxSkew {
		diffs = append(diffs, fmt.Sprintf("token's iat is %v away from now", skew))
	}
	return diffs
}

func decodePart(part string, into any) bool {
	data, err := base64.RawURLEncoding.Strict().DecodeString(part)
	return err == nil && json.Unmarshal(data, into) == nil
}

func compactOrNil(raw json.RawMessage) []byte {
	if raw == nil {
		return nil
	}
	return compactJSON(raw)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
