package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/restauth/restauth/api/problem"
	"github.com/restauth/restauth/api/reqctx"
)

// Problem is an expected refusal, in the words the client gets; an operation
// or an authentication hook returns it as its error.
type Problem = problem.Problem

// Violation is one rule of the contract that a request breaks.
type Violation = problem.Violation

// TokenRefused is the 401 for a token that was sent and is not good.
func TokenRefused(kind, detail string) *Problem { return problem.TokenRefused(kind, detail) }

// CredentialsRefused is the 401 for a wrong user name or password.
func CredentialsRefused() *Problem { return problem.CredentialsRefused() }

// TooManyRequests is the 429 for a client that asks for more than its share.
func TooManyRequests(detail string, retryAfterSeconds int) *Problem {
	return problem.TooManyRequests(detail, retryAfterSeconds)
}

// Unavailable is the 503 that says nothing of credentials or tokens. The cause
// goes to the log.
func Unavailable(detail string, retryAfterSeconds int, cause error) *Problem {
	return problem.Unavailable(detail, retryAfterSeconds, cause)
}

// StatusClientGone stands in the log for a request whose client did not wait for
// the answer. It is nginx's number; no RFC has one, as it is never received.
const StatusClientGone = 499

// problemWriter is the one place that answers errors.
type problemWriter struct {
	logger *slog.Logger
	realm  string // in place of [problem.Realm], "" for that
}

// newProblemWriter returns one whose challenges name a realm, the usual one where it is
// "".
func newProblemWriter(logger *slog.Logger, realm string) (*problemWriter, error) {
	if realm == "" {
		return &problemWriter{logger: logger}, nil
	}
	if !problem.ValidRealm(realm) {
		return nil, errors.New("api: Realm cannot stand in a challenge as it is")
	}
	return &problemWriter{logger: logger, realm: problem.RealmOf(realm)}, nil
}

// write answers err: a *Problem, or a guard's, as it is, anything else as an opaque
// 500. What the client is not told goes to the log, here and only here; the logger
// adds the request id.
func (p *problemWriter) write(w http.ResponseWriter, r *http.Request, err error) {
	refusal, expected := problem.From(err)
	switch {
	case errors.Is(err, context.Canceled) && errors.Is(r.Context().Err(), context.Canceled):
		// Nobody reads this, and nothing is at fault: it is for the log's line.
		refusal = &Problem{Status: StatusClientGone, Detail: "The client has closed the connection."}
	case !expected:
		p.logger.ErrorContext(r.Context(), "unexpected fault", "error", err.Error())
		refusal = &Problem{Status: http.StatusInternalServerError, Detail: problem.Fault}
	case refusal.Cause != nil:
		p.logger.WarnContext(r.Context(), "request not served", "error", refusal.Cause.Error())
	}
	if rec, ok := w.(interface{ wrote() bool }); ok && rec.wrote() {
		return // Half an answer is out; a second one would corrupt it.
	}
	if p.realm != "" && len(refusal.Challenges) > 0 {
		refusal = refusal.InRealm(p.realm)
	}
	refusal.Write(w, reqctx.From(r.Context()).ID)
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
	p.logger.WarnContext(r.Context(), "a validated request could not be bound")
	p.write(w, r, violation("", "format"))
}

// declaresProblem holds the document to the errors this package writes: its
// schema `Problem` has to be the one they match, or clients generated from the
// document could not read them.
func declaresProblem(spec *openapi3.T) error {
	if spec.Components == nil || spec.Components.Schemas["Problem"] == nil {
		return errors.New("the document has no schema Problem; copy it, and the shared responses, from restauth's openapi.yaml")
	}
	sample := (&Problem{
		Status: http.StatusBadRequest, Detail: "detail", Violations: []Violation{{Pointer: "/member", Keyword: "required"}},
	}).Body("request-id")
	violations := []any{map[string]any{"pointer": sample.Errors[0].Pointer, "keyword": sample.Errors[0].Keyword}}
	err := spec.Components.Schemas["Problem"].Value.VisitJSON(map[string]any{
		"type": sample.Type, "title": sample.Title, "status": float64(sample.Status), "detail": sample.Detail,
		"request_id": sample.RequestID, "status_code": float64(sample.StatusCode), "error": sample.Error,
		"description": sample.Description, "errors": violations,
	})
	if err != nil {
		return fmt.Errorf("the document's schema Problem refuses the problems that are sent: %w", err)
	}
	return nil
}
