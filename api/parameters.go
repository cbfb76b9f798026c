package api

import (
	"net/http"
	"net/url"

	"github.com/getkin/kin-openapi/openapi3"
)

// parameters are an operation's, where they have but one value: the validator looks
// at the first of several, and others may take the last.
type parameters struct {
	query  bool // there are any in the query
	single []singleParameter
}

type singleParameter struct{ name, in string }

// newParameters reads an operation's own and those of its path, which the former
// replace.
func newParameters(own, ofPath openapi3.Parameters) parameters {
	var p parameters
	for i, group := range []openapi3.Parameters{own, ofPath} {
		for _, ref := range group {
			in := ref.Value.In
			if i > 0 && own.GetByInAndName(in, ref.Value.Name) != nil {
				continue
			}
			p.query = p.query || in == openapi3.ParameterInQuery
			if schema := ref.Value.Schema; schema == nil || schema.Value == nil || !schema.Value.Type.Is(openapi3.TypeArray) {
				p.single = append(p.single, singleParameter{ref.Value.Name, in})
			}
		}
	}
	return p
}

// check refuses what parsers read in different ways: a second value of a parameter
// that has one, and a query of which net/http would drop what it does not understand.
func (p parameters) check(r *http.Request) error {
	var query url.Values
	if p.query {
		var err error
		if query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
			return violation("", "query")
		}
	}
	for _, parameter := range p.single {
		given := 0
		switch parameter.in {
		case openapi3.ParameterInQuery:
			given = len(query[parameter.name])
		case openapi3.ParameterInHeader:
			given = len(r.Header.Values(parameter.name))
		}
		if given > 1 {
			return violation(parameter.name, "format")
		}
	}
	return nil
}
