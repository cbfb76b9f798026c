package restauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// A token is renewed a tenth of its life before it ends, at most this long
	// before, so that it does not end on its way to the server.
	maxAhead = 10 * time.Second
	// maxLife, in seconds, keeps sums of times away from overflow.
	maxLife = 1 << 31
	// loginPath is the operation that takes the password.
	loginPath = "/auth"
	// maxDevice is the contract's bound of a device token, in bytes.
	maxDevice = 255
)

// session is the HttpRequestDoer under the generated client: it adds the token
// and turns refusals into errors.
type session struct {
	next   HttpRequestDoer
	base   string // the base URL's path, without a slash at the end
	login  *Credentials
	client *ClientWithResponses
	now    func() time.Time
	// dialect is the server's, nil for the contract's.
	dialect *Dialect

	mu      sync.Mutex
	current string    // the token, "" before the first login
	renewAt time.Time // when it is no longer used
	device  string    // the device token, "" for none
	flight  *flight   // the login under way, nil when there is none
}

// flight is one login that any number of callers wait for.
type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiting int // guarded by session.mu
	token   string
	err     error
}

// isOpen lists the operations that need no token. Whatever else the contract
// may come to have gets one; a test holds this list to the contract.
func isOpen(operation string) bool {
	switch operation {
	case http.MethodPost + " " + loginPath, "GET /livez", "GET /readyz":
		return true
	}
	return false
}

// Do implements HttpRequestDoer. An answer of 300 and above is an error.
func (s *session) Do(r *http.Request) (*http.Response, error) {
	operation := r.Method + " " + strings.TrimPrefix(r.URL.Path, s.base)
	if s.login == nil || isOpen(operation) || r.Header.Get("Authorization") != "" {
		return s.send(r, operation)
	}
	token, err := s.token(r.Context(), "")
	if err != nil {
		return nil, err
	}
	resp, err := s.send(s.authorized(r, token), operation)
	if !errors.Is(err, ErrUnauthorized) || !rewind(r) {
		return resp, err
	}
	// Ended early by another clock, or the server has a new secret. Once only:
	// a token that is refused straight after its login will be again.
	if token, err = s.token(r.Context(), token); err != nil {
		return nil, err
	}
	return s.send(s.authorized(r, token), operation)
}

func (s *session) authorized(r *http.Request, token string) *http.Request {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", s.dialect.scheme()+" "+token)
	return r
}

// rewind makes the request's body readable again and reports whether it could.
func rewind(r *http.Request) bool {
	if r.Body == nil || r.Body == http.NoBody {
		return true
	}
	if r.GetBody == nil {
		return false
	}
	body, err := r.GetBody()
	if err != nil {
		return false
	}
	r.Body = body
	return true
}

// send sends one request and reads its refusal. No answer is one too.
func (s *session) send(r *http.Request, operation string) (*http.Response, error) {
	login := s.dialect != nil && operation == http.MethodPost+" "+loginPath
	if login {
		var err error
		if r, err = s.dialect.asked(r); err != nil {
			return nil, err
		}
	}
	resp, err := s.next.Do(r)
	if err != nil {
		return nil, noAnswer(r.Context(), err)
	}
	if err := refusal(resp, operation, s.now()); err != nil { //nolint:contextcheck // it has the answer's own request
		_ = resp.Body.Close() // The refusal is what matters.
		return nil, err
	}
	if login {
		if err := s.dialect.answered(resp); err != nil { //nolint:contextcheck // as above
			return nil, err
		}
	}
	resp.Body = answerBody{ReadCloser: resp.Body, ctx: r.Context()}
	return resp, nil
}

// token returns the current token, or that of a login which all callers at
// this moment share. refused is one that the server would not take; it is not
// returned again.
func (s *session) token(ctx context.Context, refused string) (string, error) {
	s.mu.Lock()
	if s.current != "" && s.current != refused && s.now().Before(s.renewAt) {
		token := s.current
		s.mu.Unlock()
		return token, nil
	}
	f := s.flight
	if f == nil {
		f = s.depart(ctx)
	}
	f.waiting++
	s.mu.Unlock()

	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		s.leave(f)
		return "", fmt.Errorf("wait for the login: %w", ctx.Err())
	}
}

// depart starts a login. It belongs to all who wait for it, so it outlives the
// context of the one who began it, whose values (tracing) it keeps. The caller
// holds mu.
func (s *session) depart(ctx context.Context) *flight {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &flight{done: make(chan struct{}), cancel: cancel}
	s.flight = f
	device := s.device
	go func() {
		defer cancel()
		started := s.now() // Before the request: the token's life began no earlier.
		answer, err := s.logIn(ctx, device)
		s.mu.Lock()
		defer s.mu.Unlock()
		if err != nil {
			f.err = fmt.Errorf("log in: %w", err)
		} else {
			f.token = answer.AccessToken
			life := time.Duration(min(max(answer.ExpiresIn, 0), maxLife)) * time.Second
			s.current, s.renewAt = f.token, started.Add(life-min(life/10, maxAhead))
			s.keepDevice(answer.DeviceToken)
		}
		if s.flight == f {
			s.flight = nil
		}
		close(f.done)
	}()
	return f
}

// leave ends the login when the last who waited for it is gone.
func (s *session) leave(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.waiting--; f.waiting == 0 && s.flight == f {
		f.cancel()
		s.flight = nil // Whoever comes next begins one that is not cancelled.
	}
}

// logIn brings the device token, if there is one. A server of before contract 1.3.0,
// such as the other half of a cluster that is being upgraded, has no such member and
// answers 400: then it is left out.
func (s *session) logIn(ctx context.Context, device string) (*Token, error) {
	login := *s.login
	if device != "" {
		login.DeviceToken = &device
	}
	answer, err := s.client.LoginWithResponse(ctx, login)
	if refused := (*ProblemError)(nil); device != "" && errors.As(err, &refused) && refused.Status == http.StatusBadRequest {
		answer, err = s.client.LoginWithResponse(ctx, *s.login)
	}
	if err != nil {
		return nil, err
	}
	return answer.JSON200, nil
}

// keepDevice takes a login's device token in the place of the one before. A server that
// gives none leaves what there is: another may take it. The caller holds mu.
func (s *session) keepDevice(device *string) {
	if device != nil && *device != "" && len(*device) <= maxDevice {
		s.device = *device
	}
}
