package impl_test

import (
	"context"
	"testing"

	"github.com/restauth/restauth/gen"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
)

// TestEveryOperation drives each operation of the contract with the generated
// client, to a success and to a failure; every answer is validated on the way.
// A new operation fails here until it has both.
func TestEveryOperation(t *testing.T) {
	s := demo(t)
	ctx := t.Context()
	compact := s.login()
	for _, c := range []struct {
		name string
		call func(context.Context) (int, []byte, error)
		want int
		body string
	}{
		{"login refused", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.LoginWithResponse(ctx, gen.Credentials{Username: "roy", Password: "Roy"})
			return r.StatusCode(), r.Body, err
		}, 401, ""},
		{"guarded", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.GetRestAuthWithResponse(ctx, bearer(compact))
			return r.StatusCode(), r.Body, err
		}, 200, "\"You are an authenticate person to see this message\"\n"},
		{"guarded, no token", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.GetRestAuthWithResponse(ctx)
			return r.StatusCode(), r.Body, err
		}, 401, ""},
		{"who am I", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.GetCurrentUserWithResponse(ctx, bearer(compact))
			return r.StatusCode(), r.Body, err
		}, 200, `{"id":1,"subject":"1","username":"roy"}` + "\n"},
		{"who am I, no token", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.GetCurrentUserWithResponse(ctx)
			return r.StatusCode(), r.Body, err
		}, 401, ""},
		{"live", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.LiveWithResponse(ctx)
			return r.StatusCode(), r.Body, err
		}, 200, `{"status":"ok"}` + "\n"},
		{"ready", func(ctx context.Context) (int, []byte, error) {
			r, err := s.client.ReadyWithResponse(ctx)
			return r.StatusCode(), r.Body, err
		}, 200, `{"status":"ok"}` + "\n"},
	} {
		status, body, err := c.call(ctx)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if status != c.want || (c.body != "" && string(body) != c.body) {
			t.Errorf("%s = %d %s, want %d %s", c.name, status, body, c.want, c.body)
		}
	}
	if err := s.users.Close(); err != nil { // The outage that ready exists for.
		t.Fatal(err)
	}
	if r, err := s.client.ReadyWithResponse(ctx); err != nil || r.StatusCode() != 503 {
		t.Errorf("ready without a database = %d, %v", r.StatusCode(), err)
	}
	for _, missing := range s.contract.MissingCases("live") {
		t.Error(missing)
	}
}

// TestOutageIsNoRefusal: without its database the server neither lets in nor
// turns away.
func TestOutageIsNoRefusal(t *testing.T) {
	s := demo(t)
	compact := s.login()
	if err := s.users.Close(); err != nil {
		t.Fatal(err)
	}
	for name, a := range map[string]answer{
		"login":       s.credentials("roy", "roy"),
		"wrong login": s.credentials("roy", "x"),
		"guarded":     s.get("/rest-auth", "JWT "+compact),
		"who am I":    s.get("/auth/me", "JWT "+compact),
		"ready":       s.get("/readyz", ""),
	} {
		if a.status != 503 || a.header.Get("Retry-After") != "1" {
			t.Errorf("%s = %d, Retry-After %q", name, a.status, a.header.Get("Retry-After"))
		}
	}
	if a := s.get("/rest-auth", "JWT x"); a.status != 401 {
		t.Errorf("a bad token in an outage = %d, want 401", a.status)
	}
	if a := s.get("/livez", ""); a.status != 200 {
		t.Errorf("live = %d", a.status)
	}
}

// TestDeletedUser: the token of a user who is gone is refused at once, and no
// later user inherits it.
func TestDeletedUser(t *testing.T) {
	s := demo(t)
	compact := s.login()
	if err := s.users.(account.Directory).Delete(t.Context(), userid.Number(1)); err != nil {
		t.Fatal(err)
	}
	s.add("roy", royHash)
	a := s.get("/rest-auth", "Bearer "+compact)
	if a.status != 401 || a.problem.Error != "Invalid JWT" || a.problem.Description != "User does not exist" {
		t.Errorf("answer = %d %s", a.status, a.body)
	}
}
