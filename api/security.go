package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/restauth/restauth/api/problem"
)

// Authenticate decides whether a token is good. It returns the context the
// operation runs with, which is how it hands the caller on. A *Problem returned
// as the error is sent as it is, and so is a refusal of the Go client's guard; any
// other error is logged and becomes an opaque 500.
type Authenticate func(ctx context.Context, token string) (context.Context, error)

// Scheme answers for one security scheme of a document: for `http` with `bearer`,
// `oauth2` or `openIdConnect`, all of which bring a token in the Authorization
// header (RFC 6750).
type Scheme struct {
	// Authenticate decides whether a token is good.
	Authenticate Authenticate
	// Allows reports whether the caller whom Authenticate put into ctx has a
	// scope. Each scope that an operation names is asked for, and the first that
	// is missing is 403 with insufficient_scope (RFC 6750, section 3.1). Without
	// it a document that names scopes is refused.
	Allows func(ctx context.Context, scope string) bool
}

// guard lets callers of one operation in.
type guard struct {
	scheme Scheme
	scopes []string // all of them
	prefix string   // a scheme that a token may follow beside the usual ones, "" for none
}

// admit returns the context with the caller in it.
func (g *guard) admit(ctx context.Context, r *http.Request) (context.Context, error) {
	token, err := problem.BearerToken(r, g.prefix)
	if err != nil {
		return nil, err
	}
	ctx, err = g.scheme.Authenticate(ctx, token)
	if err != nil {
		return nil, err
	}
	for _, scope := range g.scopes {
		if !g.scheme.Allows(ctx, scope) {
			return nil, problem.InsufficientScope(g.scopes)
		}
	}
	return ctx, nil
}

// tokenScheme is the scheme of a header in which [problem.BearerToken] found a token:
// Bearer, or what clients of Flask-JWT send.
func (g *guard) tokenScheme(r *http.Request) TokenScheme {
	sent := strings.TrimLeft(r.Header["Authorization"][0], " \t")
	if g.prefix != "" {
		if scheme := sent[:strings.IndexAny(sent, " \t")]; !strings.EqualFold(scheme, "Bearer") {
			return SchemeJWT
		}
		return SchemeBearer
	}
	if sent[0] == 'J' || sent[0] == 'j' {
		return SchemeJWT
	}
	return SchemeBearer
}

// newGuard reads what an operation's security says, nil where it says nobody is
// kept out. What this package cannot enforce is an error at the start, never an
// open door.
func newGuard(spec *openapi3.T, operation *openapi3.Operation, schemes map[string]Scheme) (*guard, error) {
	if operation.Security == nil {
		return nil, errors.New("security: must be stated, `security: []` where none is needed")
	}
	switch len(*operation.Security) {
	case 0:
		return nil, nil
	case 1:
	default:
		return nil, errors.New("security: alternatives are not enforced")
	}
	requirement := (*operation.Security)[0]
	if len(requirement) != 1 {
		return nil, errors.New("security/0: a requirement must name exactly one scheme")
	}
	for name, scopes := range requirement {
		scheme, err := answers(spec, name, schemes)
		if err != nil {
			return nil, fmt.Errorf("security/0/%s: %w", escapePointer(name), err)
		}
		if len(scopes) > 0 && scheme.Allows == nil {
			return nil, fmt.Errorf("security/0/%s: nobody here can tell whether a caller has the scope %q", escapePointer(name), scopes[0])
		}
		if slices.ContainsFunc(scopes, notScope) {
			return nil, fmt.Errorf("security/0/%s: a scope has characters that RFC 6749, section 3.3 does not allow", escapePointer(name))
		}
		return &guard{scheme: scheme, scopes: scopes}, nil
	}
	panic("unreachable: a requirement names one scheme")
}

// answers finds who answers for a scheme of the document.
func answers(spec *openapi3.T, name string, schemes map[string]Scheme) (Scheme, error) {
	var declared *openapi3.SecurityScheme
	if spec.Components != nil {
		if ref := spec.Components.SecuritySchemes[name]; ref != nil {
			declared = ref.Value
		}
	}
	switch {
	case declared == nil:
		return Scheme{}, errors.New("the document declares no such scheme")
	case declared.Type == "oauth2", declared.Type == "openIdConnect":
	case declared.Type == "http" && strings.EqualFold(declared.Scheme, "bearer"):
	default:
		return Scheme{}, errors.New("a scheme of this type is not enforced; http with bearer, oauth2 and openIdConnect are")
	}
	scheme, ok := schemes[name]
	if !ok || scheme.Authenticate == nil {
		return Scheme{}, errors.New("nobody here answers for this scheme (api.Config.Schemes)")
	}
	return scheme, nil
}

// notScope reports what is no scope-token of RFC 6749, section 3.3.
func notScope(scope string) bool {
	return scope == "" || strings.ContainsFunc(scope, func(r rune) bool {
		return r < '!' || r > '~' || r == '"' || r == '\\'
	})
}
