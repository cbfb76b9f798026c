// Package load drives an HTTP/1.1 server on loopback with a fixed number of
// keep-alive connections, each with one request under way (a closed loop), and
// counts the answers by status with their latencies.
//
// It is made to leave the cores to the server that is measured: one thread waits
// on epoll for all connections, requests are prepared bytes, answers are parsed
// for status and length only, and nothing is allocated while it runs. A request
// takes about 3.5 µs of processor time on a core of 2020, nearly all of it the
// kernel's.
//
// Latency is from the write of a request until its whole answer is read. As in
// every closed loop a slow answer also keeps later requests from being sent;
// compare runs with the same number of connections only.
package load

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Plan says what to send, and how long.
type Plan struct {
	// Target is the server.
	Target netip.AddrPort
	// Connections is how many there are, all opened before the first request.
	Connections int
	// Requests are whole HTTP/1.1 requests. Connection i begins with the one at
	// i and goes on with every Connections-th, so that together they go through
	// all in turn.
	Requests [][]byte
	// Sources spreads the connections over that many client addresses,
	// 127.1.0.1 and up; 0 leaves the choice to the system (127.0.0.1).
	Sources int
	// Pause is how long a connection waits after 429 or 503 before its next
	// request. Other statuses are followed at once.
	Pause time.Duration
	// Warmup runs before the window that is counted.
	Warmup time.Duration
	// Window is how long answers are counted.
	Window time.Duration
}

// maxDrain is how long the answers that are still owed at the end of the window
// are waited for.
const maxDrain = 8 * time.Second

// Result is what was answered. Latencies include those of answers that were
// owed when the window ended; rates do not.
type Result struct {
	window     time.Duration
	inWindow   [600]int
	latencies  [600]*Histogram
	Reconnects int // connections that the server closed and the plan opened again
	Unanswered int // requests without an answer when the time for that was over
}

// Answers returns a Result of n answers with status 200 within that window, for
// tests of what is made of results.
func Answers(n int, window time.Duration) *Result {
	r := &Result{window: window}
	for range n {
		r.count(200, 0, true)
	}
	return r
}

// Rate is how many answers with that status came in a second.
func (r *Result) Rate(status int) float64 {
	return float64(r.inWindow[status]) / r.window.Seconds()
}

// Latency holds the latencies of the answers with that status; nil when there
// were none.
func (r *Result) Latency(status int) *Histogram { return r.latencies[status] }

// Statuses lists the statuses that were answered, in ascending order.
func (r *Result) Statuses() []int {
	var all []int
	for status, h := range r.latencies {
		if h != nil {
			all = append(all, status)
		}
	}
	return all
}

// Only returns an error unless every request was answered, with one of the
// given statuses, and the first of them came.
func (r *Result) Only(statuses ...int) error {
	for _, got := range r.Statuses() {
		if !slices.Contains(statuses, got) {
			return fmt.Errorf("%d answers with the unexpected status %d", r.latencies[got].Count(), got)
		}
	}
	switch {
	case r.latencies[statuses[0]] == nil:
		return fmt.Errorf("no answer with status %d", statuses[0])
	case r.Unanswered > 0:
		return fmt.Errorf("%d requests were never answered", r.Unanswered)
	}
	return nil
}

func (r *Result) count(status int, latency time.Duration, inWindow bool) {
	if r.latencies[status] == nil {
		r.latencies[status] = new(Histogram)
	}
	r.latencies[status].Record(latency)
	if inWindow {
		r.inWindow[status]++
	}
}

func (p *Plan) check() error {
	switch {
	case !p.Target.Addr().IsLoopback() || !p.Target.Addr().Is4():
		return fmt.Errorf("load: the target %s is not in 127.0.0.0/8", p.Target)
	case p.Connections < 1 || len(p.Requests) == 0:
		return fmt.Errorf("load: a plan needs connections and requests")
	case p.Window <= 0 || p.Window > 10*time.Minute:
		return fmt.Errorf("load: a window of %v", p.Window)
	}
	return nil
}

// source is the client address of connection i.
func (p *Plan) source(i int) netip.Addr {
	if p.Sources == 0 {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	i %= p.Sources
	return netip.AddrFrom4([4]byte{127, 1, byte(i / 250), byte(i%250 + 1)})
}

// Run carries out a plan. It returns early with ctx's error.
func Run(ctx context.Context, p Plan) (*Result, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	l, err := newLoop(p)
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", p.Target, err)
	}
	defer l.close()
	if err := l.run(ctx); err != nil {
		return nil, fmt.Errorf("load %s: %w", p.Target, err)
	}
	return l.result, nil
}
