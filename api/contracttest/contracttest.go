// Package contracttest holds every answer of a server to its contract while
// tests use it: an undeclared status, a missing header or a body of another
// shape fails the test that caused it, and an operation that no test drove both
// to a success and to a failure is named.
package contracttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"github.com/restauth/restauth/api"
)

// Transport is an http.RoundTripper that validates what it carries.
type Transport struct {
	t      testing.TB
	next   http.RoundTripper
	spec   *openapi3.T
	router routers.Router

	mu       sync.Mutex
	answered map[string]map[int]int // operationId → status → count
}

// New returns a Transport that knows a document, the one given to api.Bind, over
// http.DefaultTransport's settings with connections of its own, closed when the
// test ends.
func New(t testing.TB, document func() ([]byte, error)) *Transport {
	t.Helper()
	spec, err := api.LoadDocument(document)
	if err != nil {
		t.Fatal(err)
	}
	router, err := legacy.NewRouter(spec)
	if err != nil {
		t.Fatal(err)
	}
	base := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(base.CloseIdleConnections)
	return &Transport{t: t, next: base, spec: spec, router: router, answered: make(map[string]map[int]int)}
}

// RoundTrip sends the request and validates the answer.
func (v *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := v.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err := v.validate(r, resp, body); err != nil {
		v.t.Errorf("%s %s answered against the contract: %v", r.Method, r.URL.Path, err)
	}
	return resp, nil
}

// validate holds one answer to its operation, or to the shared Problem where
// no operation was reached.
func (v *Transport) validate(r *http.Request, resp *http.Response, body []byte) error {
	if r.URL.Path == "/docs" || strings.HasPrefix(r.URL.Path, "/docs/") || strings.HasPrefix(r.URL.Path, "/openapi.") {
		return nil
	}
	lookup := r.Clone(r.Context())
	lookup.URL.Host, lookup.URL.Scheme, lookup.Host = "", "", ""
	if lookup.Method == http.MethodHead {
		lookup.Method = http.MethodGet
	}
	route, params, err := v.router.FindRoute(lookup)
	if err != nil || !declares(route.Operation, resp.StatusCode) && notFound(resp.StatusCode) {
		return v.unrouted(resp, body)
	}
	// A default answer takes every status; those of an operation are to be named.
	if !declares(route.Operation, resp.StatusCode) {
		return fmt.Errorf("status %d is not one that operation %s names", resp.StatusCode, route.Operation.OperationID)
	}
	v.count(route.Operation.OperationID, resp.StatusCode)
	if r.Method == http.MethodHead {
		return nil
	}
	return openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: lookup, Route: route, PathParams: params},
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, MultiError: true},
	})
}

// notFound is what is answered where no operation was reached.
func notFound(status int) bool {
	return status == http.StatusNotFound || status == http.StatusMethodNotAllowed
}

// declares reports whether the operation itself answers with the status.
func declares(operation *openapi3.Operation, status int) bool {
	return operation.Responses.Value(strconv.Itoa(status)) != nil
}

// unrouted answers are 404 and 405 with the shared Problem.
func (v *Transport) unrouted(resp *http.Response, body []byte) error {
	if !notFound(resp.StatusCode) {
		return fmt.Errorf("status %d outside the contract", resp.StatusCode)
	}
	if resp.StatusCode == http.StatusMethodNotAllowed && resp.Header.Get("Allow") == "" {
		return errors.New("405 without Allow")
	}
	if len(body) == 0 && resp.Request.Method == http.MethodHead {
		return nil
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return err
	}
	return v.spec.Components.Schemas["Problem"].Value.VisitJSON(value)
}

func (v *Transport) count(operation string, status int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.answered[operation] == nil {
		v.answered[operation] = make(map[int]int)
	}
	v.answered[operation][status]++
}

// MissingCases lists the operations of the contract that were not seen both
// to succeed and, unless they cannot, to fail.
func (v *Transport) MissingCases(cannotFail ...string) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	exempt := make(map[string]bool)
	for _, id := range cannotFail {
		exempt[id] = true
	}
	var missing []string
	for _, item := range v.spec.Paths.Map() {
		for _, op := range item.Operations() {
			succeeded, failed := false, exempt[op.OperationID]
			for status := range v.answered[op.OperationID] {
				succeeded = succeeded || status < 400
				failed = failed || status >= 400
			}
			if !succeeded || !failed {
				missing = append(missing, "no case for operation "+op.OperationID)
			}
		}
	}
	return missing
}
