package api

import (
	"context"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// enforcedFormats are those that the validator checks, and those that ask nothing
// of a value. It passes over any other: "email" bounds nothing.
func enforcedFormats() []string {
	return []string{"int32", "int64", "byte", "date", "date-time", "float", "double", "password"}
}

// schema holds a schema of a request to what the validator enforces.
func (c *keywordChecker) schema(place string, value any) {
	place, value, fresh := c.follow(place, value)
	if !fresh {
		return
	}
	c.object(place, value, map[string]rule{
		"title": nil, "description": nil, "example": nil, "externalDocs": nil, "deprecated": nil, "xml": nil,
		"writeOnly": nil, // It is about answers.
		"readOnly":  nil,
		"type":      nil, "nullable": nil, "enum": nil,
		"multipleOf": nil, "maximum": nil, "exclusiveMaximum": nil, "minimum": nil, "exclusiveMinimum": nil,
		"maxLength": nil, "minLength": nil,
		"maxItems": nil, "minItems": nil, "uniqueItems": nil,
		"maxProperties": nil, "minProperties": nil, "required": nil,
		"pattern":    c.pattern,
		"format":     c.format,
		"items":      c.schema,
		"properties": func(place string, value any) { c.each(place, value, c.schema) },
		"additionalProperties": func(place string, value any) {
			if _, is := value.(bool); !is {
				c.schema(place, value)
			}
		},
		"allOf": c.list(c.schema), "oneOf": c.list(c.schema), "anyOf": c.list(c.schema), "not": c.schema,
		"discriminator": c.unenforced,
		"default": func(place string, _ any) {
			c.refuse(place, "a default is not filled in; make the member optional, and say in its description what is done without it")
		},
	})
}

func (c *keywordChecker) format(place string, value any) {
	if name, _ := value.(string); !slices.Contains(enforcedFormats(), name) {
		c.refuse(place, "this format is not enforced; say it with pattern and maxLength")
	}
}

func (c *keywordChecker) pattern(place string, value any) {
	text, _ := value.(string)
	if err := openapi3.NewStringSchema().WithPattern(text).Validate(context.Background()); err != nil {
		c.refuse(place, "this pattern is not understood; RE2's syntax is")
	}
}

// flat is a schema of a value that stands in a line of text: a scalar or, where
// several may be given one beside the other, an array of scalars.
func (c *keywordChecker) flat(arrays bool) rule {
	return func(place string, value any) {
		if !c.scalar(value) && (!arrays || !c.scalars(value)) {
			c.refuse(place, "only a string, an integer, a number or a boolean is enforced here, or in a query an array of them")
		}
		c.schema(place, value)
	}
}

// resolved is where a schema's references end.
func (c *keywordChecker) resolved(value any) map[string]any {
	inner := &keywordChecker{document: c.document, seen: make(map[string]bool)}
	_, value, _ = inner.follow("", value)
	members, _ := value.(map[string]any)
	return members
}

func (c *keywordChecker) scalar(value any) bool {
	kind, _ := c.resolved(value)["type"].(string)
	return slices.Contains([]string{"string", "integer", "number", "boolean"}, kind)
}

func (c *keywordChecker) scalars(value any) bool {
	members := c.resolved(value)
	return members["type"] == "array" && c.scalar(members["items"])
}

// formSchema is an object whose members are scalars: a form has names and lines of
// text. It is closed by readForm, whatever additionalProperties says.
func (c *keywordChecker) formSchema(place string, value any) {
	members := c.resolved(value)
	if members["type"] != "object" || members["properties"] == nil {
		c.refuse(place, "a form's schema must be an object with properties")
	}
	for _, name := range []string{"allOf", "oneOf", "anyOf", "not"} {
		if members[name] != nil {
			c.refuse(place, name+" is not enforced in a form")
		}
	}
	if more, given := members["additionalProperties"]; given && more != false {
		c.refuse(place, "a form has no additional names; say additionalProperties: false")
	}
	c.each(place+"/properties", members["properties"], func(place string, value any) {
		if !c.scalar(value) {
			c.refuse(place, "a form's member must be a string, an integer, a number or a boolean")
		}
	})
	c.schema(place, value)
}
