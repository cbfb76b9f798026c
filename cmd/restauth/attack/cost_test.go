//go:build attack && linux

package attack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/impl"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/token"
	"github.com/restauth/restauth/impl/users"
)

// queried counts the queries by name.
type queried struct {
	account.Users
	names atomic.Int64
}

func (q *queried) FindByUsername(ctx context.Context, name string) (account.Record, error) {
	q.names.Add(1)
	return q.Users.FindByUsername(ctx, name)
}

// handler answers as `restauth serve` does, with budgets or without, hashing in this
// process. What net/http costs is not in it.
func handler(t *testing.T, bounded bool) (http.Handler, *queried) {
	t.Helper()
	table, err := state.OpenEmbedded(t.Context(), state.EmbeddedConfig{Config: users.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "users.db"), Timeout: patience}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = table.Close() })
	for _, name := range []string{"roy", "victim"} {
		if _, err := table.Add(t.Context(), name, royHash); err != nil {
			t.Fatal(err)
		}
	}
	ring, err := keys.Single(bytes.Repeat([]byte("k"), 32))
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	logger := slog.New(slog.NewJSONHandler(io.Discard, nil))
	counted := &queried{Users: table}
	cfg := account.Config{Users: counted, Tokens: tokens, Keys: ring, Logger: logger, IdentityMaxAge: time.Minute}
	if bounded {
		c := new(clock)
		c.seconds.Store(1_800_000_000)
		cfg.Limiter = limiter(t, c, table.State().Guesses())
	}
	accounts, err := account.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(accounts.Close)
	operations := impl.New(impl.Config{Accounts: accounts, Ready: table.Ready})
	h, err := api.New(api.Config{Server: operations.Bind(), Schemes: operations.Schemes(), Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	return h, counted
}

// sink keeps what a handler answers.
type sink struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return s.body.Write(p) }
func (s *sink) WriteHeader(status int)      { s.status = status }

func send(t *testing.T, h http.Handler, method, path, body, token string) *sink {
	r, err := http.NewRequest(method, "http://127.0.0.1"+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.RemoteAddr = "127.0.0.1:4711"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer := &sink{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(answer, r)
	return answer
}

// processor is the time that this process has had of the processors.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// compare is by how much more processor time the second takes than the first, each by
// the least of its turns: what else the machine does only adds.
func compare(t *testing.T, rounds, each int, first, second func()) (more float64) {
	t.Helper()
	least := [2]time.Duration{time.Hour, time.Hour}
	for round := range rounds {
		for turn := range 2 {
			which := (round + turn) % 2
			do := [...]func(){first, second}[which]
			begun := processor(t)
			for range each {
				do()
			}
			least[which] = min(least[which], processor(t)-begun)
		}
	}
	return float64(least[1])/float64(least[0]) - 1
}

const right = `{"username":"roy","password":"roy"}`

// TestCost is figure 4.
func TestCost(t *testing.T) {
	without, _ := handler(t, false)
	with, counted := handler(t, true)
	var tokens [2]string
	for i, h := range []http.Handler{without, with} {
		answer := send(t, h, "POST", "/auth", right, "")
		var got struct {
			Token string `json:"access_token"`
		}
		if err := json.Unmarshal(answer.body.Bytes(), &got); err != nil || got.Token == "" {
			t.Fatalf("a login = %d %s", answer.status, answer.body.Bytes())
		}
		tokens[i] = got.Token
	}
	login := func(h http.Handler) func() {
		return func() {
			if answer := send(t, h, "POST", "/auth", right, ""); answer.status != http.StatusOK {
				t.Fatalf("a login = %d %s", answer.status, answer.body.Bytes())
			}
		}
	}
	more := compare(t, 41, 5, login(without), login(with))
	figure(t, "4  a login costs more with budgets than without", "<= 5 %", fmt.Sprintf("%.1f %%", 100*more), more <= 0.05)
	guarded := func(i int, h http.Handler) func() {
		return func() {
			if answer := send(t, h, "GET", "/rest-auth", "", tokens[i]); answer.status != http.StatusOK {
				t.Fatalf("a guarded request = %d", answer.status)
			}
		}
	}
	more = compare(t, 81, 2500, guarded(0, without), guarded(1, with))
	figure(t, "4  a guarded request costs more (nothing; noise is within 3 %)", "<= 3 %", fmt.Sprintf("%.1f %%", 100*more), more <= 0.03)
	for i := range 20 {
		_ = send(t, with, "POST", "/auth", fmt.Sprintf(`{"username":"victim","password":"guess %d"}`, i), "")
	}
	const refusals = 20_000
	queries, begun := counted.names.Load(), processor(t)
	for range refusals {
		if answer := send(t, with, "POST", "/auth", `{"username":"victim","password":"one more"}`, ""); answer.status != http.StatusTooManyRequests {
			t.Fatalf("a guess beyond the budget = %d %s", answer.status, answer.body.Bytes())
		}
	}
	took := (processor(t) - begun) / refusals
	figure(t, "4  processor time of a refused guess, without net/http", "< 50 µs", took.Round(100*time.Nanosecond).String(), took < 50*time.Microsecond)
	figure(t, "4  queries for 20,000 refused guesses, and so hashes", "0", fmt.Sprint(counted.names.Load()-queries), counted.names.Load() == queries)
}
