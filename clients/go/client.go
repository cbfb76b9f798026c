// Package restauth is the Go client of a restauth server. It is generated from
// the server's contract (restauth.gen.go); what is written by hand logs in,
// keeps the token, logs in again when it ends, and turns every refusal into a
// typed error.
//
//	client, err := restauth.New("https://login.example.com", restauth.WithLogin("roy", "roy"))
//	...
//	answer, err := client.GetRestAuthWithResponse(ctx)
//
// A call that returns no error got the answer the contract promises: its
// JSON200 is not nil. An error is one of
//
//   - [ErrInvalidCredentials]: user name and password do not belong together
//   - [ErrUnauthorized]: the token is not good, also after a new login
//   - a [*ThrottledError] or an [*UnavailableError] with the time to wait; the
//     latter also when there was no answer at all, and net/http's error is its cause
//   - a [*ProblemError], which the four above are too, for [errors.As], when an
//     answer came
//   - [context.Canceled] or [context.DeadlineExceeded] when the caller's context ended
//
// Nothing of the server is linked; package guard, beside this one, verifies
// tokens in another service.
package restauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	// requestTimeout bounds one request whose context has no deadline. A login
	// may wait in the server's queue, so it is long.
	requestTimeout = 30 * time.Second
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 1 << 20
)

// Client calls a restauth server. The methods are the generated ones: LoginWithResponse,
// GetRestAuthWithResponse and so on. It is safe for concurrent use.
type Client struct {
	*ClientWithResponses
	session *session
}

// Option changes what New makes.
type Option func(*options)

type options struct {
	transport http.RoundTripper
	login     *Credentials
	device    string
	now       func() time.Time
	timeout   time.Duration
	dialect   *Dialect
}

// WithLogin logs in with this user name and password when a guarded operation
// first needs it, sends the token with each, and logs in again when it has
// ended or is refused, each time with the device token of the login before. Calls that
// need a token at the same time share one login. An Authorization header that a request
// already has is left alone.
func WithLogin(username, password string) Option {
	return func(o *options) { o.login = &Credentials{Username: username, Password: password} }
}

// WithDeviceToken begins with a device token that [Client.DeviceToken] returned in an
// earlier run of the program. Without it the first login is that of a new device.
func WithDeviceToken(device string) Option {
	return func(o *options) { o.device = device }
}

// WithTransport sends requests by rt in place of http.DefaultTransport, for
// proxies, certificates or tracing.
func WithTransport(rt http.RoundTripper) Option {
	return func(o *options) { o.transport = rt }
}

// New returns a client of the server at baseURL, such as
// https://login.example.com or http://127.0.0.1:5000. It sends nothing yet.
func New(baseURL string, opts ...Option) (*Client, error) {
	base, err := url.Parse(baseURL)
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.User != nil || base.RawQuery != "" {
		// The URL is not quoted: one with a password in it would be in a log.
		return nil, errors.New("restauth: the base URL is not of the form https://host[:port][/path]")
	}
	o := options{transport: http.DefaultTransport, now: time.Now, timeout: requestTimeout}
	for _, option := range opts {
		option(&o)
	}
	if err := o.dialect.check(); err != nil {
		return nil, err
	}
	s := &session{
		next:  doer(o.transport, o.timeout),
		base:  strings.TrimSuffix(base.Path, "/"),
		login: o.login,
		now:   o.now,

		dialect: o.dialect,
	}
	s.keepDevice(&o.device)
	generated, err := NewClientWithResponses(baseURL, WithHTTPClient(s))
	if err != nil {
		return nil, fmt.Errorf("restauth: %w", err)
	}
	s.client = generated
	return &Client{ClientWithResponses: generated, session: s}, nil
}

// Token returns a token that holds now, logging in when there is none. It is
// for calling other services that take restauth's tokens; whoever gets it can
// act as the user until it ends. It fails without [WithLogin].
func (c *Client) Token(ctx context.Context) (string, error) {
	if c.session.login == nil {
		return "", errors.New("restauth: this client was made without WithLogin")
	}
	return c.session.token(ctx, "")
}

// DeviceToken returns the device token of the latest login, "" where there is none yet
// or the server gives none. The client keeps it by itself, and is known by it when it
// logs in again, so that nobody who guesses at the user's password shuts it out. A program
// that ends can keep it for its next run, as safely as a token: see [WithDeviceToken].
func (c *Client) DeviceToken() string {
	c.session.mu.Lock()
	defer c.session.mu.Unlock()
	return c.session.device
}

// doer follows no redirects: a login sent on to wherever an answer points
// would give the password away.
func doer(transport http.RoundTripper, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport:     transport,
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
