package api_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// schemaRules are what other languages' generators need: each rule stands for a
// client that did not compile, refused its user, or sent a made-up body.
func schemaRules(spec *openapi3.T, say func(string, ...any)) {
	for _, server := range spec.Servers {
		u, err := url.Parse(server.URL)
		if err != nil || u.Scheme == "" || u.Host == "" || strings.HasSuffix(u.Path, "/") {
			say("the server %q is not absolute, or ends in a slash", server.URL)
		}
	}
	if len(spec.Servers) == 0 {
		say("servers are missing: a client would have no address")
	}
	for name, ref := range spec.Components.Schemas {
		schemaRule(ref, name, true, say)
	}
	for name, header := range spec.Components.Headers {
		schemaRule(header.Value.Schema, "header "+name, header.Value.Description == "", say)
	}
	for path, item := range spec.Paths.Map() {
		for method, op := range item.Operations() {
			where := method + " " + path
			for _, p := range slices.Concat(op.Parameters, item.Parameters) {
				schemaRule(p.Value.Schema, where+" parameter "+p.Value.Name, p.Value.Description == "", say)
				if p.Value.Example == nil && p.Value.Schema.Value.Example == nil {
					say("%s parameter %s wants an example", where, p.Value.Name)
				}
			}
			for status, response := range op.Responses.Map() {
				for media, content := range response.Value.Content {
					if content.Schema.Ref == "" {
						schemaRule(content.Schema, fmt.Sprintf("%s %s %s", where, status, media), true, say)
					}
				}
			}
		}
	}
	for _, name := range extensions(spec) {
		say("%s is one generator's word, which others obey in their own way", name)
	}
}

// schemaRule holds a schema and what is below it to the rules; what a reference
// leads to has its own turn.
func schemaRule(ref *openapi3.SchemaRef, where string, describe bool, say func(string, ...any)) {
	s := ref.Value
	if describe && s.Description == "" {
		say("%s wants a description", where)
	}
	if s.Nullable {
		say("%s is nullable; leave the member away where there is no value", where)
	}
	if s.Type.Is("integer") && (s.Format != "int32" && s.Format != "int64" || s.Min == nil || s.Max == nil) {
		say("%s wants format int32 or int64, minimum and maximum", where)
	}
	if s.Pattern != "" && !portable(s.Pattern) {
		say("%s has the pattern %s, which not every language reads, or reads alike", where, s.Pattern)
	}
	for name, property := range s.Properties {
		if property.Ref != "" {
			continue
		}
		below := where + "/" + name
		schemaRule(property, below, true, say)
		if scalar := !property.Value.Type.Is("object") && !property.Value.Type.Is("array"); scalar && property.Value.Example == nil {
			say("%s wants an example", below)
		}
	}
	for i, part := range slices.Concat(s.OneOf, s.AnyOf, s.AllOf) {
		if part.Ref == "" {
			schemaRule(part, fmt.Sprintf("%s/%d", where, i), false, say)
		}
	}
	if s.Items != nil && s.Items.Ref == "" {
		schemaRule(s.Items, where+"/items", true, say)
	}
}

var (
	// patternWords: anchored at both ends, and of the escapes only \x with two
	// digits and those of what would else have a meaning. \d, \w and \s know
	// different letters everywhere; \u and \p are unknown in places.
	patternWords = regexp.MustCompile(`^\^(\\x[0-7][0-9A-Fa-f]|\\[.\\^$*+?()\[\]{}|]|[ -\[\]-~])*\$$`)
	// patternTraps: groups with options, possessive and lazy quantifiers, sets
	// within sets and their operators.
	patternTraps = regexp.MustCompile(`\(\?|[*+?}][+?]|\[\[|\[:|&&|--|~~`)
)

// portable reports whether ECMAScript, PCRE, RE2, Python, Java, .NET and Rust all
// read the pattern, and alike.
func portable(pattern string) bool {
	_, err := regexp.Compile(pattern)
	return err == nil && patternWords.MatchString(pattern) && !patternTraps.MatchString(pattern)
}

// extensions lists the members that OpenAPI leaves to tools.
func extensions(spec *openapi3.T) []string {
	raw, err := json.Marshal(spec)
	if err != nil {
		return []string{err.Error()}
	}
	var document any
	if err := json.Unmarshal(raw, &document); err != nil {
		return []string{err.Error()}
	}
	var found []string
	var walk func(any)
	walk = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			for name, member := range value {
				if strings.HasPrefix(name, "x-") {
					found = append(found, name)
				}
				walk(member)
			}
		case []any:
			for _, item := range value {
				walk(item)
			}
		}
	}
	walk(document)
	return found
}
