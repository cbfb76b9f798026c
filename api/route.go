package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/restauth/restauth/api/document"
	"github.com/restauth/restauth/api/problem"
)

// endpoint is one operation of the contract, with all that is decided about it
// before the first request.
type endpoint struct {
	route   *routers.Route
	handler http.HandlerFunc
	guard   *guard       // who is let in, nil for everybody
	body    *requestBody // nil when it takes none
	params  parameters
	answers translated      // in other names than the operation's; nil for none
	known   map[string]bool // member names that may be named in a violation
	free    bool            // neither body nor parameters: nothing to validate
	probe   bool            // one of Config.Probes
	counts  func(*Access)   // told of its answers, nil for nobody
}

// pathRoutes is one path of the contract.
type pathRoutes struct {
	template string
	segments []string // "{name}" for a parameter
	methods  map[string]*endpoint
	allow    string
}

// router finds operations by path. Paths are compared segment by segment after
// percent-decoding, so %2F never separates; nothing is cleaned, redirected or
// completed: //auth and /auth/ are unknown.
type router struct {
	static    map[string]*pathRoutes
	templated []*pathRoutes
}

// routing is what operations are paired with their handlers by.
type routing struct {
	schemes map[string]Scheme
	dialect document.Dialect // that the document is in, and the handlers are not
	prefix  string           // a scheme that tokens may follow beside the usual ones
}

// newRouter pairs every operation of spec with its generated handler and fails
// when one side has what the other lacks.
func newRouter(spec *openapi3.T, handlers map[string]http.HandlerFunc, with routing) (*router, error) {
	r := &router{static: make(map[string]*pathRoutes)}
	if with.prefix != "" && !problem.ValidScheme(with.prefix) {
		return nil, errors.New("AuthorizationPrefix is no scheme of RFC 9110, section 11.1")
	}
	handlers = with.called(handlers)
	served := 0
	for path, item := range spec.Paths.Map() {
		p := &pathRoutes{template: path, segments: strings.Split(path[1:], "/"), methods: make(map[string]*endpoint)}
		for method, operation := range item.Operations() {
			handler, ok := handlers[method+" "+path]
			if !ok {
				return nil, fmt.Errorf("operation %s %s has no generated handler: run make generate", method, path)
			}
			e, err := newEndpoint(spec, &routers.Route{Spec: spec, Path: path, PathItem: item, Method: method, Operation: operation}, handler, with)
			if err != nil {
				return nil, fmt.Errorf("#/paths/%s/%s/%w", escapePointer(path), strings.ToLower(method), err)
			}
			p.methods[method] = e
			served++
		}
		p.finish()
		if strings.Contains(path, "{") {
			r.templated = append(r.templated, p)
		} else {
			r.static[path] = p
		}
	}
	if served != len(handlers) {
		return nil, fmt.Errorf("%d generated handlers for %d operations: run make generate", len(handlers), served)
	}
	return r, order(r.templated)
}

// called has the handlers by the patterns of the document's dialect.
func (with routing) called(handlers map[string]http.HandlerFunc) map[string]http.HandlerFunc {
	if len(with.dialect.Paths) == 0 {
		return handlers
	}
	called := make(map[string]http.HandlerFunc, len(handlers))
	for pattern, handler := range handlers {
		method, path, _ := strings.Cut(pattern, " ")
		called[method+" "+with.dialect.Called(path)] = handler
	}
	return called
}

func newEndpoint(spec *openapi3.T, route *routers.Route, handler http.HandlerFunc, with routing) (*endpoint, error) {
	guard, err := newGuard(spec, route.Operation, with.schemes)
	if err != nil {
		return nil, err
	}
	if guard != nil {
		guard.prefix = with.prefix
	}
	e := &endpoint{
		route: route, handler: handler, guard: guard,
		params: newParameters(route.Operation.Parameters, route.PathItem.Parameters),
	}
	if body := route.Operation.RequestBody; body != nil {
		e.known = make(map[string]bool)
		if e.body, err = newRequestBody(body.Value, e.known, with.dialect); err != nil {
			return nil, fmt.Errorf("requestBody/content/%w", err)
		}
	}
	if e.answers, err = newTranslated(route.Operation, with.dialect); err != nil {
		return nil, fmt.Errorf("responses/%w", err)
	}
	e.free = e.body == nil && len(route.Operation.Parameters) == 0 && len(route.PathItem.Parameters) == 0
	return e, nil
}

// finish serves HEAD wherever GET is (RFC 9110, section 9.3.2) and writes Allow.
func (p *pathRoutes) finish() {
	if get, ok := p.methods[http.MethodGet]; ok && p.methods[http.MethodHead] == nil {
		p.methods[http.MethodHead] = get
	}
	names := make([]string, 0, len(p.methods))
	for name := range p.methods {
		names = append(names, name)
	}
	slices.Sort(names)
	p.allow = strings.Join(names, ", ")
}

// exact returns the routes of a path without parameters or escapes: the usual
// case. Nil says nothing.
func (r *router) exact(u *url.URL) *pathRoutes {
	if u.RawPath != "" {
		return nil
	}
	return r.static[u.Path]
}

// find returns the path's routes and its parameters, nil when it is unknown.
func (r *router) find(u *url.URL) (*pathRoutes, map[string]string) {
	if p := r.exact(u); p != nil {
		return p, nil
	}
	if u.RawPath == "" && len(r.templated) == 0 {
		return nil, nil
	}
	segments, ok := decodedSegments(u.EscapedPath())
	if !ok {
		return nil, nil
	}
	for _, p := range r.static {
		if slices.Equal(p.segments, segments) {
			return p, nil
		}
	}
	for _, p := range r.templated {
		if params, ok := p.match(segments); ok {
			return p, params
		}
	}
	return nil, nil
}

func (p *pathRoutes) match(segments []string) (map[string]string, bool) {
	if len(segments) != len(p.segments) {
		return nil, false
	}
	params := make(map[string]string)
	for i, want := range p.segments {
		if isParameter(want) {
			if segments[i] == "" {
				return nil, false
			}
			params[want[1:len(want)-1]] = segments[i]
		} else if want != segments[i] {
			return nil, false
		}
	}
	return params, true
}

// decodedSegments splits at literal slashes, then decodes. The bound keeps a
// path of a million slashes from costing anything.
func decodedSegments(path string) ([]string, bool) {
	if len(path) > 2048 || !strings.HasPrefix(path, "/") {
		return nil, false
	}
	segments := strings.Split(path[1:], "/")
	for i, s := range segments {
		decoded, err := url.PathUnescape(s)
		if err != nil {
			return nil, false
		}
		segments[i] = decoded
	}
	return segments, true
}

// observed has each operation's answers counted, and returns who counts the rest.
func (r *router) observed(by func(operation, method, route string) func(*Access)) func(*Access) {
	if by == nil {
		return nil
	}
	for _, p := range append(slices.Collect(maps.Values(r.static)), r.templated...) {
		for method, e := range p.methods {
			if method == e.route.Method { // GET answers HEAD too
				e.counts = by(e.route.Operation.OperationID, method, p.template)
			}
		}
	}
	return by("", "", "")
}

// markProbes finds the operations by their ids and fails when one is unknown.
func (r *router) markProbes(ids []string) error {
	for _, id := range ids {
		found := false
		for _, p := range append(slices.Collect(maps.Values(r.static)), r.templated...) {
			for _, e := range p.methods {
				if e.route.Operation.OperationID == id {
					e.probe, found = true, true
				}
			}
		}
		if !found {
			return fmt.Errorf("the document has no operation %s, which Config.Probes names", id)
		}
	}
	return nil
}
