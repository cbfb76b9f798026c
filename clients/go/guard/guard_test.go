package guard_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	restauth "github.com/restauth/restauth/clients/go"
	"github.com/restauth/restauth/clients/go/guard"
	"github.com/restauth/restauth/clients/go/guard/internal/keys"
	"github.com/restauth/restauth/clients/go/guard/internal/token"
	"github.com/restauth/restauth/clients/go/guard/internal/userid"
	"github.com/restauth/restauth/clients/go/restauthtest"
)

var servers restauthtest.Builder

func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }

// guarded serves one endpoint that says who called.
func guarded(t testing.TB, cfg guard.Config) *httptest.Server {
	t.Helper()
	tokens, err := guard.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	whoami := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, ok := guard.UserID(r.Context())
		_, _ = fmt.Fprint(w, id, ok)
	})
	server := httptest.NewServer(tokens.Middleware(whoami))
	t.Cleanup(server.Close)
	return server
}

// reply is what is compared of two answers.
type reply struct {
	Status     int
	Challenges []string
	Type       string
	Cache      string
	Sniff      string
	RetryAfter string
	Problem    restauth.Problem
	Body       string // of a success
}

func get(t testing.TB, url string, authorization ...string) reply {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header["Authorization"] = authorization
	r.Header.Set("X-Request-Id", "this-one")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{Status: resp.StatusCode, Body: string(body)}
	if resp.StatusCode == http.StatusOK {
		return got
	}
	if resp.Header.Get("X-Request-Id") != "this-one" {
		t.Errorf("X-Request-Id = %q", resp.Header.Get("X-Request-Id"))
	}
	if err := json.Unmarshal(body, &got.Problem); err != nil {
		t.Errorf("%d %q is no problem: %v", resp.StatusCode, body, err)
	}
	header := resp.Header
	got.Challenges, got.Type, got.Cache = header.Values("WWW-Authenticate"), header.Get("Content-Type"), header.Get("Cache-Control")
	got.Sniff, got.RetryAfter = header.Get("X-Content-Type-Options"), header.Get("Retry-After")
	return got
}

// mint signs a token for roy, as a server with this secret and clock would.
func mint(t testing.TB, secret string, now time.Time) string {
	t.Helper()
	return mintFor(t, userid.Number(1), secret, now)
}

func mintFor(t testing.TB, id userid.ID, secret string, now time.Time) string {
	t.Helper()
	ring, err := keys.Single([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: 5 * time.Minute, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	minted, err := tokens.Mint(id)
	if err != nil {
		t.Fatal(err)
	}
	return minted.Compact
}

// TestAnswersLikeTheServer: the same requests to a real server and to a guard
// with its secret get the same bytes.
func TestAnswersLikeTheServer(t *testing.T) {
	server := servers.WithUsers(t, []string{"roy"})
	good := server.Token("roy")
	other := guarded(t, guard.Config{Secret: []byte(restauthtest.Secret)})
	for _, authorization := range []string{"Bearer " + good, "JWT " + good, "bearer " + good} {
		if got := get(t, other.URL, authorization); got.Status != 200 || got.Body != "1 true" {
			t.Errorf("%.10s…: %+v", authorization, got)
		}
	}
	for name, ago := range map[string]time.Duration{"ended just now": 5*time.Minute + time.Second, "begins soon": -8 * time.Second} {
		for _, url := range []string{server.URL + "/rest-auth", other.URL} {
			if got := get(t, url, "Bearer "+mint(t, restauthtest.Secret, time.Now().Add(-ago))); got.Status != 200 {
				t.Errorf("%s, within the usual leeway: %+v", name, got)
			}
		}
	}
	now := time.Now()
	parts := strings.Split(good, ".")
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"none"}`))
	for name, authorization := range map[string][]string{
		"none":              nil,
		"empty":             {""},
		"two":               {"Bearer " + good, "Bearer " + good},
		"basic":             {"Basic cm95OnJveQ=="},
		"no token":          {"Bearer"},
		"spaces":            {"Bearer a b"},
		"rubbish":           {"Bearer rubbish"},
		"alg none":          {"Bearer " + none + "." + parts[1] + "."},
		"alg none, signed":  {"Bearer " + none + "." + parts[1] + "." + parts[2]},
		"no signature":      {"Bearer " + parts[0] + "." + parts[1] + "."},
		"another secret":    {"Bearer " + mint(t, strings.Repeat("x", 32), now)},
		"another's payload": {"Bearer " + parts[0] + "." + strings.Split(mint(t, restauthtest.Secret, now), ".")[1] + "." + parts[2]},
		"expired":           {"Bearer " + mint(t, restauthtest.Secret, now.Add(-6*time.Minute))},
		"not yet":           {"Bearer " + mint(t, restauthtest.Secret, now.Add(time.Minute))},
		"too long":          {"Bearer " + good + strings.Repeat("A", 8192)},
	} {
		want, got := get(t, server.URL+"/rest-auth", authorization...), get(t, other.URL, authorization...)
		if want.Status == 200 {
			t.Errorf("%s: the server let it in", name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-server +guard):\n%s", name, diff)
		}
	}
}

// TestAlgorithmAndProfiles: a guard takes what its server takes, and nothing else.
func TestAlgorithmAndProfiles(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	now := time.Now().Unix()
	extended := fmt.Sprintf(`{"fresh":false,"iat":%d,"jti":"a","type":"access","sub":"7","exp":%d}`, now, now+60)
	simple := fmt.Sprintf(`{"token_type":"access","exp":%d,"jti":"a","user_id":7}`, now+60)
	byHand := fmt.Sprintf(`{"exp":%d,"sub":7}`, now+60)
	refresh := strings.Replace(simple, "access", "refresh", 1)
	for name, c := range map[string]struct {
		cfg     guard.Config
		alg     string
		payload string
		want    int
	}{
		"HS512":                       {guard.Config{Algorithm: guard.HS512, Accept: []guard.Profile{guard.FlaskJWTExtended}}, "HS512", extended, 200},
		"HS256 where HS512 is taken":  {guard.Config{Algorithm: guard.HS512, Accept: []guard.Profile{guard.FlaskJWTExtended}}, "HS256", extended, 401},
		"HS512 where HS256 is taken":  {guard.Config{Accept: []guard.Profile{guard.FlaskJWTExtended}}, "HS512", extended, 401},
		"another profile's":           {guard.Config{Accept: []guard.Profile{guard.FlaskJWTExtended}}, "HS256", simple, 401},
		"several profiles":            {guard.Config{Accept: []guard.Profile{guard.FlaskJWTExtended, guard.SimpleJWT}}, "HS256", simple, 200},
		"their refresh token":         {guard.Config{Accept: []guard.Profile{guard.FlaskJWTExtended, guard.SimpleJWT}}, "HS256", refresh, 401},
		"Flask-JWT's alone":           {guard.Config{}, "HS256", extended, 401},
		"by hand, iat required":       {guard.Config{Accept: []guard.Profile{guard.PyJWT}}, "HS256", byHand, 401},
		"by hand, exp alone required": {guard.Config{Accept: []guard.Profile{guard.PyJWT}, RequiredClaims: []string{"exp"}}, "HS256", byHand, 200},
	} {
		c.cfg.Secret = []byte(secret)
		server := guarded(t, c.cfg)
		got := get(t, server.URL, "Bearer "+sign(t, c.alg, secret, c.payload))
		if got.Status != c.want || c.want == 200 && got.Body != "7 true" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// sign makes a token of any payload, by the standard library alone.
func sign(t *testing.T, algorithm, secret, payload string) string {
	t.Helper()
	hashes := map[string]func() hash.Hash{"HS256": sha256.New, "HS512": sha512.New}
	input := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"`+algorithm+`"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	mac := hmac.New(hashes[algorithm], []byte(secret))
	mac.Write([]byte(input))
	return input + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// TestRefusal: who judges tokens without Middleware reads the answer from the error.
func TestRefusal(t *testing.T) {
	tokens, err := guard.New(guard.Config{Secret: []byte(restauthtest.Secret)})
	if err != nil {
		t.Fatal(err)
	}
	var refused *guard.Refusal
	if _, err := tokens.Authenticate(t.Context(), "rubbish"); !errors.As(err, &refused) ||
		refused.Status != 401 || refused.Detail != "Not enough segments" || len(refused.Challenges) != 1 {
		t.Errorf("Authenticate() of rubbish = %v", err)
	}
	ctx, err := tokens.Authenticate(t.Context(), mint(t, restauthtest.Secret, time.Now()))
	if id, ok := guard.UserID(ctx); err != nil || id != 1 || !ok {
		t.Errorf("Authenticate() = user %d, %v", id, err)
	}
	if subject, ok := guard.Subject(ctx); subject != "1" || !ok {
		t.Errorf("Authenticate() = user %q", subject)
	}
}

// TestKeys: a guard is told what the keys of users are, and takes no other; every key has
// a subject, and one that an int64 holds has a number.
func TestKeys(t *testing.T) {
	for _, c := range []struct {
		id     userid.ID
		texts  bool
		number bool
	}{
		{userid.Number(7), false, true}, {userid.Number(-7), false, true}, {userid.Unsigned(1<<64 - 1), false, false},
		{userid.Text("7"), true, false}, {userid.Text("6ccd780c-baba-1026-9564-5b8c656024db"), true, false},
	} {
		compact := mintFor(t, c.id, restauthtest.Secret, time.Now())
		tokens, err := guard.New(guard.Config{Secret: []byte(restauthtest.Secret), TextIDs: c.texts})
		if err != nil {
			t.Fatal(err)
		}
		ctx, err := tokens.Authenticate(t.Context(), compact)
		if subject, ok := guard.Subject(ctx); err != nil || !ok || subject != c.id.String() {
			t.Errorf("%v: Subject() = %q, %v (%v)", c.id, subject, ok, err)
		}
		want, _ := c.id.Int64()
		if id, ok := guard.UserID(ctx); ok != c.number || id != want {
			t.Errorf("%v: UserID() = %d, %v", c.id, id, ok)
		}
		other, err := guard.New(guard.Config{Secret: []byte(restauthtest.Secret), TextIDs: !c.texts})
		if err != nil {
			t.Fatal(err)
		}
		var refused *guard.Refusal
		switch _, err = other.Authenticate(t.Context(), compact); {
		case c.id == userid.Text("7"): // digits in a string name a number, as they always have
			if err != nil {
				t.Errorf("%q to a guard of numbers: %v", c.id, err)
			}
		case !errors.As(err, &refused) || refused.Status != 401:
			t.Errorf("%v to a guard of other keys: %v", c.id, err)
		}
	}
}

// TestOnline: a deleted user is refused within MaxAge, an outage is 503, and
// many who ask at once are one question.
func TestOnline(t *testing.T) {
	server := servers.WithUsers(t, []string{"roy"})
	var log lockedBuffer
	var clock clock
	clock.now = time.Now()
	cfg := guard.Config{
		Secret: []byte(restauthtest.Secret), Online: &guard.Online{URL: server.URL, MaxAge: 3 * time.Second, Timeout: time.Minute},
		Logger: slog.New(slog.NewJSONHandler(&log, nil)), Now: clock.read,
	}
	service, local := guarded(t, cfg), guarded(t, guard.Config{Secret: cfg.Secret})
	authorization := "Bearer " + mint(t, restauthtest.Secret, time.Now())

	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got := get(t, service.URL, authorization); got.Status != 200 {
				t.Errorf("a user who exists: %+v", got)
			}
		})
	}
	wg.Wait()
	if n := server.Count("getCurrentUser", 200); n != 1 {
		t.Errorf("%d questions for 20 requests at once, want 1", n)
	}
	server.Delete("roy")
	if got := get(t, service.URL, authorization); got.Status != 200 {
		t.Errorf("within MaxAge: %+v", got)
	}
	want := get(t, server.URL+"/rest-auth", authorization)
	for deadline := time.Now().Add(time.Minute); want.Status == 200 && time.Now().Before(deadline); { // the server's own --identity-max-age
		time.Sleep(100 * time.Millisecond)
		want = get(t, server.URL+"/rest-auth", authorization)
	}
	clock.move(4 * time.Second)
	if diff := cmp.Diff(want, get(t, service.URL, authorization)); diff != "" || want.Status != 401 {
		t.Errorf("after MaxAge (-server +guard):\n%s", diff)
	}
	if got := get(t, local.URL, authorization); got.Status != 200 {
		t.Errorf("a local check sees what it cannot see: %+v", got)
	}
	server.Stop()
	clock.move(4 * time.Second)
	got := get(t, service.URL, authorization)
	if got.Status != 503 || got.RetryAfter != "1" || got.Problem.Detail != "The login server cannot be reached. Try again shortly." {
		t.Errorf("in an outage: %+v", got)
	}
	if log.count("a token could not be checked online") != 1 || strings.Contains(log.String(), authorization[7:]) {
		t.Errorf("log: %s", log.String())
	}
}

// TestConfig: what cannot be guarded with is an error that holds no secret.
func TestConfig(t *testing.T) {
	long := []byte(strings.Repeat("SECRET", 6))
	for name, cfg := range map[string]guard.Config{
		"no secret":           {},
		"empty but allowed":   {AllowWeakSecret: true},
		"a short secret":      {Secret: long[:31]},
		"half a second":       {Secret: long, Leeway: time.Second / 2},
		"short for HS384":     {Secret: long, Algorithm: guard.HS384},
		"an unknown alg":      {Secret: long, Algorithm: "none"},
		"an unknown profile":  {Secret: long, Accept: []guard.Profile{"keycloak"}},
		"no end required":     {Secret: long, RequiredClaims: []string{"iat"}},
		"no online URL":       {Secret: long, Online: &guard.Online{}},
		"credentials in URLs": {Secret: long, Online: &guard.Online{URL: "http://u:SECRET@127.0.0.1"}},
	} {
		if _, err := guard.New(cfg); err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: New() = %v", name, err)
		}
	}
	if _, err := guard.New(guard.Config{Secret: long[:8], AllowWeakSecret: true, Leeway: -1}); err != nil {
		t.Errorf("a weak secret that is allowed: %v", err)
	}
	if id, ok := guard.UserID(t.Context()); ok || id != 0 {
		t.Errorf("UserID() outside a guard = %d, %v", id, ok)
	}
	if subject, ok := guard.Subject(t.Context()); ok || subject != "" {
		t.Errorf("Subject() outside a guard = %q, %v", subject, ok)
	}
}

func TestLinksNoServer(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		for _, unwanted := range []string{"kin-openapi", "sqlx", "modernc.org/", "go-sql-driver", "kong", "restauth/gen", "restauth/api", "restauth/impl"} {
			if strings.Contains(line, unwanted) {
				t.Errorf("the guard links %s", line)
			}
		}
	}
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *lockedBuffer) count(message string) int { return strings.Count(b.String(), message) }

// TestAnswersAsTheServerInADialect: with the server's prefix and realm the guard takes the
// same headers and answers with the same challenges.
func TestAnswersAsTheServerInADialect(t *testing.T) {
	const secret = restauthtest.Secret
	server := servers.WithUsers(t, []string{"roy"}, "--authorization-prefix", "Token", "--realm", "The Shop")
	service := guarded(t, guard.Config{Secret: []byte(secret), AuthorizationPrefix: "Token", Realm: "The Shop"})
	client, err := restauth.New(server.URL, restauth.WithLogin("roy", restauthtest.Password), restauth.WithDialect(restauth.Dialect{AuthorizationPrefix: "Token"}))
	if err != nil {
		t.Fatal(err)
	}
	compact, err := client.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, authorization := range []string{"", "Token " + compact, "token " + compact, "JWT " + compact, "Bearer " + compact, "Tokens " + compact, "Token", "Token a b", "Token a.b.c"} {
		answers := make(map[string]string)
		for name, url := range map[string]string{"server": server.URL + "/rest-auth", "guard": service.URL} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			if authorization != "" {
				request.Header.Set("Authorization", authorization)
			}
			resp, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			answers[name] = fmt.Sprint(resp.StatusCode, resp.Header.Values("WWW-Authenticate"))
		}
		if answers["server"] != answers["guard"] {
			t.Errorf("%.12q: the server answers %s, the guard %s", authorization, answers["server"], answers["guard"])
		}
	}
	for _, cfg := range []guard.Config{{Secret: []byte(secret), AuthorizationPrefix: "My Token"}, {Secret: []byte(secret), Realm: `a"b`}} {
		if _, err := guard.New(cfg); err == nil {
			t.Errorf("New() = nil error with the prefix %q and the realm %q", cfg.AuthorizationPrefix, cfg.Realm)
		}
	}
}
