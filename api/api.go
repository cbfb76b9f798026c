// Package api makes any generated server obey the OpenAPI document it was
// generated from. It knows how a contract is enforced and nothing of what the
// operations do: no product rule, no SQL.
//
// One request goes through it in this order, and the first step that objects
// answers with a problem (RFC 9457):
//
//	request id, panics, one log line        everything
//	path known?                             404
//	method known?                           405 with Allow
//	declared length within the limit?       413
//	media type of the body declared?        415
//	caller authenticated?                   401, 400 for a second Authorization
//	caller has the scopes?                  403
//	body within the limit?                  413
//	body strict JSON, or a strict form?     400
//	parameters and body match the schema?   400
//	generated handler                       what the operation answers
//
// A caller who is not authenticated so never learns whether the rest of a
// request was right, and a body is never read for one.
package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/restauth/restauth/api/docs"
	"github.com/restauth/restauth/api/document"
	"github.com/restauth/restauth/api/reqctx"
)

// DefaultMaxBodyBytes bounds a request body unless Config says otherwise.
const DefaultMaxBodyBytes = 16 << 10

// Config is what New needs.
type Config struct {
	// Server is the document and its implementation.
	Server Bound
	// Schemes answer for the security schemes that the document's operations
	// name, by that name.
	Schemes map[string]Scheme
	// Logger receives every unexpected fault, with the id of the request, which
	// New sees to ([reqctx.LogHandler]).
	Logger *slog.Logger
	// AccessLog is called once for each request, at its end, and must not keep
	// what it is given. Nil writes a line of Logger; see [Access.AppendJSON]
	// for a faster one.
	AccessLog func(context.Context, *Access)
	// Observe, if not nil, is asked once for each operation by whom its answers are
	// to be counted, and once more, with nothing, for all that are none's. Whoever it
	// returns is called at the end of each request, and must not keep what it is given.
	Observe func(operation, method, route string) func(*Access)
	// Probes are the operationIds of operations that a supervisor asks for every
	// few seconds. Their answers are logged at debug unless they are errors.
	Probes []string
	// MaxBodyBytes bounds request bodies, DefaultMaxBodyBytes when 0.
	MaxBodyBytes int64
	// Docs serves Swagger UI at /docs, and sends browsers there from /. The
	// contract at /openapi.json and /openapi.yaml is served either way, and / names
	// all of these to programs, unless the document has an operation of its own
	// there.
	Docs bool
	// PublicURL is where clients reach this server: http or https, a host,
	// perhaps a port and a path. The contract that is served names it, so that a
	// client made from it has an address. Empty leaves what the document says.
	// It is never read from a request: a Host header is the client's own word.
	PublicURL string
	// Dialect is what clients call otherwise than the document. What is served and
	// enforced is the document in it; operations are told, and answer, in the author's
	// names. The zero one changes nothing and costs nothing.
	Dialect document.Dialect
	// AuthorizationPrefix is a scheme that a token may follow beside Bearer and JWT
	// (RFC 9110, section 11.1), "" for none.
	AuthorizationPrefix string
	// Realm is what challenges name, [problem.Realm]'s where it is "".
	Realm string
	// CORSOrigins may read answers from a browser: exact origins, or "*".
	// None by default.
	CORSOrigins []string
	// TrustedProxies are networks, such as 10.0.0.0/8, whose X-Forwarded-For is
	// believed. None by default.
	TrustedProxies []string
	// Rand feeds request ids, crypto/rand when nil.
	Rand io.Reader
}

// New returns the handler that enforces the document of cfg.Server on it. It fails
// when the document asks for something this package does not enforce, so that
// nothing is served unguarded.
func New(cfg Config) (http.Handler, error) {
	if cfg.Server.document == nil || cfg.Logger == nil {
		return nil, errors.New("api: Server and Logger are required")
	}
	if cfg.MaxBodyBytes <= 0 {
		cfg.MaxBodyBytes = DefaultMaxBodyBytes
	}
	cfg.Logger = slog.New(reqctx.LogHandler(cfg.Logger.Handler()))
	if cfg.AccessLog == nil {
		cfg.AccessLog = logAccess(cfg.Logger)
	}
	doc, err := readDocument(cfg.Server.document, cfg.Dialect)
	if err != nil {
		return nil, err
	}
	spec, err := loadDocument(doc)
	if err != nil {
		return nil, err
	}
	if err := declaresProblem(spec); err != nil {
		return nil, err
	}
	contract, err := newContract(doc, cfg.PublicURL, cfg.Docs)
	if err != nil {
		return nil, err
	}
	errs, err := newProblemWriter(cfg.Logger, cfg.Realm)
	if err != nil {
		return nil, err
	}
	cors, err := newCORS(cfg.CORSOrigins)
	if err != nil {
		return nil, err
	}
	handlers, err := cfg.Server.handlers(errs)
	if err != nil {
		return nil, err
	}
	routes, err := newRouter(spec, handlers, routing{cfg.Schemes, cfg.Dialect.Effective(), cfg.AuthorizationPrefix})
	if err != nil {
		return nil, err
	}
	if err := routes.markProbes(cfg.Probes); err != nil {
		return nil, err
	}
	outside := routes.observed(cfg.Observe)
	trusted, err := newProxies(cfg.TrustedProxies)
	if err != nil {
		return nil, err
	}
	enforced := &enforcer{
		routes:   routes,
		contract: contract,
		cors:     cors,
		errors:   errs,
		maxBody:  cfg.MaxBodyBytes,
	}
	return &recorder{
		next: enforced, errors: errs, logger: cfg.Logger, access: cfg.AccessLog, outside: outside, rand: cfg.Rand, proxies: trusted,
		nosniff: []string{"nosniff"}, noStore: []string{"no-store"},
	}, nil
}

// CheckPublicURL says what is wrong with an address that [Config.PublicURL]
// could not be, and does not quote it.
func CheckPublicURL(address string) error {
	_, err := document.Address(address)
	return err
}

// Served returns the document as New serves it, as YAML and as JSON.
func Served(embedded func() ([]byte, error), dialect document.Dialect, publicURL string) (asYAML, asJSON []byte, err error) {
	doc, err := readDocument(embedded, dialect)
	if err != nil {
		return nil, nil, err
	}
	return written(doc, publicURL)
}

// CheckDialect says whether a document can be put into a dialect: see
// [document.DialectError].
func CheckDialect(embedded func() ([]byte, error), dialect document.Dialect) error {
	_, err := readDocument(embedded, dialect)
	return err
}

// readDocument reads the one document that is enforced and served. Whatever
// makes another of it has its place here, so that both stay the same.
func readDocument(embedded func() ([]byte, error), dialect document.Dialect) (*document.Document, error) {
	raw, err := embedded()
	if err != nil {
		return nil, fmt.Errorf("read the embedded OpenAPI document: %w", err)
	}
	doc, err := document.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("read the embedded OpenAPI document: %w", err)
	}
	for _, path := range dialect.Effective().Paths {
		if path.To == docs.Root || path.To == "/docs" || strings.HasPrefix(path.To, "/docs/") || slices.Contains(docs.Paths(), path.To) {
			return nil, &document.DialectError{From: path.From, Why: "is where the document itself or its pages are"}
		}
	}
	if doc, err = doc.In(dialect); err != nil {
		return nil, fmt.Errorf("put the OpenAPI document into a dialect: %w", err)
	}
	return doc, nil
}

// LoadDocument reads an embedded document, YAML or JSON, made ready for routing:
// without servers, which the validator would match against Host.
func LoadDocument(embedded func() ([]byte, error)) (*openapi3.T, error) {
	doc, err := readDocument(embedded, document.Dialect{})
	if err != nil {
		return nil, err
	}
	return loadDocument(doc)
}

func loadDocument(doc *document.Document) (*openapi3.T, error) {
	raw, err := doc.JSON()
	if err != nil {
		return nil, fmt.Errorf("load the embedded OpenAPI document: %w", err)
	}
	if err := checkKeywords(raw); err != nil {
		return nil, fmt.Errorf("the OpenAPI document asks for what is not enforced: %w", err)
	}
	spec, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, fmt.Errorf("load the embedded OpenAPI document: %w", err)
	}
	spec.Servers = nil
	return spec, nil
}
