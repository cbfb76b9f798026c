// Package metrics counts what a login server does, in the form that Prometheus reads.
//
//	m := metrics.New(metrics.Build{Version: "v1.2.0", Commit: "abc", Go: runtime.Version()})
//	operation := m.Operation("login", "POST", "/auth") // once
//	operation.Observe("POST", 200, took)               // for each answer
//	m.Collect(metrics.Sources{...})                    // what others count
//	http.Handle("/metrics", m.Handler(logger))
//
// Names are those of OpenTelemetry's semantic conventions in Prometheus' spelling where
// these have one (HTTP metrics, database client metrics, both 1.3x), and begin with
// restauth_ where not. docs/metrics.md lists them.
//
// Nothing that a client may choose becomes a label: each label's values are a closed
// list, of this package or of whoever calls it. What every request counts costs a look
// into a table and no allocation. What else there is to count is counted where it
// happens, and asked for when Prometheus comes ([Sources]).
//
// It is a leaf: it imports nothing of ours.
package metrics

import (
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Build says which program this is.
type Build struct{ Version, Commit, Go string }

// Metrics are the instruments of one server. They are safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	schemes  [2]prometheus.Counter
	logins   *prometheus.CounterVec
	forms    *prometheus.CounterVec
	hashes   *prometheus.CounterVec
	events   *prometheus.CounterVec
	budgets  *prometheus.CounterVec
	lost     prometheus.Counter
}

// seconds are OpenTelemetry's buckets for http.server.request.duration, and three below
// them: most requests here take less than a millisecond.
func seconds() []float64 {
	return []float64{.0005, .001, .0025, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}
}

// New returns instruments that have counted nothing, in a registry of their own, beside
// those of Go's runtime and of the process.
func New(build Build) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.requests = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_server_request_duration_seconds", Help: "Duration of HTTP server requests.", Buckets: seconds(),
	}, []string{"operation", "http_request_method", "http_route", "http_response_status_code"})
	m.logins = counters("restauth_logins_total", "Logins, by how they ended and why.", "outcome", "reason")
	m.forms = counters("restauth_logins_by_stored_form_total", "Logins of users whose stored hash could be verified, by how they ended and how the password is stored.", "outcome", "stored_form")
	m.hashes = counters("restauth_stored_hashes_total", "Rows of which the audit said that their stored hash is weak or of no use, each once for each reason.", "reason")
	m.events = counters("restauth_audit_events_total", "Events that the audit recorded.", "event")
	m.budgets = counters("restauth_budget_hits_total", "Logins that were refused because a budget of attempts was used up.", "budget")
	m.lost = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "restauth_audit_lost_total", Help: "Events that the audit file lacks, because it took no more.",
	})
	schemes := counters("restauth_token_scheme_total", "Requests whose token was good, by the authentication scheme it was sent with.", "scheme")
	m.schemes = [2]prometheus.Counter{schemes.WithLabelValues("Bearer"), schemes.WithLabelValues("JWT")}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "restauth_build_info", Help: "1, and which program this is.",
		ConstLabels: prometheus.Labels{"version": build.Version, "commit": build.Commit, "goversion": build.Go},
	})
	info.Set(1)
	m.registry.MustRegister(
		m.requests, m.logins, m.forms, m.hashes, m.events, m.budgets, m.lost, schemes, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

// mostScrapes is how many may ask at once.
const mostScrapes = 4

// Handler answers with all that was counted. log is told what could not be gathered.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:            slog.NewLogLogger(log.Handler(), slog.LevelError),
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: mostScrapes,
	})
}
