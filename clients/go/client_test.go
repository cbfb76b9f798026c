package restauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	restauth "github.com/restauth/restauth/clients/go"
)

func newClient(t testing.TB, url string, options ...restauth.Option) *restauth.Client {
	t.Helper()
	client, err := restauth.New(url, options...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestLogsInOnce: fifty callers at once, and later ones, share one login.
func TestLogsInOnce(t *testing.T) {
	server := servers.Demo(t)
	client := newClient(t, server.URL, restauth.WithLogin("roy", "roy"))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			answer, err := client.GetRestAuthWithResponse(t.Context())
			if err != nil || *answer.JSON200 != "You are an authenticate person to see this message" {
				t.Errorf("GetRestAuth() = %v, %v", answer, err)
			}
		})
	}
	wg.Wait()
	me, err := client.GetCurrentUserWithResponse(t.Context())
	if err != nil || me.JSON200.Subject != "1" || *me.JSON200.Username != "roy" {
		t.Errorf("GetCurrentUser() = %v, %v", me, err)
	}
	if n := server.Count("login", 200); n != 1 {
		t.Errorf("%d logins, want 1", n)
	}
	if n := server.Count("getRestAuth", 401); n != 0 {
		t.Errorf("%d calls were refused, want 0: the token is there before the first", n)
	}
}

// TestHealthNeedsNoLogin, nor does a client that has no password.
func TestHealthNeedsNoLogin(t *testing.T) {
	server := servers.Demo(t)
	client := newClient(t, server.URL, restauth.WithLogin("roy", "roy"))
	if answer, err := client.LiveWithResponse(t.Context()); err != nil || answer.JSON200.Status != restauth.HealthOk {
		t.Errorf("Live() = %v, %v", answer, err)
	}
	if n := server.Count("login", 200); n != 0 {
		t.Errorf("%d logins for a health check", n)
	}
	plain := newClient(t, server.URL)
	token, err := plain.LoginWithResponse(t.Context(), restauth.Credentials{Username: "roy", Password: "roy"})
	if err != nil || token.JSON200.TokenType != restauth.TokenTypeBearer || token.JSON200.ExpiresIn != 300 {
		t.Fatalf("Login() = %v, %v", token, err)
	}
	if _, err := plain.GetRestAuthWithResponse(t.Context()); !errors.Is(err, restauth.ErrUnauthorized) {
		t.Errorf("GetRestAuth() without a token: %v", err)
	}
	withToken := func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token.JSON200.AccessToken)
		return nil
	}
	if _, err := plain.GetRestAuthWithResponse(t.Context(), withToken); err != nil {
		t.Errorf("GetRestAuth() with a token of one's own: %v", err)
	}
	if _, err := plain.Token(t.Context()); err == nil {
		t.Error("Token() without a login = nil error")
	}
}

// TestRenewal: ahead of the end, by the client's clock.
func TestRenewal(t *testing.T) {
	server := servers.Demo(t) // of tokens that live 300 s
	var offset atomic.Int64
	began := time.Now()
	client := newClient(t, server.URL, restauth.WithLogin("roy", "roy"),
		restauth.WithClock(func() time.Time { return began.Add(time.Duration(offset.Load())) }))
	for _, step := range []struct {
		at     time.Duration
		logins int
	}{{0, 1}, {260 * time.Second, 1}, {299 * time.Second, 2}, {(299 + 260) * time.Second, 2}, {(299 + 299) * time.Second, 3}} {
		offset.Store(int64(step.at))
		if _, err := client.GetRestAuthWithResponse(t.Context()); err != nil {
			t.Errorf("after %v: %v", step.at, err)
		}
		if n := server.Count("login", 200); n != step.logins {
			t.Errorf("after %v: %d logins, want %d", step.at, n, step.logins)
		}
	}
	if n := server.Count("getRestAuth", 401); n != 0 {
		t.Errorf("%d calls were refused, want none", n)
	}
}

// TestRenewalAfterRefusal: this client's clock stands still, so that it never sees the
// end coming.
func TestRenewalAfterRefusal(t *testing.T) {
	server := servers.Demo(t, "--token-lifetime", "3s", "--leeway", "0s")
	stopped := time.Now()
	client := newClient(t, server.URL, restauth.WithLogin("roy", "roy"), restauth.WithClock(func() time.Time { return stopped }))
	token, err := client.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	plain := newClient(t, server.URL)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		_, err := plain.GetCurrentUserWithResponse(t.Context(), func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+token)
			return nil
		})
		if errors.Is(err, restauth.ErrUnauthorized) {
			break
		}
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("a token of 3 s does not end, %v", err)
		}
	}
	if _, err := client.GetRestAuthWithResponse(t.Context()); err != nil {
		t.Errorf("GetRestAuth() = %v", err)
	}
	if logins, refused := server.Count("login", 200), server.Count("getRestAuth", 401); logins != 2 || refused != 1 {
		t.Errorf("%d logins and %d calls refused, want 2 and 1", logins, refused)
	}
}

// TestRefusedTwice: the second refusal is the answer, there is no third try.
func TestRefusedTwice(t *testing.T) {
	var logins, calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/prefix/auth" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"access_token":"t%d","token_type":"Bearer","expires_in":300}`, logins.Add(1))
			return
		}
		calls.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	client := newClient(t, server.URL+"/prefix/", restauth.WithLogin("roy", "roy"))
	_, err := client.GetRestAuthWithResponse(t.Context())
	var problem *restauth.ProblemError
	if !errors.Is(err, restauth.ErrUnauthorized) || !errors.As(err, &problem) || problem.Status != 401 || problem.Title != "Unauthorized" {
		t.Errorf("GetRestAuth() = %v", err)
	}
	if logins.Load() != 2 || calls.Load() != 2 {
		t.Errorf("%d logins and %d calls, want 2 and 2", logins.Load(), calls.Load())
	}
}

// TestWaitersMayLeave: a caller who gives up neither waits nor takes the login
// from the others; when all are gone it ends.
func TestWaitersMayLeave(t *testing.T) {
	entered, release, ended := make(chan struct{}, 2), make(chan struct{}), make(chan struct{}, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/auth" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `"hello"`)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // or the server would not notice the client leave
		entered <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
			ended <- struct{}{}
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"t","token_type":"Bearer","expires_in":300}`)
	}))
	defer server.Close()
	client := newClient(t, server.URL, restauth.WithLogin("roy", "roy"))
	call := func(ctx context.Context) chan error {
		result := make(chan error, 1)
		go func() {
			_, err := client.GetRestAuthWithResponse(ctx)
			result <- err
		}()
		return result
	}
	leaving, leave := context.WithCancel(t.Context())
	first := call(leaving)
	<-entered
	leave()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left: %v", err)
	}
	select {
	case <-ended: // Nobody waited any longer.
	case <-time.After(time.Minute):
		t.Fatal("a login that nobody waits for goes on")
	}

	leaving, leave = context.WithCancel(t.Context())
	first = call(leaving)
	<-entered
	second := call(t.Context())
	for deadline := time.Now().Add(time.Minute); restauth.Waiting(client) != 2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the second does not join")
		}
	}
	leave()
	<-first
	close(release)
	if err := <-second; err != nil {
		t.Errorf("the one who stayed: %v", err)
	}
	if len(entered) != 0 {
		t.Error("the one who stayed logged in a second time")
	}
}

// TestOpenOperationsAreTheContracts: those with `security: []`.
func TestOpenOperationsAreTheContracts(t *testing.T) {
	resp, err := http.Get(servers.Demo(t).URL + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var contract struct {
		Paths map[string]map[string]struct{ Security *[]any }
	}
	if err := json.NewDecoder(resp.Body).Decode(&contract); err != nil {
		t.Fatal(err)
	}
	open := 0
	for path, item := range contract.Paths {
		for method, operation := range item {
			if operation.Security == nil {
				t.Errorf("%s %s does not say whether it is open", method, path)
				continue
			}
			name := strings.ToUpper(method) + " " + path
			if want := len(*operation.Security) == 0; restauth.IsOpen(name) != want {
				t.Errorf("isOpen(%s) = %v", name, !want)
			} else if want {
				open++
			}
		}
	}
	if open < 3 {
		t.Errorf("%d operations are open, want the login and two for health at least", open)
	}
}

// TestLinksNoServer: whoever imports the client gets the client.
func TestLinksNoServer(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{
		"getkin/kin-openapi", "jmoiron/sqlx", "modernc.org/", "go-sql-driver", "alecthomas/kong", "golang-jwt", "swaggest",
		"restauth/restauth/gen", "restauth/restauth/api", "restauth/restauth/impl",
	} {
		if strings.Contains(string(out), unwanted) {
			t.Errorf("the client links %s", unwanted)
		}
	}
	if !strings.Contains(string(out), "oapi-codegen/runtime") {
		t.Error("the list is not this package's")
	}
}

func TestBaseURL(t *testing.T) {
	for _, url := range []string{"", "login.example.com", "ftp://a.b", "https://", "https://user:SECRET@a.b", "https://a.b?q=1", "http://a b"} {
		if _, err := restauth.New(url); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("New(%q) = %v", url, err)
		}
	}
}
