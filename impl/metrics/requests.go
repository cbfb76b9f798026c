package metrics

import (
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Status codes as RFC 9110, section 15 allows them.
const (
	leastStatus = 100
	mostStatus  = 599
)

// other stands for methods that are none of HTTP's own, as OpenTelemetry has it.
const other = "_OTHER"

// methods are those of RFC 9110, section 9 and RFC 5789, which OpenTelemetry knows.
func methods() []string {
	return []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", other}
}

// Operation counts the answers of one operation, or of all that is none.
type Operation struct {
	m         *Metrics
	id, route string
	methods   []string
	// answers are made when they are first given: few statuses of each are ever seen.
	answers [][mostStatus - leastStatus + 1]atomic.Pointer[answer]
}

type answer struct{ duration prometheus.Observer }

// Operation returns who counts an operation's answers. With "" for all three it is who
// counts what is none of the contract's.
func (m *Metrics) Operation(id, method, route string) *Operation {
	o := &Operation{m: m, id: id, route: route, methods: []string{method}}
	switch method {
	case "":
		o.methods = methods()
	case "GET":
		o.methods = append(o.methods, "HEAD")
	}
	o.answers = make([][mostStatus - leastStatus + 1]atomic.Pointer[answer], len(o.methods))
	return o
}

// Observe counts an answer. It allocates nothing, but for the first of its kind.
func (o *Operation) Observe(method string, status int, took time.Duration) {
	row := slices.Index(o.methods, method)
	if row < 0 {
		row = len(o.methods) - 1
	}
	status = min(max(status, leastStatus), mostStatus)
	place := &o.answers[row][status-leastStatus]
	known := place.Load()
	if known == nil {
		known = &answer{o.m.requests.WithLabelValues(o.id, o.methods[row], o.route, strconv.Itoa(status))}
		place.Store(known) // Whoever else makes it at the same time has the same one.
	}
	known.duration.Observe(took.Seconds())
}

// Bearer counts a request whose token was good, sent with the scheme Bearer.
func (m *Metrics) Bearer() { m.schemes[0].Inc() }

// JWT counts one that was sent with Flask-JWT's scheme, JWT.
func (m *Metrics) JWT() { m.schemes[1].Inc() }
