package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/restauth/restauth/api/document"
)

// bodyKind is how a body of some media type is read.
type bodyKind int

const (
	unknownBody bodyKind = iota
	jsonBody
	formBody
)

// kindOf tells how bodies of a media type are read, as the document names it.
func kindOf(mediaType string) bodyKind {
	switch {
	case mediaType == "application/json":
		return jsonBody
	case strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json"):
		return jsonBody
	case mediaType == "application/x-www-form-urlencoded":
		return formBody
	}
	return unknownBody
}

// requestBody is what an operation takes as its body.
type requestBody struct {
	content  map[string]mediaBody
	types    string // the media types, for people
	required bool
}

// mediaBody is a body of one media type.
type mediaBody struct {
	kind  bodyKind
	names map[string]bool // of the members, at any depth
	folds map[string]bool // the same as foldName has them
	// author is what the operation calls the body's own members, where that differs.
	author map[string]string
}

// newRequestBody notes in known the names of all members.
func newRequestBody(body *openapi3.RequestBody, known map[string]bool, dialect document.Dialect) (*requestBody, error) {
	b := &requestBody{content: make(map[string]mediaBody), required: body.Required}
	var types []string
	for name, media := range body.Content {
		m := mediaBody{kind: kindOf(name), names: make(map[string]bool), folds: make(map[string]bool)}
		memberNames(media.Schema, m.names, make(map[*openapi3.Schema]bool))
		for _, member := range slices.Sorted(maps.Keys(m.names)) {
			known[member] = true
			if fold := foldName(member); !m.folds[fold] {
				m.folds[fold] = true
				continue
			}
			return nil, fmt.Errorf("%s: the member %s differs from another in case alone, and would be bound in its place; rename one", escapePointer(name), member)
		}
		m.author = authors(media.Schema, dialect)
		b.content[name] = m
		types = append(types, name)
	}
	slices.Sort(types)
	b.types = strings.Join(types, " or ")
	return b, nil
}

// memberNames collects the names of properties wherever a schema may have them:
// the only names of members that a problem may repeat, since a client can put
// anything, a password too, where a name belongs.
func memberNames(ref *openapi3.SchemaRef, into map[string]bool, seen map[*openapi3.Schema]bool) {
	if ref == nil || ref.Value == nil || seen[ref.Value] {
		return
	}
	schema := ref.Value
	seen[schema] = true
	for name, property := range schema.Properties {
		into[name] = true
		memberNames(property, into, seen)
	}
	for _, parts := range []openapi3.SchemaRefs{schema.AllOf, schema.OneOf, schema.AnyOf, {schema.Not, schema.Items, schema.AdditionalProperties.Schema}} {
		for _, part := range parts {
			memberNames(part, into, seen)
		}
	}
}

// absent reports that a request has no body, which an operation may allow.
func absent(r *http.Request) bool { return r.ContentLength == 0 && len(r.TransferEncoding) == 0 }

// acceptable finds the declared media type that a body is of (RFC 9110, 8.3, 8.4).
func (b *requestBody) acceptable(r *http.Request) (mediaBody, error) {
	refused := &Problem{
		Status: http.StatusUnsupportedMediaType,
		Detail: "Send the body with Content-Type: " + b.types + ".",
	}
	types := r.Header.Values("Content-Type")
	if len(types) != 1 || len(r.Header.Values("Content-Encoding")) > 0 {
		return mediaBody{}, refused
	}
	mediaType, params, err := mime.ParseMediaType(types[0])
	media, known := b.content[mediaType]
	if err != nil || !known {
		return mediaBody{}, refused
	}
	for name, value := range params {
		if name == "charset" && !strings.EqualFold(value, "utf-8") {
			return mediaBody{}, refused
		}
	}
	return media, nil
}

func (e *enforcer) tooLarge() *Problem {
	return &Problem{
		Status: http.StatusRequestEntityTooLarge,
		Detail: "The request body is longer than " + strconv.FormatInt(e.maxBody, 10) + " bytes.",
	}
}

// readBody reads within the limit and refuses what parsers read in different
// ways. What the operation binds afterwards is what was looked at here: bound, which
// is the body but for names that the operation has others for.
func (e *enforcer) readBody(w http.ResponseWriter, r *http.Request, media mediaBody, required bool) (body, bound []byte, err error) {
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, e.maxBody))
	if err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return nil, nil, e.tooLarge()
		}
		return nil, nil, &Problem{Status: http.StatusBadRequest, Detail: "The request body could not be read."}
	}
	if len(body) == 0 && !required {
		return nil, nil, nil // Of chunks, of which only the end came.
	}
	if media.kind == formBody {
		return body, body, media.readForm(r, body)
	}
	bound, err = media.readJSON(body)
	return body, bound, err
}

// readJSON refuses what parsers read in different ways, and a name that the
// generated code would bind to a member which the validator does not take it for.
// It returns the body in the operation's names.
func (m mediaBody) readJSON(body []byte) ([]byte, error) {
	mistaken := false
	names := respelling{body: body, author: m.author}
	strict := scanJSON(body, func(name memberName) {
		if !m.names[name.text] && m.folds[foldName(name.text)] {
			mistaken = true
		}
		if m.author != nil {
			names.see(name)
		}
	})
	switch {
	case !strict:
		return nil, violation("", "json")
	case mistaken:
		return nil, violation("", "additionalProperties")
	}
	return names.respelt(), nil
}

// readForm holds a form to one value a name and to the names of the document, and
// leaves to the operation just what stands in the body: net/http would add what
// stands in the query.
func (m mediaBody) readForm(r *http.Request, body []byte) error {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return violation("", "form")
	}
	for name, given := range values {
		switch {
		case !m.names[name]:
			return violation("", "additionalProperties")
		case len(given) != 1, !utf8.ValidString(given[0]), strings.ContainsRune(given[0], 0):
			return violation("/"+escapePointer(name), "form")
		}
	}
	r.Form, r.PostForm = values, values
	return nil
}

// again gives the operation a body to read that was read before.
func again(r *http.Request, body []byte) {
	r.Body = io.NopCloser(bytes.NewReader(body))
}
