package problem_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/restauth/restauth/api/problem"
)

// another is a Problem as another module's copy of the package has it.
type another struct{ *problem.Problem }

func TestFrom(t *testing.T) {
	cause := errors.New("the cause")
	full := &problem.Problem{
		Status: 503, Kind: "kind", Detail: "detail", RetryAfter: 7, Challenges: []string{"Bearer"}, Cause: cause,
	}
	own := &problem.Problem{Status: 405, Allow: "GET", Violations: []problem.Violation{{Pointer: "/a", Keyword: "b"}}}
	for _, c := range []struct {
		name string
		err  error
		want *problem.Problem
	}{
		{"none", nil, nil},
		{"another error", cause, nil},
		{"its own", own, own},
		{"its own, wrapped", fmt.Errorf("login: %w", own), own},
		{"a copy's", another{full}, full},
		{"a copy's, wrapped", fmt.Errorf("login: %w", another{full}), full},
	} {
		got, found := problem.From(c.err)
		if !reflect.DeepEqual(got, c.want) || found != (c.want != nil) {
			t.Errorf("From(%s) = %+v, %v, want %+v", c.name, got, found, c.want)
		}
	}
	if got, _ := problem.From(own); got != own {
		t.Error("From() copies a problem of its own")
	}
}
