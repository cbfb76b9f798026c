package impl_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/gen"
	"github.com/restauth/restauth/impl"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/metrics"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/token"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/flaskjwt"
)

// open answers the guarded operation without asking who comes.
type open struct{ gen.StrictServerInterface }

func (open) GetRestAuth(context.Context, gen.GetRestAuthRequestObject) (gen.GetRestAuthResponseObject, error) {
	return gen.GetRestAuth200JSONResponse{Body: "You are an authenticate person to see this message"}, nil
}

// sink is a ResponseWriter that costs next to nothing.
type sink struct{ header http.Header }

func (s sink) Header() http.Header         { return s.header }
func (s sink) Write(p []byte) (int, error) { return len(p), nil }
func (s sink) WriteHeader(int)             {}

// BenchmarkGuarded compares a guarded GET as `restauth serve` answers it, every
// check and the log line on, with the bare generated handler, in turns within
// one run. What net/http costs both is not in it.
func BenchmarkGuarded(b *testing.B) {
	bare := gen.Handler(gen.NewStrictHandler(open{}, nil))
	full, compact := guarded(b, nil)
	inTurns(b, bare, full, compact, "bare", "added")
}

// BenchmarkMeasured compares a guarded GET whose answers are counted for Prometheus
// with one whose are not, in the same way.
func BenchmarkMeasured(b *testing.B) {
	m := metrics.New(metrics.Build{})
	counted, compact := guarded(b, func(operation, method, route string) func(*api.Access) {
		counts := m.Operation(operation, method, route)
		return func(a *api.Access) {
			counts.Observe(a.Method, int(a.Status), a.Took)
			if a.Scheme == api.SchemeBearer {
				m.Bearer()
			}
		}
	})
	uncounted, _ := guarded(b, nil)
	inTurns(b, uncounted, counted, compact, "uncounted", "added")
}

// inTurns reports what one handler costs, and how much more another.
func inTurns(b *testing.B, less, more http.Handler, compact, one, other string) {
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "/rest-auth", nil)
	if err != nil {
		b.Fatal(err)
	}
	request.RemoteAddr = "203.0.113.5:4711"
	request.Header.Set("Authorization", "Bearer "+compact)
	run := func(h http.Handler) (time.Duration, uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		for range 1000 {
			h.ServeHTTP(sink{make(http.Header)}, request)
		}
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		return took, after.Mallocs - before.Mallocs
	}
	var base, all time.Duration
	var baseAllocs, allAllocs uint64
	for b.Loop() {
		took, allocs := run(less)
		base, baseAllocs = base+took, baseAllocs+allocs
		took, allocs = run(more)
		all, allAllocs = all+took, allAllocs+allocs
	}
	each := float64(b.N) * 1000
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(base.Nanoseconds())/each/1000, "µs-"+one)
	b.ReportMetric(float64((all-base).Nanoseconds())/each/1000, "µs-"+other)
	b.ReportMetric(float64(baseAllocs)/each, "allocs-"+one)
	b.ReportMetric((float64(allAllocs)-float64(baseAllocs))/each, "allocs-"+other)
}

// guarded is the handler of a server with one user, and that user's token.
func guarded(b *testing.B, observe func(operation, method, route string) func(*api.Access)) (http.Handler, string) {
	b.Helper()
	users, err := state.OpenEmbedded(b.Context(), state.EmbeddedConfig{Config: users.Config{URL: "sqlite::memory:"}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = users.Close() })
	user, err := users.Add(b.Context(), "roy", royHash)
	if err != nil {
		b.Fatal(err)
	}
	ring, err := keys.Single([]byte(flaskjwt.Secret))
	if err != nil {
		b.Fatal(err)
	}
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	logger := slog.New(slog.NewJSONHandler(io.Discard, nil))
	accounts, err := account.New(account.Config{Users: users, Tokens: tokens, Keys: ring, Logger: logger, IdentityMaxAge: time.Second})
	if err != nil {
		b.Fatal(err)
	}
	operations := impl.New(impl.Config{Accounts: accounts, Ready: users.Ready})
	handler, err := api.New(api.Config{Server: operations.Bind(), Schemes: operations.Schemes(), Logger: logger, Observe: observe})
	if err != nil {
		b.Fatal(err)
	}
	minted, err := tokens.Mint(user.ID)
	if err != nil {
		b.Fatal(err)
	}
	return handler, minted.Compact
}
