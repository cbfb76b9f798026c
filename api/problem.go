package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/restauth/restauth/gen"
)

// realm is Flask-JWT's default, which its clients may show or match.
const realm = `realm="Login Required"`

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
	Violations []gen.Violation
	// RetryAfter is in whole seconds, sent when positive.
	RetryAfter int
	// Challenges are the WWW-Authenticate values, one header line each.
	Challenges []string
	// Allow is sent with 405.
	Allow string
	// Cause is logged under the request id and never sent.
	Cause error
}

func (p *Problem) Error() string { return strconv.Itoa(p.Status) + " " + p.Detail }

// Body is the problem as the contract's schema has it, for a typed response.
func (p *Problem) Body(ctx context.Context) gen.Problem {
	kind := p.Kind
	if kind == "" {
		kind = statusText(p.Status)
	}
	body := gen.Problem{
		Type:        "about:blank",
		Title:       statusText(p.Status),
		Status:      p.Status,
		Detail:      p.Detail,
		RequestId:   RequestID(ctx),
		StatusCode:  p.Status,
		Error:       kind,
		Description: p.Detail,
	}
	if len(p.Violations) > 0 {
		body.Errors = &p.Violations
	}
	return body
}

// TokenRefused is the 401 for a token that was sent and is not good (RFC 6750,
// section 3.1), in Flask-JWT's words.
func TokenRefused(kind, detail string) *Problem {
	return &Problem{
		Status: http.StatusUnauthorized, Kind: kind, Detail: detail,
		Challenges: []string{"Bearer " + realm + `, error="invalid_token", error_description="` + quotable(detail) + `"`},
	}
}

// CredentialsRefused is the 401 for a wrong user name or password.
func CredentialsRefused() *Problem {
	return &Problem{
		Status: http.StatusUnauthorized, Kind: "Bad Request", Detail: "Invalid credentials",
		Challenges: []string{"Bearer " + realm},
	}
}

// TooManyRequests is the 429 for a client that asks for more than its share
// (RFC 6585, section 4).
func TooManyRequests(detail string, retryAfterSeconds int) *Problem {
	return &Problem{Status: http.StatusTooManyRequests, Detail: detail, RetryAfter: max(retryAfterSeconds, 1)}
}

// Unavailable is the 503 that says nothing of credentials or tokens. The cause
// goes to the log.
func Unavailable(detail string, retryAfterSeconds int, cause error) *Problem {
	return &Problem{
		Status: http.StatusServiceUnavailable, Detail: detail,
		RetryAfter: max(retryAfterSeconds, 1), Cause: cause,
	}
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

// statusText is http.StatusText with RFC 9110's name for 413.
func statusText(status int) string {
	if status == http.StatusRequestEntityTooLarge {
		return "Content Too Large"
	}
	return http.StatusText(status)
}

// problemWriter is the one place that answers errors.
type problemWriter struct {
	logger *slog.Logger
}

// write answers err: a *Problem as it is, anything else as an opaque 500. What
// the client is not told goes to the log under the request id, here and only
// here.
func (p *problemWriter) write(w http.ResponseWriter, r *http.Request, err error) {
	var problem *Problem
	switch {
	case !errors.As(err, &problem):
		p.logger.ErrorContext(r.Context(), "unexpected fault", "request_id", RequestID(r.Context()), "error", err.Error())
		problem = &Problem{Status: http.StatusInternalServerError, Detail: "The server met an unexpected fault."}
	case problem.Cause != nil:
		p.logger.WarnContext(r.Context(), "request not served", "request_id", RequestID(r.Context()), "error", problem.Cause.Error())
	}
	if rec, ok := w.(*responseRecorder); ok && rec.wrote() {
		return // Half an answer is out; a second one would corrupt it.
	}
	problem.send(w, r)
}

func (p *Problem) send(w http.ResponseWriter, r *http.Request) {
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
	body, err := json.Marshal(p.Body(r.Context()))
	if err != nil { // A struct of strings and ints always marshals.
		panic(err)
	}
	header.Set("Content-Length", strconv.Itoa(len(body)+1))
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // The client is gone if this fails.
}

// responseError answers an error an operation returned, or one met while its
// response was written.
func (p *problemWriter) responseError(w http.ResponseWriter, r *http.Request, err error) {
	p.write(w, r, err)
}

// bindError answers what the generated code could not bind. The request was
// validated before, so this is a gap between validator and binder. The error
// may hold the submitted value: it is neither sent nor logged.
func (p *problemWriter) bindError(w http.ResponseWriter, r *http.Request, _ error) {
	p.logger.WarnContext(r.Context(), "a validated request could not be bound", "request_id", RequestID(r.Context()))
	p.write(w, r, violation("", "format"))
}
