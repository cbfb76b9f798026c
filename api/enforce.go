package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/restauth/restauth/api/docs"
)

// enforcer holds every request to the contract before an operation sees it.
type enforcer struct {
	routes   *router
	contract *contract
	cors     cors
	errors   *problemWriter
	maxBody  int64
}

func (e *enforcer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	crossOrigin := e.cors.allow(w, r)
	path, params := e.routes.exact(r.URL), map[string]string(nil)
	if path == nil {
		if e.contract.owns(r) {
			e.serveContract(w, r)
			return
		}
		path, params = e.routes.find(r.URL)
	}
	if path == nil {
		e.errors.write(w, r, &Problem{Status: http.StatusNotFound, Detail: "There is nothing at this path."})
		return
	}
	if e.cors.preflight(w, r, crossOrigin, path.allow) {
		return
	}
	op, ok := path.methods[r.Method]
	if !ok {
		e.errors.write(w, r, notAllowed(path.allow))
		return
	}
	x := exchangeOf(r)
	x.access.Operation, x.access.Route, x.access.Probe = op.route.Operation.OperationID, path.template, op.probe
	x.counts = op.counts
	err := e.admit(w, r, x, op, params)
	if err != nil {
		e.errors.write(w, r, err)
		return
	}
	if op.answers != nil {
		e.respelt(w, r, op)
		return
	}
	op.handler(w, r)
}

func (e *enforcer) serveContract(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		e.errors.write(w, r, notAllowed(docs.Allow))
		return
	}
	if r.URL.Path == docs.Root {
		e.contract.root.ServeHTTP(w, r)
		return
	}
	e.contract.handler.ServeHTTP(w, r)
}

func notAllowed(allow string) *Problem {
	return &Problem{Status: http.StatusMethodNotAllowed, Detail: "This method is not allowed here.", Allow: allow}
}

// admit takes a request through the steps of the package comment. Afterwards it
// carries the caller, in its exchange, and a body that was validated.
func (e *enforcer) admit(w http.ResponseWriter, r *http.Request, x *exchange, op *endpoint, params map[string]string) error {
	var media mediaBody
	withBody := op.body != nil && (op.body.required || !absent(r))
	if withBody {
		if r.ContentLength > e.maxBody {
			w.Header().Set("Connection", "close") // The rest of it is not read.
			return e.tooLarge()
		}
		var err error
		if media, err = op.body.acceptable(r); err != nil {
			return err
		}
	}
	if op.guard != nil {
		ctx, err := op.guard.admit(&x.before, r)
		if err != nil {
			return err
		}
		if !op.free {
			ctx = context.WithValue(ctx, authenticatedKey{}, true)
		}
		x.access.Scheme = op.guard.tokenScheme(r)
		x.Context = ctx // In place of a second copy of the request, whose context is x.
	}
	if op.free {
		return nil // The validator would only ask whether the caller was let in.
	}
	var body, bound []byte
	if withBody {
		var err error
		if body, bound, err = e.readBody(w, r, media, op.body.required); err != nil {
			return err
		}
	}
	if err := op.params.check(r); err != nil {
		return err
	}
	for name, value := range params {
		r.SetPathValue(name, value)
	}
	if op.body != nil {
		again(r, body)
	}
	if err := validate(r, op, params); err != nil {
		return err
	}
	if op.body != nil {
		again(r, bound)
	}
	return nil
}

type authenticatedKey struct{}

// authenticated is the validator's own view of security: a guarded operation
// passes it only after admit let the caller in.
func authenticated(ctx context.Context, _ *openapi3filter.AuthenticationInput) error {
	if done, _ := ctx.Value(authenticatedKey{}).(bool); !done {
		return errors.New("api: validation reached before authentication")
	}
	return nil
}

// validate holds parameters and body against the schema.
func validate(r *http.Request, op *endpoint, params map[string]string) error {
	err := openapi3filter.ValidateRequest(r.Context(), &openapi3filter.RequestValidationInput{
		Request:    r,
		PathParams: params,
		Route:      op.route,
		Options:    &openapi3filter.Options{AuthenticationFunc: authenticated, SkipSettingDefaults: true},
	})
	if err == nil {
		return nil
	}
	return explain(err, op.known)
}

// explain names the place and the failed rule of a validation error and
// nothing else: the error's own text holds the submitted value.
func explain(err error, known map[string]bool) error {
	var request *openapi3filter.RequestError
	if !errors.As(err, &request) {
		return errors.New("the validator failed") // Not the caller's fault: an opaque 500.
	}
	var schema *openapi3.SchemaError
	switch {
	case request.Parameter != nil && errors.As(err, &schema):
		return violation(request.Parameter.Name, schema.SchemaField)
	case request.Parameter != nil && errors.Is(err, openapi3filter.ErrInvalidRequired):
		return violation(request.Parameter.Name, "required")
	case request.Parameter != nil:
		return violation(request.Parameter.Name, "format")
	case errors.As(err, &schema):
		return violation(pointer(schema.JSONPointer(), known), keyword(schema))
	default:
		return violation("", "format")
	}
}

// keyword is the failed rule by JSON Schema's name; the validator reports a
// member too many under "properties".
func keyword(err *openapi3.SchemaError) string {
	if err.SchemaField == "properties" {
		return "additionalProperties"
	}
	return err.SchemaField
}

// pointer writes a JSON pointer (RFC 6901) as far as the contract knows the
// names in it.
func pointer(path []string, known map[string]bool) string {
	var b strings.Builder
	for _, name := range path {
		if _, err := strconv.ParseUint(name, 10, 16); err != nil && !known[name] {
			break
		}
		b.WriteString("/" + escapePointer(name))
	}
	return b.String()
}

func violation(pointer, keyword string) *Problem {
	return &Problem{
		Status:     http.StatusBadRequest,
		Detail:     "The request does not match the API description.",
		Violations: []Violation{{Pointer: pointer, Keyword: keyword}},
	}
}
