package api

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/restauth/restauth/api/document"
)

// authors are the operation's names for the members of a body that clients call
// otherwise, by the clients' names; nil where all are the same.
func authors(schema *openapi3.SchemaRef, dialect document.Dialect) map[string]string {
	if schema == nil {
		return nil
	}
	m, named := dialect.MembersOf(schema.Ref)
	if !named || len(m.Renames) == 0 {
		return nil
	}
	names := make(map[string]string, len(m.Renames))
	for _, r := range m.Renames {
		names[r.To] = r.From
	}
	return names
}

// respelling puts the operation's names in the place of the clients' while a body is
// scanned for other reasons.
type respelling struct {
	body   []byte
	author map[string]string
	out    []byte
	copied int64 // of body, up to here
}

// see is told of each member's name, in order. A body's own members alone are called
// otherwise.
func (s *respelling) see(name memberName) {
	author, renamed := s.author[name.text]
	if !renamed || name.depth != 1 {
		return
	}
	begin := name.after + int64(bytes.IndexByte(s.body[name.after:name.end], '"'))
	s.out = append(s.out, s.body[s.copied:begin]...)
	s.out = strconv.AppendQuote(s.out, author) // letters, digits and _ . - alone
	s.copied = name.end
}

// respelt is the body in the operation's names.
func (s *respelling) respelt() []byte {
	if s.copied == 0 {
		return s.body
	}
	return append(s.out, s.body[s.copied:]...)
}

// translated are the statuses whose bodies have members that clients call otherwise.
type translated map[int]answerNames

type answerNames struct {
	client map[string]string // by the operation's names
	only   []string          // members that are sent, by the operation's names; all where it is empty
}

// newTranslated reads which of an operation's answers are in a dialect, nil for none.
func newTranslated(operation *openapi3.Operation, dialect document.Dialect) (translated, error) {
	if len(dialect.Schemas) == 0 {
		return nil, nil
	}
	var all translated
	for status, response := range operation.Responses.Map() {
		for media, content := range response.Value.Content {
			if content.Schema == nil {
				continue
			}
			m, named := dialect.MembersOf(content.Schema.Ref)
			if !named || len(m.Renames)+len(m.Only) == 0 {
				continue
			}
			code, err := strconv.Atoi(status)
			if err != nil || len(response.Value.Content) != 1 {
				return nil, fmt.Errorf("%s/content/%s: the schema %s can be in a dialect only where one status has it, and nothing else", status, escapePointer(media), m.Schema)
			}
			names := answerNames{client: make(map[string]string, len(m.Renames)), only: m.Only}
			for _, r := range m.Renames {
				names.client[r.From] = r.To
			}
			if all == nil {
				all = make(translated)
			}
			all[code] = names
		}
	}
	return all, nil
}

// respelt lets an operation answer in its own names, and sends that in the clients'.
func (e *enforcer) respelt(w http.ResponseWriter, r *http.Request, op *endpoint) {
	held := &heldAnswer{ResponseWriter: w}
	op.handler(held, r)
	names, respell := op.answers[held.code]
	if !respell {
		held.send(held.body.Bytes())
		return
	}
	body, err := names.respell(held.body.Bytes())
	if err != nil {
		e.errors.write(w, r, fmt.Errorf("put an answer into the dialect: %w", err))
		return
	}
	w.Header().Del("Content-Length")
	held.send(body)
}

var errNoObject = errors.New("the answer is no JSON object")

// respell writes an object's own members under the clients' names, those that are to be
// sent.
func (n answerNames) respell(body []byte) ([]byte, error) {
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '{' {
		return nil, errNoObject
	}
	out := append(make([]byte, 0, len(body)+64), '{')
	for decoder.PeekKind() == '"' {
		token, err := decoder.ReadToken()
		if err != nil {
			return nil, errNoObject
		}
		name := token.String()
		value, err := decoder.ReadValue()
		if err != nil {
			return nil, errNoObject
		}
		if len(n.only) > 0 && !slices.Contains(n.only, name) {
			continue
		}
		if client, renamed := n.client[name]; renamed {
			name = client
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		if out, err = jsontext.AppendQuote(out, name); err != nil {
			return nil, errNoObject
		}
		out = append(append(out, ':'), value...)
	}
	if token, err := decoder.ReadToken(); err != nil || token.Kind() != '}' {
		return nil, errNoObject
	}
	return append(out, '}', '\n'), nil
}

// heldAnswer keeps an answer back until it is whole.
type heldAnswer struct {
	http.ResponseWriter
	code int
	body bytes.Buffer
}

func (h *heldAnswer) WriteHeader(code int) {
	if h.code == 0 {
		h.code = code
	}
}

func (h *heldAnswer) Write(p []byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return h.body.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (h *heldAnswer) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h *heldAnswer) wrote() bool { return h.code != 0 }

func (h *heldAnswer) send(body []byte) {
	if h.code == 0 {
		return // net/http answers 200 with nothing, as it would have.
	}
	h.ResponseWriter.WriteHeader(h.code)
	_, _ = h.ResponseWriter.Write(body) // The client is gone if this fails.
}
