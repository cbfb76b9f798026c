// Package problem is how an API says no: the one form of every error (RFC 9457,
// with Flask-JWT's three members beside), the refusals of the bearer scheme, and
// the reading of the Authorization header that leads to them.
//
// It is a leaf, so that a guard in another service answers word for word what
// package api answers here, without the rest of a server. The guard's module has a
// copy of it (internal/guardcopy); [From] finds the problems of both.
package problem

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// Realm is Flask-JWT's default, which its clients may show or match.
const Realm = `realm="Login Required"`

// Fault is the detail of a 500: what happened is in the log and nowhere else.
const Fault = "The server met an unexpected fault."

// Problem is an expected refusal, in the words the client gets. It is an error
// so that authentication hooks can return it. Nothing submitted may stand in it.
type Problem struct {
	// Status is the HTTP status, 400 to 599.
	Status int
	// Kind is Flask-JWT's `error`, the status's own words when empty.
	Kind string
	// Detail is RFC 9457's `detail` and Flask-JWT's `description`.
	Detail string
	// Violations names what of the contract a request violates.
	Violations []Violation
	// RetryAfter is in whole seconds, sent when positive.
	RetryAfter int
	// Challenges are the WWW-Authenticate values, one header line each.
	Challenges []string
	// Allow is sent with 405.
	Allow string
	// Cause is logged under the request id and never sent.
	Cause error
}

// Violation is one rule of the contract that a request breaks.
type Violation struct {
	// Pointer says where: a JSON pointer into the body (RFC 6901), or the
	// parameter's name.
	Pointer string `json:"pointer"`
	// Keyword is the rule, such as `required` or `maxLength`.
	Keyword string `json:"keyword"`
}

// Body is a Problem on the wire: the schema `Problem` of the contract.
type Body struct {
	Type        string      `json:"type"`
	Title       string      `json:"title"`
	Status      int         `json:"status"`
	Detail      string      `json:"detail"`
	RequestID   string      `json:"request_id"`
	StatusCode  int         `json:"status_code"`
	Error       string      `json:"error"`
	Description string      `json:"description"`
	Errors      []Violation `json:"errors,omitempty"`
}

func (p *Problem) Error() string { return strconv.Itoa(p.Status) + " " + p.Detail }

// refusal is a Problem of a copy of this package.
type refusal interface {
	error
	Refusal() (status int, kind, detail string, retryAfterSeconds int, challenges []string, cause error)
}

// Refusal tells in the language's own types what a refusal of credentials has. It
// names no violations and no methods, as these have none.
func (p *Problem) Refusal() (status int, kind, detail string, retryAfterSeconds int, challenges []string, cause error) {
	return p.Status, p.Kind, p.Detail, p.RetryAfter, p.Challenges, p.Cause
}

// From returns the Problem in err's tree, as errors.As does. One of a copy of this
// package is of another type, and found by what it tells.
func From(err error) (p *Problem, found bool) {
	if errors.As(err, &p) {
		return p, true
	}
	var copied refusal
	if !errors.As(err, &copied) {
		return nil, false
	}
	p = new(Problem)
	p.Status, p.Kind, p.Detail, p.RetryAfter, p.Challenges, p.Cause = copied.Refusal()
	return p, true
}

// Body is the problem as the contract's schema has it.
func (p *Problem) Body(requestID string) Body {
	kind := p.Kind
	if kind == "" {
		kind = statusText(p.Status)
	}
	return Body{
		Type:        "about:blank",
		Title:       statusText(p.Status),
		Status:      p.Status,
		Detail:      p.Detail,
		RequestID:   requestID,
		StatusCode:  p.Status,
		Error:       kind,
		Description: p.Detail,
		Errors:      p.Violations,
	}
}

// Write answers with p and its headers.
func (p *Problem) Write(w http.ResponseWriter, requestID string) {
	header := w.Header()
	for _, challenge := range p.Challenges {
		header.Add("WWW-Authenticate", challenge)
	}
	if p.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	if p.Allow != "" {
		header.Set("Allow", p.Allow)
	}
	header.Set("Content-Type", "application/problem+json")
	body, err := json.Marshal(p.Body(requestID))
	if err != nil { // A struct of strings and ints always marshals.
		panic(err)
	}
	header.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // The client is gone if this fails.
}

// TooManyRequests is the 429 for a client that asks for more than its share
// (RFC 6585, section 4).
func TooManyRequests(detail string, retryAfterSeconds int) *Problem {
	return &Problem{Status: http.StatusTooManyRequests, Detail: detail, RetryAfter: max(retryAfterSeconds, 1)}
}

// Unavailable is the 503 that says nothing of credentials or tokens. The cause
// is for the log.
func Unavailable(detail string, retryAfterSeconds int, cause error) *Problem {
	return &Problem{
		Status: http.StatusServiceUnavailable, Detail: detail,
		RetryAfter: max(retryAfterSeconds, 1), Cause: cause,
	}
}

// statusText is http.StatusText with RFC 9110's name for 413.
func statusText(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "Content Too Large"
	case 499: // never received, so it has no name
		return "Client Closed Request"
	}
	return http.StatusText(status)
}

// quotable keeps what RFC 6750, section 3 allows in error_description.
func quotable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '"' || r == '\\' {
			return '\''
		}
		if r < 0x20 || r > 0x7e {
			return -1
		}
		return r
	}, s)
}
