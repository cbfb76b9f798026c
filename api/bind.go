package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Bound is a generated server with an implementation in it: a document and a
// handler for each of its operations. [Bind] makes it.
type Bound struct {
	document func() ([]byte, error)
	handlers func(*problemWriter) (patterns, error)
}

// errorHook is what the generated code calls when it cannot go on.
type errorHook = func(w http.ResponseWriter, r *http.Request, err error)

// Bind ties an implementation to what oapi-codegen's std-http-server and
// strict-server made of a document, and to the document: its file, embedded, in
// YAML or JSON. (The GetSpecJSON that embedded-spec makes fits too, but has lost
// the order of the file.) The other three names are those of any package it
// generated:
//
//	api.Bind(gen.Document, gen.NewStrictHandlerWithOptions, gen.HandlerWithOptions, gen.StrictServerInterface(server))
//
// The type parameters, all inferred, are the generated package's own types.
// Through them every error hook is set here: the generated defaults print
// internal errors to the client.
func Bind[
	Server, Wrapped, Mux any,
	Operation ~func(context.Context, http.ResponseWriter, *http.Request, any) (any, error),
	Around ~func(Operation, string) Operation,
	Middleware ~func(http.Handler) http.Handler,
	StrictOptions ~struct{ RequestErrorHandlerFunc, ResponseErrorHandlerFunc errorHook },
	Options ~struct {
		BaseURL          string
		BaseRouter       Mux
		Middlewares      []Middleware
		ErrorHandlerFunc errorHook
	},
](
	document func() ([]byte, error),
	strict func(Server, []Around, StrictOptions) Wrapped,
	handler func(Wrapped, Options) http.Handler,
	server Server,
) Bound {
	return Bound{document: document, handlers: func(errs *problemWriter) (patterns, error) {
		collected := make(patterns)
		mux, ok := any(collected).(Mux)
		if !ok {
			return nil, errors.New("the generated ServeMux is not std-http-server's")
		}
		wrapped := strict(server, []Around{refuseNil[Operation]}, StrictOptions{
			RequestErrorHandlerFunc:  errs.bindError,
			ResponseErrorHandlerFunc: errs.responseError,
		})
		handler(wrapped, Options{BaseRouter: mux, ErrorHandlerFunc: errs.bindError})
		return collected, nil
	}}
}

// patterns collects the generated handlers by pattern ("POST /auth") in place
// of a second router: a path that this package's router and a mux would read
// differently can then never exist. It is a mux that only remembers.
type patterns map[string]http.HandlerFunc

func (p patterns) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	p[pattern] = handler
}

func (p patterns) ServeHTTP(http.ResponseWriter, *http.Request) {
	panic("api: the generated mux is never served")
}

// refuseNil turns a nil response, which the generated code would answer as an
// empty 200, into an error.
func refuseNil[Operation ~func(context.Context, http.ResponseWriter, *http.Request, any) (any, error)](
	next Operation, operationID string,
) Operation {
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, request any) (any, error) {
		response, err := next(ctx, w, r, request)
		if err == nil && response == nil {
			return nil, fmt.Errorf("operation %s returned neither a response nor an error", operationID)
		}
		return response, err
	}
}
