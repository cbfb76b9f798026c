package restauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"time"
)

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
	// RetryAfter is how long to wait, zero when the answer did not say.
	RetryAfter time.Duration
	// Refusal is the answer.
	Refusal *ProblemError
}

func (e *ThrottledError) Error() string {
	return fmt.Sprintf("%v; try again in %v", e.Refusal, e.RetryAfter)
}

// Unwrap makes errors.As find the ProblemError.
func (e *ThrottledError) Unwrap() error { return e.Refusal }

// UnavailableError is 503: the user database is away, the server is too busy
// or it is shutting down. Nothing is said about the credentials or the token.
type UnavailableError struct {
	// RetryAfter is how long to wait, zero when the answer did not say.
	RetryAfter time.Duration
	// Refusal is the answer.
	Refusal *ProblemError
}

func (e *UnavailableError) Error() string {
	return fmt.Sprintf("%v; try again in %v", e.Refusal, e.RetryAfter)
}

// Unwrap makes errors.As find the ProblemError.
func (e *UnavailableError) Unwrap() error { return e.Refusal }

// refusal returns the error that an answer stands for, nil for a success in
// the form that the contract promises.
func refusal(resp *http.Response, operation string) error {
	if resp.StatusCode < 300 {
		media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
		if resp.StatusCode == http.StatusOK && (err != nil || media != "application/json") {
			return fmt.Errorf("restauth: %s was answered with %q, not with JSON: is this the login server?", operation, media)
		}
		return nil
	}
	problem := &ProblemError{Problem: readProblem(resp)}
	switch resp.StatusCode {
	case http.StatusUnauthorized:
		problem.kind = ErrUnauthorized
		if operation == http.MethodPost+" "+loginPath {
			problem.kind = ErrInvalidCredentials
		}
	case http.StatusTooManyRequests:
		return &ThrottledError{RetryAfter: retryAfter(resp), Refusal: problem}
	case http.StatusServiceUnavailable:
		return &UnavailableError{RetryAfter: retryAfter(resp), Refusal: problem}
	}
	return problem
}

// readProblem reads the body when it is a problem. The status is always the
// answer's own: a proxy may have changed it.
func readProblem(resp *http.Response) Problem {
	var problem Problem
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err == nil && media == "application/problem+json" {
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
		if err != nil || json.Unmarshal(body, &problem) != nil {
			problem = Problem{}
		}
	}
	if problem.Title == "" {
		problem.Title = http.StatusText(resp.StatusCode)
	}
	problem.Status = resp.StatusCode
	return problem
}

// retryAfter reads the seconds of Retry-After (RFC 9110, section 10.2.3). The
// server never sends the date form.
func retryAfter(resp *http.Response) time.Duration {
	seconds, err := strconv.ParseUint(resp.Header.Get("Retry-After"), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(seconds) * time.Second
}
