package restauth_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	restauth "github.com/restauth/restauth/clients/go"
)

// theirs are a server's flags, and what a client says of them.
var theirs = []struct {
	name    string
	flags   []string
	dialect restauth.Dialect
}{
	{"the login's path", []string{"--login-path", "/api/login"}, restauth.Dialect{LoginPath: "/api/login"}},
	{"the members", []string{"--login-username-member", "email", "--login-password-member", "pass", "--login-token-member", "token"},
		restauth.Dialect{UsernameMember: "email", PasswordMember: "pass", TokenMember: "token"}},
	{"the token alone", []string{"--login-answer", "flask"}, restauth.Dialect{}},
	{"all", []string{
		"--login-path", "/login", "--login-username-member", "email", "--login-password-member", "pass", "--login-token-member", "jwt",
		"--login-answer", "flask", "--authorization-prefix", "Token", "--realm", "Shop",
	}, restauth.Dialect{LoginPath: "/login", UsernameMember: "email", PasswordMember: "pass", TokenMember: "jwt", AuthorizationPrefix: "Token"}},
}

// TestDialect against real servers: logs in, calls, renews before the token ends, keeps
// device tokens where there are some, and has the same errors.
func TestDialect(t *testing.T) {
	for _, c := range theirs {
		t.Run(c.name, func(t *testing.T) {
			server := servers.Demo(t, append([]string{"--token-lifetime", "1h"}, c.flags...)...)
			var sent authorizations
			now := time.Now()
			client := newClient(t, server.URL, restauth.WithLogin("roy", "roy"), restauth.WithDialect(c.dialect),
				restauth.WithTransport(&sent), restauth.WithClock(func() time.Time { return now }))
			for range 3 {
				answer, err := client.GetRestAuthWithResponse(t.Context())
				if err != nil || *answer.JSON200 != "You are an authenticate person to see this message" {
					t.Fatalf("GetRestAuth() = %v, %v", answer, err)
				}
				now = now.Add(29 * time.Minute)
			}
			if sent.logins != 1 {
				t.Errorf("%d logins in 58 minutes, want one: the token is good for an hour", sent.logins)
			}
			prefix := c.dialect.AuthorizationPrefix
			if prefix == "" {
				prefix = "Bearer"
			}
			if !strings.HasPrefix(sent.last, prefix+" ") {
				t.Errorf("Authorization begins with %.8s, want %s", sent.last, prefix)
			}
			flask := strings.Contains(fmt.Sprint(c.flags), "flask")
			if got := client.DeviceToken(); (got == "") != flask {
				t.Errorf("DeviceToken() = %q", got)
			}
			answer, err := client.LoginWithResponse(t.Context(), restauth.Credentials{Username: "roy", Password: "roy"})
			if err != nil || answer.JSON200.AccessToken == "" || answer.JSON200.ExpiresIn != 3600 || answer.JSON200.TokenType != restauth.TokenTypeBearer {
				t.Errorf("Login() = %+v, %v", answer, err)
			}
			wrong := newClient(t, server.URL, restauth.WithLogin("roy", "no"), restauth.WithDialect(c.dialect))
			if _, err := wrong.Token(t.Context()); !errors.Is(err, restauth.ErrInvalidCredentials) {
				t.Errorf("with a wrong password: %v", err)
			}
		})
	}
}

// authorizations are what went by.
type authorizations struct {
	logins int
	last   string
}

func (a *authorizations) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		a.logins++
	} else {
		a.last = r.Header.Get("Authorization")
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestDialectBelowAPath: the login's path comes behind the base URL's own.
func TestDialectBelowAPath(t *testing.T) {
	front := httptest.NewServer(http.NotFoundHandler())
	defer front.Close()
	var asked []string
	client := newClient(t, front.URL+"/a%20b", restauth.WithLogin("roy", "roy"), restauth.WithDialect(restauth.Dialect{LoginPath: "/login"}),
		restauth.WithTransport(transport(func(r *http.Request) (*http.Response, error) {
			asked = append(asked, r.URL.EscapedPath())
			return http.DefaultTransport.RoundTrip(r)
		})))
	_, _ = client.Token(t.Context())
	if len(asked) != 1 || asked[0] != "/a%20b/login" {
		t.Errorf("asked %q, want /a%%20b/login", asked)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// TestLifeOfAFlaskToken: where neither the login nor the token says it, a token is renewed
// as Flask-JWT's would have to be.
func TestLifeOfAFlaskToken(t *testing.T) {
	for payload, want := range map[string]int64{
		`{"exp":1000,"iat":900}`: 100, `{"exp":1000.5,"iat":900}`: 100, `{"exp":1000}`: 300, `{"exp":900,"iat":1000}`: 300, `x`: 300, `[]`: 300,
		`{"exp":1e30,"iat":1}`: 300,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"token":"a.%s.c"}`, base64.RawURLEncoding.EncodeToString([]byte(payload)))
		}))
		client := newClient(t, server.URL, restauth.WithDialect(restauth.Dialect{TokenMember: "token"}))
		answer, err := client.LoginWithResponse(t.Context(), restauth.Credentials{Username: "roy", Password: "roy"})
		if err != nil || answer.JSON200.ExpiresIn != want {
			t.Errorf("%s: %+v, %v, want %d seconds", payload, answer, err, want)
		}
		server.Close()
	}
}

// TestAnswersThatAreNoDialect reach the caller as they are.
func TestAnswersThatAreNoDialect(t *testing.T) {
	for _, body := range []string{`{"access_token":"a.b.c"}`, `{"token":1}`, `[]`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, body)
		}))
		client := newClient(t, server.URL, restauth.WithLogin("roy", "roy"), restauth.WithDialect(restauth.Dialect{TokenMember: "token"}))
		answer, err := client.LoginWithResponse(t.Context(), restauth.Credentials{Username: "roy", Password: "roy"})
		if err == nil && string(answer.Body) != body {
			t.Errorf("%s became %s", body, answer.Body)
		}
		server.Close()
	}
}

// TestNewRefusesDialects that no server can have.
func TestNewRefusesDialects(t *testing.T) {
	for _, d := range []restauth.Dialect{{LoginPath: "login"}, {LoginPath: "/login?x=1"}, {LoginPath: "/log%69n"}, {AuthorizationPrefix: "My Token"}} {
		if _, err := restauth.New("http://127.0.0.1:5000", restauth.WithDialect(d)); err == nil {
			t.Errorf("New(%+v) = nil error, want one", d)
		}
	}
}
