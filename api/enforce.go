package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"github.com/restauth/restauth/api/docs"
	"github.com/restauth/restauth/api/problem"
)

// enforcer holds every request to the contract before an operation sees it.
type enforcer struct {
	routes       *router
	contract     *contract
	cors         cors
	errors       *problemWriter
	authenticate Authenticate
	maxBody      int64
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
	x := exchangeOf(r.Context())
	x.access.Operation, x.access.Route, x.access.Probe = op.route.Operation.OperationID, path.template, op.probe
	err := e.admit(w, r, x, op, params)
	if err != nil {
		e.errors.write(w, r, err)
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
	if op.body != nil {
		if r.ContentLength > e.maxBody {
			w.Header().Set("Connection", "close") // The rest of it is not read.
			return e.tooLarge()
		}
		if err := acceptable(r, op.body); err != nil {
			return err
		}
	}
	if op.bearer {
		token, err := problem.BearerToken(r)
		if err != nil {
			return err
		}
		ctx, err := e.authenticate(&x.before, token)
		if err != nil {
			return err
		}
		if !op.free {
			ctx = context.WithValue(ctx, authenticatedKey{}, true)
		}
		x.Context = ctx // In place of a second copy of the request, whose context is x.
	}
	if op.free {
		return nil // The validator would only ask whether the caller was let in.
	}
	body, err := e.readBody(w, r, op)
	if err != nil {
		return err
	}
	for name, value := range params {
		r.SetPathValue(name, value)
	}
	if err := validate(r, op, params, body); err != nil {
		return err
	}
	if op.body != nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	return nil
}

// acceptable checks the body's declared type and coding (RFC 9110, 8.3, 8.4).
func acceptable(r *http.Request, content openapi3.Content) error {
	refused := &Problem{
		Status: http.StatusUnsupportedMediaType,
		Detail: "Send the body with Content-Type: " + mediaTypes(content) + ".",
	}
	types := r.Header.Values("Content-Type")
	if len(types) != 1 || len(r.Header.Values("Content-Encoding")) > 0 {
		return refused
	}
	mediaType, params, err := mime.ParseMediaType(types[0])
	if err != nil || content[mediaType] == nil {
		return refused
	}
	for name, value := range params {
		if name == "charset" && !strings.EqualFold(value, "utf-8") {
			return refused
		}
	}
	return nil
}

func mediaTypes(content openapi3.Content) string {
	names := make([]string, 0, len(content))
	for name := range content {
		names = append(names, name)
	}
	return strings.Join(names, " or ")
}

func (e *enforcer) tooLarge() *Problem {
	return &Problem{
		Status: http.StatusRequestEntityTooLarge,
		Detail: "The request body is longer than " + strconv.FormatInt(e.maxBody, 10) + " bytes.",
	}
}

// readBody reads within the limit and refuses what JSON parsers read in
// different ways. The body of an operation that takes none is left alone.
func (e *enforcer) readBody(w http.ResponseWriter, r *http.Request, op *endpoint) ([]byte, error) {
	if op.body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, e.maxBody))
	if err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return nil, e.tooLarge()
		}
		return nil, &Problem{Status: http.StatusBadRequest, Detail: "The request body could not be read."}
	}
	if !strictJSON(body) {
		return nil, violation("", "json")
	}
	return body, nil
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
func validate(r *http.Request, op *endpoint, params map[string]string, body []byte) error {
	if op.body != nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
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
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
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
