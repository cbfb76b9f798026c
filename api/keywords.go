package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// checkKeywords reads a document as it was written, without the servers, schemas
// and answers that ask nothing of a request, and refuses each keyword of its
// operations that this package does not enforce, by the place where it stands.
// OpenAPI's own loader would pass over what it does not know: a misspelt
// maxLength bounds nothing.
func checkKeywords(raw []byte) error {
	c := &keywordChecker{seen: make(map[string]bool)}
	if err := json.Unmarshal(raw, &c.document); err != nil {
		return fmt.Errorf("read the OpenAPI document: %w", err)
	}
	if version, _ := c.document["openapi"].(string); !strings.HasPrefix(version, "3.0.") {
		return fmt.Errorf("the document is of OpenAPI %.10q; this package enforces 3.0", version)
	}
	c.paths("#/paths", c.document["paths"], c.pathItem)
	return errors.Join(c.errs...)
}

// keywordChecker collects what is refused.
type keywordChecker struct {
	document map[string]any
	seen     map[string]bool // $refs that were followed: schemas may be recursive
	errs     []error
}

// rule is what is done with the value of one: nil where that asks nothing of
// a request, or is enforced whatever it is.
type rule func(place string, value any)

func (c *keywordChecker) refuse(place, why string) {
	c.errs = append(c.errs, fmt.Errorf("%s: %s", place, why))
}

// unenforced refuses a keyword whatever its value.
func (c *keywordChecker) unenforced(place string, _ any) { c.refuse(place, "is not enforced") }

// object holds an object to the keywords that it may have. A keyword that is not
// among them is refused, unless it is an extension.
func (c *keywordChecker) object(place string, value any, known map[string]rule) {
	members, ok := value.(map[string]any)
	if !ok {
		c.refuse(place, "is no object")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if strings.HasPrefix(name, "x-") {
			continue
		}
		check, ok := known[name]
		switch at := place + "/" + escapePointer(name); {
		case !ok:
			c.refuse(at, "is not enforced; leave it away, or see that it is no misspelling")
		case check != nil:
			check(at, members[name])
		}
	}
}

// each calls check for the members of an object whose names are of the author's
// choice, in order. None of them is an extension: a property may be called x-role.
func (c *keywordChecker) each(place string, value any, check rule) {
	members, _ := value.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		check(place+"/"+escapePointer(name), members[name])
	}
}

// paths calls check for each path, but for extensions, which stand among them.
func (c *keywordChecker) paths(place string, value any, check rule) {
	members, _ := value.(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !strings.HasPrefix(name, "x-") {
			check(place+"/"+escapePointer(name), members[name])
		}
	}
}

// list calls check for the elements of an array.
func (c *keywordChecker) list(check rule) rule {
	return func(place string, value any) {
		elements, _ := value.([]any)
		for i, element := range elements {
			check(fmt.Sprintf("%s/%d", place, i), element)
		}
	}
}

// follow resolves a reference within the document. It reports false where that
// place was looked at before.
func (c *keywordChecker) follow(place string, value any) (string, any, bool) {
	members, _ := value.(map[string]any)
	ref, is := members["$ref"].(string)
	if !is {
		return place, value, true
	}
	c.alone(place, members)
	if c.seen[ref] {
		return place, nil, false
	}
	c.seen[ref] = true
	var at any = c.document
	for _, name := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
		parent, _ := at.(map[string]any)
		at = parent[unescapePointer(name)]
	}
	if at == nil || !strings.HasPrefix(ref, "#/") {
		c.refuse(place+"/$ref", "leads to nothing in this document")
		return place, nil, false
	}
	return c.follow(ref, at)
}

// alone refuses what stands beside a $ref and would be passed over (OpenAPI 3.0.3,
// "Reference Object"), but for words about it.
func (c *keywordChecker) alone(place string, members map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains([]string{"$ref", "summary", "description"}, name) && !strings.HasPrefix(name, "x-") {
			c.refuse(place+"/"+escapePointer(name), "is not enforced beside $ref; put both into an allOf")
		}
	}
}

func (c *keywordChecker) pathItem(place string, value any) {
	c.object(place, value, map[string]rule{
		"summary": nil, "description": nil,
		"get": c.operation, "put": c.operation, "post": c.operation, "delete": c.operation,
		"options": c.operation, "head": c.operation, "patch": c.operation,
		"trace": func(place string, _ any) {
			c.refuse(place, "TRACE would send back what a proxy added (RFC 9110, section 9.3.8); it is never served")
		},
		"servers":    c.unenforced, // A request is not held to a host.
		"parameters": c.list(c.parameter),
	})
}

func (c *keywordChecker) operation(place string, value any) {
	c.object(place, value, map[string]rule{
		"tags": nil, "summary": nil, "description": nil, "externalDocs": nil, "operationId": nil, "deprecated": nil,
		"responses":   nil, // A promise of the server's; contracttest holds it to that.
		"security":    nil, // newGuard has it.
		"parameters":  c.list(c.parameter),
		"requestBody": c.requestBody,
		"callbacks":   c.unenforced,
		"servers":     c.unenforced,
	})
}

func (c *keywordChecker) parameter(place string, value any) {
	place, value, fresh := c.follow(place, value)
	if !fresh {
		return
	}
	members, _ := value.(map[string]any)
	in, _ := members["in"].(string)
	name, _ := members["name"].(string)
	style, explode := "simple", false
	switch in {
	case openapi3.ParameterInQuery:
		style, explode = "form", true
	case openapi3.ParameterInPath:
	case openapi3.ParameterInHeader:
		if slices.ContainsFunc([]string{"Accept", "Content-Type", "Authorization"}, func(s string) bool { return strings.EqualFold(s, name) }) {
			c.refuse(place, "OpenAPI has a parameter of this name ignored; state content or security instead")
		}
	default:
		c.refuse(place+"/in", "parameters are enforced in path, query and header only")
	}
	if members["schema"] == nil {
		c.refuse(place, "has no schema, so nothing would be enforced")
	}
	c.object(place, value, map[string]rule{
		"name": nil, "in": nil, "description": nil, "required": nil, "deprecated": nil, "example": nil, "examples": nil,
		"style":           c.only(style),
		"explode":         c.only(explode),
		"allowEmptyValue": c.only(false),
		"allowReserved":   c.only(false),
		"content":         c.unenforced,
		"schema":          c.flat(in == openapi3.ParameterInQuery),
	})
}

// only refuses every value but the one that is enforced.
func (c *keywordChecker) only(enforced any) rule {
	return func(place string, value any) {
		if value != enforced {
			c.refuse(place, fmt.Sprintf("only %v is enforced here", enforced))
		}
	}
}

func (c *keywordChecker) requestBody(place string, value any) {
	place, value, fresh := c.follow(place, value)
	if !fresh {
		return
	}
	c.object(place, value, map[string]rule{
		"description": nil, "required": nil,
		"content": func(place string, value any) {
			if members, _ := value.(map[string]any); len(members) == 0 {
				c.refuse(place, "names no media type, so nothing would be enforced")
			}
			c.each(place, value, c.mediaType)
		},
	})
}

func (c *keywordChecker) mediaType(place string, value any) {
	schema := rule(c.schema)
	switch kindOf(unescapePointer(place[strings.LastIndexByte(place, '/')+1:])) {
	case jsonBody:
	case formBody:
		schema = c.formSchema
	default:
		c.refuse(place, "bodies of this media type are not enforced; application/json, …+json and application/x-www-form-urlencoded are")
	}
	if members, _ := value.(map[string]any); members["schema"] == nil {
		c.refuse(place, "has no schema, so nothing would be enforced")
	}
	c.object(place, value, map[string]rule{
		"example": nil, "examples": nil, "schema": schema, "encoding": c.unenforced,
	})
}

func escapePointer(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}
func unescapePointer(name string) string {
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
}
