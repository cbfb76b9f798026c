package problem_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/restauth/restauth/api/problem"
)

func TestBearerToken(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		token  string // "" where one is refused
		status int
		detail string
	}{
		{"Bearer", []string{"Bearer a.b.c"}, "a.b.c", 0, ""},
		{"JWT, more blanks", []string{"jwt \t a.b.c "}, "a.b.c", 0, ""},
		{"none", nil, "", 401, "Request does not contain an access token"},
		{"empty", []string{""}, "", 401, "Request does not contain an access token"},
		{"two", []string{"Bearer a", "Bearer b"}, "", 400, "More than one Authorization header was sent."},
		{"another scheme", []string{"Basic a"}, "", 401, "Unsupported authorization type"},
		{"no token", []string{"Bearer"}, "", 401, "Token missing"},
		{"spaces", []string{"Bearer a b"}, "", 401, "Token contains spaces"},
		{"16 KiB", []string{"Bearer " + strings.Repeat("a", 16<<10-7)}, strings.Repeat("a", 16<<10-7), 0, ""},
		{"more", []string{"Bearer " + strings.Repeat("a", 16<<10-6)}, "", 401, "Token is too long"},
		{"a megabyte of fields", []string{"Bearer " + strings.Repeat("a ", 1<<19)}, "", 401, "Token is too long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &http.Request{Header: http.Header{"Authorization": c.values}}
			token, err := problem.BearerToken(r, "")
			if c.token != "" {
				if err != nil || token != c.token {
					t.Errorf("BearerToken() = %.40q, %v", token, err)
				}
				return
			}
			var refused *problem.Problem
			if !errors.As(err, &refused) || refused.Status != c.status || refused.Detail != c.detail {
				t.Errorf("BearerToken() = %.40q, %v, want %d %s", token, err, c.status, c.detail)
			}
		})
	}
}

// TestLongHeaderIsCheap: it is not even split.
func TestLongHeaderIsCheap(t *testing.T) {
	r := &http.Request{Header: http.Header{"Authorization": {"Bearer " + strings.Repeat("a ", 1<<19)}}}
	if allocs := testing.AllocsPerRun(10, func() { _, _ = problem.BearerToken(r, "") }); allocs > 5 {
		t.Errorf("refusing a megabyte takes %v allocations", allocs)
	}
}
