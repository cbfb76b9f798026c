package load

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestHistogramKnowsQuantiles(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var h Histogram
	var all []time.Duration
	for range 20_000 {
		d := time.Duration(random.ExpFloat64() * 3e6)
		h.Record(d)
		all = append(all, d)
	}
	slices.Sort(all)
	for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.99, 0.999, 1} {
		exact := all[min(len(all)-1, max(0, int(q*float64(len(all)))-1))]
		got := h.Quantile(q)
		if got < exact || float64(got) > float64(exact)*1.01+1 {
			t.Errorf("Quantile(%v) = %v, want %v", q, got, exact)
		}
	}
	if h.Quantile(1) != all[len(all)-1] || h.Max() != all[len(all)-1] || h.Count() != len(all) {
		t.Errorf("Quantile(1), Max, Count = %v, %v, %d, want %v twice and %d", h.Quantile(1), h.Max(), h.Count(), all[len(all)-1], len(all))
	}
}

func TestHistogramBuckets(t *testing.T) {
	for _, v := range []uint64{0, 1, 127, 128, 255, 256, 257, 511, 512, 1 << 20, 1<<20 + 12345, 1<<63 - 1} {
		i := bucket(v)
		if i >= buckets || upper(i) < v || i > 0 && upper(i-1) >= v {
			t.Errorf("%d is in bucket %d, up to %d", v, i, upper(i))
		}
	}
	var none *Histogram
	if none.Quantile(0.5) != 0 || none.Count() != 0 || none.Max() != 0 {
		t.Error("a nil Histogram is not empty")
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, in string
		want     response
		whole    bool
		err      error
	}{
		{"whole", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: y\r\n\r\nhi", response{200, 46}, true, nil},
		{"HTTP/1.0, lower case, last header", "HTTP/1.0 429 Slow\r\nserver: x\r\ncontent-length:1\r\n\r\nx", response{429, 51}, true, nil},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", response{204, 27}, true, nil},
		{"two answers", "HTTP/1.1 204 No Content\r\n\r\nHTTP", response{204, 27}, true, nil},
		{"half a head", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", response{}, false, nil},
		{"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhi", response{200, 49}, false, nil},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", response{}, false, errResponse},
		{"length in another header", "HTTP/1.1 200 OK\r\nX-Content-Length: 2\r\n\r\n", response{}, false, errResponse},
		{"no number", "HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nhi", response{}, false, errResponse},
		{"no HTTP", "SSH-2.0-OpenSSH_9.2p1 Debian\r\n\r\n", response{}, false, errResponse},
		{"no status", "HTTP/1.1 xyz OK\r\nContent-Length: 2\r\n\r\nhi", response{}, false, errResponse},
	}
	for _, tt := range tests {
		got, whole, err := parse([]byte(tt.in))
		if whole != tt.whole || !errors.Is(err, tt.err) || tt.err == nil && got != tt.want {
			t.Errorf("%s: parse() = %v, %v, %v, want %v, %v, %v", tt.name, got, whole, err, tt.want, tt.whole, tt.err)
		}
	}
}

func serve(t *testing.T, h http.HandlerFunc) netip.AddrPort {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://"))
}

func requests(paths ...string) [][]byte {
	var all [][]byte
	for _, path := range paths {
		all = append(all, []byte("GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"))
	}
	return all
}

// TestRun: every request is sent, every answer counted once, under its status,
// and from the addresses asked for.
func TestRun(t *testing.T) {
	var mu sync.Mutex
	paths, hosts, clients := map[string]int{}, map[string]bool{}, map[string]bool{}
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		mu.Lock()
		paths[r.URL.Path]++
		hosts[host] = true
		clients[r.RemoteAddr] = true
		mu.Unlock()
		if r.URL.Path == "/slow" {
			time.Sleep(20 * time.Millisecond)
			w.WriteHeader(http.StatusUnauthorized)
		}
		_, _ = io.WriteString(w, "hello")
	})
	begun := time.Now()
	result, err := Run(t.Context(), Plan{
		Target: target, Connections: 6, Sources: 3, Requests: requests("/a", "/b", "/slow", "/c"), Window: 300 * time.Millisecond,
	})
	took := time.Since(begun)
	if err != nil {
		t.Fatal(err)
	}
	if err := result.Only(200, 401); err != nil {
		t.Error(err)
	}
	mu.Lock() // the race detector does not see that the sockets order this
	defer mu.Unlock()
	ok, slow := result.Latency(200), result.Latency(401)
	if served := paths["/a"] + paths["/b"] + paths["/c"]; ok.Count() != served || slow.Count() != paths["/slow"] {
		t.Errorf("counted %d and %d, want %d and %d", ok.Count(), slow.Count(), served, paths["/slow"])
	}
	if len(paths) != 4 || len(hosts) != 3 || len(clients) != 6 || !hosts["127.1.0.2"] {
		t.Errorf("%d paths from %v over %d connections, want 4, 3 and 6", len(paths), hosts, len(clients))
	}
	if got := slow.Quantile(0.5); got < 20*time.Millisecond || got > took {
		t.Errorf("p50 of a 20 ms answer is %v in a run of %v", got, took)
	}
	if rate := result.Rate(200); rate < 0 || rate > float64(ok.Count())/0.3 {
		t.Errorf("%v answers a second, of %d in 300 ms or later", rate, ok.Count())
	}
	if err := result.Only(200); err == nil {
		t.Error("Only(200) takes answers with 401")
	}
}

func TestRunPausesAfterRefusals(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	plan := Plan{Target: target, Connections: 4, Requests: requests("/"), Window: 400 * time.Millisecond, Pause: 100 * time.Millisecond}
	result, err := Run(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	// Each of the four comes at 0, 100, 200 and 300 ms, or later on a busy machine.
	if n := result.Latency(503).Count(); n < 4 || n > 16 {
		t.Errorf("%d requests with pauses of 100 ms, want at most 16", n)
	}
}

// TestRunEnds: a pause that is over just when the window is sends nothing.
func TestRunEnds(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	for range 20 {
		const window = 30 * time.Millisecond
		result, err := Run(t.Context(), Plan{Target: target, Connections: 4, Requests: requests("/"), Window: window, Pause: window})
		if err != nil {
			t.Fatal(err)
		}
		if n := result.Latency(503).Count(); n > 4 {
			t.Errorf("%d requests in %v with pauses as long, want one on each of 4 connections", n, window)
		}
	}
}

// TestRunReconnects: gunicorn closes connections whenever it likes.
func TestRunReconnects(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") })
	result, err := Run(t.Context(), Plan{Target: target, Connections: 2, Requests: requests("/"), Window: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	if n := result.Latency(200).Count(); n < 4 || result.Reconnects < n-2 {
		t.Errorf("%d answers and %d reconnects", n, result.Reconnects)
	}
}

func TestRunRefuses(t *testing.T) {
	good := Plan{Target: netip.MustParseAddrPort("127.0.0.1:1"), Connections: 1, Requests: requests("/"), Window: time.Second}
	away := good
	away.Target = netip.MustParseAddrPort("192.0.2.1:80")
	for name, plan := range map[string]Plan{"nobody listens": good, "not loopback": away, "nothing": {}} {
		if _, err := Run(t.Context(), plan); err == nil {
			t.Errorf("%s: Run() = nil, want an error", name)
		}
	}
}

func TestRunStops(t *testing.T) {
	target := serve(t, func(http.ResponseWriter, *http.Request) {})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Run(ctx, Plan{Target: target, Connections: 1, Requests: requests("/"), Window: time.Minute}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run() = %v, want the context's error", err)
	}
}

func TestHold(t *testing.T) {
	var mu sync.Mutex
	open := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hi") }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		mu.Lock()
		defer mu.Unlock()
		switch state {
		case http.StateNew:
			open++
		case http.StateClosed:
			open--
		default: // between the two
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	held, err := Hold(t.Context(), netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://")), 300, 4, requests("/")[0])
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	mu.Lock()
	defer mu.Unlock()
	if open != 300 {
		t.Errorf("%d connections are open, want 300", open)
	}
}
