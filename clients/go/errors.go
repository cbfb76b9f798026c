package restauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

// soonest is how long to wait where no answer says it, so that who waits for it
// never hammers.
const soonest = time.Second

// ErrInvalidCredentials is the login's 401, for [errors.Is].
var ErrInvalidCredentials = errors.New("invalid credentials")

// ErrUnauthorized is every other 401, for [errors.Is]: no token, or one that
// is not or no longer good.
var ErrUnauthorized = errors.New("unauthorized")

// ProblemError is a refusal in the server's words.
type ProblemError struct {
	// Problem has the members of the contract's schema. Where a proxy answered
	// in another form, only Status and Title are set.
	Problem
	kind error // ErrInvalidCredentials, ErrUnauthorized or nil
}

func (e *ProblemError) Error() string {
	text := fmt.Sprintf("restauth answered %d %s", e.Status, e.Title)
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Errors != nil {
		for _, v := range *e.Errors {
			text += fmt.Sprintf(" (%s: %s)", v.Pointer, v.Keyword)
		}
	}
	if e.RequestId != "" {
		text += " [request " + e.RequestId + "]"
	}
	return text
}

// Unwrap makes errors.Is find ErrInvalidCredentials and ErrUnauthorized.
func (e *ProblemError) Unwrap() error { return e.kind }

// ThrottledError is 429: this client, or its account, asks for more logins
// than its share.
type ThrottledError struct {
	// RetryAfter is how long to wait, at least a second.
	RetryAfter time.Duration
	// Refusal is the answer.
	Refusal *ProblemError
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("%v; try again in %v", e.Refusal, e.RetryAfter)
}

// Unwrap makes errors.As find the ProblemError.
func (e *ThrottledError) Unwrap() error { return e.Refusal }

// UnavailableError says that nothing was judged, neither the credentials nor
// the token. No answer came (refused, reset, cut, too late, a host without
// address, a certificate that nobody trusts), or it was 503: the user database
// is away, the server is too busy or it is shutting down; or a proxy in front
// answered 502 or 504 for it.
type UnavailableError struct {
	// RetryAfter is how long to wait, at least a second.
	RetryAfter time.Duration
	// Refusal is the answer, nil when none came.
	Refusal *ProblemError
	// Cause is why no answer came, such as a *url.Error; nil beside a Refusal.
	Cause error
}

func (e *UnavailableError) Error() string {
	if e.Refusal == nil {
		return fmt.Sprintf("the restauth server cannot be reached: %v; try again in %v", e.Cause, e.RetryAfter)
	}
	return fmt.Sprintf("%v; try again in %v", e.Refusal, e.RetryAfter)
}

// Unwrap makes errors.As find the ProblemError or the cause.
func (e *UnavailableError) Unwrap() error {
	if e.Refusal == nil {
		return e.Cause
	}
	return e.Refusal
}

// noAnswer is the error for an exchange that ended without a whole answer. When
// the caller gave it up, that is what happened, and no fault of the server's.
func noAnswer(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return &UnavailableError{RetryAfter: soonest, Cause: err}
}

// answerBody is the body of a success, which can break off too.
type answerBody struct {
	io.ReadCloser
	ctx context.Context // the request's
}

func (b answerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = noAnswer(b.ctx, err)
	}
	return n, err
}

// refusal returns the error that an answer stands for, nil for a success in
// the form that the contract promises.
func refusal(resp *http.Response, operation string, now time.Time) error {
	if resp.StatusCode < 300 {
		media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		if resp.StatusCode == http.StatusOK && (err != nil || media != "application/json") {
			return fmt.Errorf("restauth: %s was answered with %q, not with JSON: is this the login server?", operation, media)
		}
		return nil
	}
	said, err := readProblem(resp)
	if err != nil {
		return noAnswer(resp.Request.Context(), err)
	}
	problem := &ProblemError{Problem: said}
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		problem.kind = ErrUnauthorized
		if operation == http.MethodPost+" "+loginPath {
			problem.kind = ErrInvalidCredentials
		}
	case http.StatusTooManyRequests:
		return &ThrottledError{RetryAfter: retryAfter(resp, now), Refusal: problem}
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &UnavailableError{RetryAfter: retryAfter(resp, now), Refusal: problem}
	}
	return problem
}

// readProblem reads the body, which is a problem unless somebody in between
// answered. The status is always the answer's own: a proxy may have changed it.
func readProblem(resp *http.Response) (Problem, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Problem{}, fmt.Errorf("read the answer %d: %w", resp.StatusCode, err)
	}
	var problem Problem
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || media != "application/problem+json" || json.Unmarshal(body, &problem) != nil {
		problem = Problem{}
	}
	if problem.Title == "" {
		problem.Title = http.StatusText(resp.StatusCode)
	}
	problem.Status = resp.StatusCode
	return problem, nil
}

// retryAfter reads Retry-After, seconds or a date (RFC 9110, section 10.2.3).
// The server sends seconds; a proxy may send a date.
func retryAfter(resp *http.Response, now time.Time) time.Duration {
	value := resp.Header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return max(soonest, time.Duration(seconds)*time.Second)
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return soonest
	}
	return max(soonest, date.Sub(now))
}
