package api_test

import (
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/gen"
)

// discard is a ResponseWriter that costs next to nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkEnforcement compares a guarded GET through everything this package
// does (request id, routing, authentication hook, validation) with the bare
// generated handler, in turns within one run, and reports what is added. The
// log line is off: it is measured by the second number.
func BenchmarkEnforcement(b *testing.B) {
	bare := gen.Handler(gen.NewStrictHandler(operations{}, nil))
	request, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "/rest-auth", nil)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+goodToken)
	run := func(h http.Handler) time.Duration {
		start := time.Now()
		for range 100 {
			h.ServeHTTP(discard{make(http.Header)}, request)
		}
		return time.Since(start)
	}
	quiet, logging := enforced(b, slog.LevelError), enforced(b, slog.LevelInfo)
	var base, full, logged time.Duration
	b.ReportAllocs()
	for b.Loop() {
		base += run(bare)
		full += run(quiet)
		logged += run(logging)
	}
	each := float64(b.N) * 100 * 1000
	b.ReportMetric(float64(base.Nanoseconds())/each, "µs-bare")
	b.ReportMetric(float64((full-base).Nanoseconds())/each, "µs-added")
	b.ReportMetric(float64((logged-full).Nanoseconds())/each, "µs-log-line")
	b.ReportMetric(float64(full)/float64(base), "ratio")
}

func enforced(b *testing.B, level slog.Level) http.Handler {
	b.Helper()
	handler, err := api.New(api.Config{
		Server:  bound(operations{}),
		Schemes: anyone(),
		Logger:  slog.New(slog.NewJSONHandler(io.Discard, &slog.HandlerOptions{Level: level})),
	})
	if err != nil {
		b.Fatal(err)
	}
	return handler
}
