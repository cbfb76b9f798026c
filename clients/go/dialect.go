package restauth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Dialect is what a server calls otherwise than the contract, because it took the place
// of an older one: its settings of the same names. A member that is "" is as the contract
// has it.
type Dialect struct {
	LoginPath           string // such as /login
	UsernameMember      string // such as email
	PasswordMember      string
	TokenMember         string // such as token
	AuthorizationPrefix string // in place of Bearer, for services that take nothing else
}

// usualLife, in seconds, is how long a token is thought to be good whose login does not
// say it, as with --login-answer flask, and neither does the token: Flask-JWT's default.
// One that ends earlier is refused and renewed.
const usualLife = 300

// WithDialect speaks to a server that was started with --login-path, with other names for
// the login's members, or with --login-answer flask.
func WithDialect(d Dialect) Option {
	return func(o *options) { o.dialect = &d }
}

// errDialect says what New refuses.
var errDialect = errors.New("restauth: a dialect's login path begins with / and has no ?, # or %, and its prefix is one word")

func (d *Dialect) check() error {
	if d == nil {
		return nil
	}
	if d.LoginPath != "" && !strings.HasPrefix(d.LoginPath, "/") || strings.ContainsAny(d.LoginPath, "?#%") || strings.ContainsAny(d.AuthorizationPrefix, " \t\r\n,") {
		return errDialect
	}
	return nil
}

// names are the client's names by the contract's.
func (d *Dialect) names() map[string]string {
	return map[string]string{"username": d.UsernameMember, "password": d.PasswordMember}
}

// scheme is what stands before a token.
func (d *Dialect) scheme() string {
	if d == nil || d.AuthorizationPrefix == "" {
		return "Bearer"
	}
	return d.AuthorizationPrefix
}

// asked puts a login into the dialect.
func (d *Dialect) asked(r *http.Request) (*http.Request, error) {
	r = r.Clone(r.Context())
	if d.LoginPath != "" {
		r.URL.Path = strings.TrimSuffix(r.URL.Path, loginPath) + d.LoginPath
		if r.URL.RawPath != "" {
			r.URL.RawPath = strings.TrimSuffix(r.URL.RawPath, loginPath) + d.LoginPath
		}
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("restauth: read the login: %w", err)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, errors.New("restauth: the login is no JSON object")
	}
	for name, to := range d.names() {
		if value, is := members[name]; is && to != "" && to != name {
			delete(members, name)
			members[to] = value
		}
	}
	if body, err = json.Marshal(members); err != nil {
		return nil, fmt.Errorf("restauth: write the login: %w", err)
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return r, nil
}

// answered puts a login's answer into the contract's names, with what an older server
// leaves out. An answer without the token is left as it is.
func (d *Dialect) answered(resp *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return noAnswer(resp.Request.Context(), err)
	}
	_ = resp.Body.Close() // All that counts was read.
	resp.Body = io.NopCloser(bytes.NewReader(body))
	name := d.TokenMember
	if name == "" {
		name = "access_token"
	}
	members, compact, is := tokenIn(body, name)
	if !is {
		return nil
	}
	token := members[name]
	delete(members, name)
	members["access_token"] = token
	if _, said := members["token_type"]; !said {
		members["token_type"] = json.RawMessage(`"Bearer"`)
	}
	if _, said := members["expires_in"]; !said {
		members["expires_in"] = json.RawMessage(fmt.Sprint(lifeOf(compact)))
	}
	if body, err = json.Marshal(members); err != nil {
		return fmt.Errorf("restauth: write the answer: %w", err)
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Del("Content-Length")
	return nil
}

// tokenIn reads an answer, and reports whether the token is in it.
func tokenIn(body []byte, name string) (members map[string]json.RawMessage, compact string, is bool) {
	is = json.Unmarshal(body, &members) == nil && json.Unmarshal(members[name], &compact) == nil
	return members, compact, is
}

// lifeOf is how long a token is good, in seconds, by its own claims. They are not
// verified: this is only about when to ask for the next.
func lifeOf(compact string) int64 {
	var claims struct{ Exp, Iat float64 }
	parts := strings.Split(compact, ".")
	if len(parts) != 3 {
		return usualLife
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return usualLife
	}
	if life := claims.Exp - claims.Iat; claims.Iat > 0 && life >= 1 && life <= maxLife {
		return int64(life)
	}
	return usualLife
}
