package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"time"

	"github.com/restauth/restauth/api/problem"
)

// requestInfo travels with a request and is what its log line is made of.
type requestInfo struct {
	id        string
	operation string // operationId, "" outside the contract
	route     string // the path as the contract writes it, "" when unknown
	client    netip.Addr
}

type requestInfoKey struct{}

// exchange is the context of a request and all that this package remembers of
// it, in one piece of memory: every request needs them.
type exchange struct {
	context.Context
	info requestInfo
	rec  responseRecorder
}

// Value implements context.Context.
func (x *exchange) Value(key any) any {
	if key == (requestInfoKey{}) {
		return &x.info
	}
	return x.Context.Value(key)
}

// RequestID returns the id of the request that ctx belongs to, "" outside one.
func RequestID(ctx context.Context) string {
	if info, ok := ctx.Value(requestInfoKey{}).(*requestInfo); ok {
		return info.id
	}
	return ""
}

// recorder is the outermost handler: it names the request, answers panics and
// writes one log line.
type recorder struct {
	next   http.Handler
	errors *problemWriter
	logger *slog.Logger
	rand   io.Reader
	// proxies may say who the client is.
	proxies          proxies
	nosniff, noStore []string
}

func (h *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	x := &exchange{
		Context: r.Context(),
		info:    requestInfo{id: problem.RequestID(r, h.rand), client: h.proxies.client(r)},
		rec:     responseRecorder{ResponseWriter: w},
	}
	info, rec := &x.info, &x.rec
	r = r.WithContext(x) //nolint:contextcheck // x is the request's own context, and more
	header := rec.Header()
	header["X-Request-Id"] = []string{info.id}
	// The same two slices for every answer, where Set would make new ones:
	// nothing writes into a header's slice, Set and Add replace it.
	header["X-Content-Type-Options"] = h.nosniff
	// Everything a login server says is about one caller at one moment. What
	// may be kept (the docs' assets) says so itself.
	header["Cache-Control"] = h.noStore
	if len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1) {
		// A front end that reads the framing otherwise could pass a second
		// request off as part of this one (RFC 9112, section 6.1). Of HTTP/1.0
		// net/http does not say whether there was a Transfer-Encoding.
		header.Set("Connection", "close")
	}
	defer func() {
		if cause := recover(); cause != nil {
			h.recovered(rec, r, cause)
		}
		h.log(rec, r, info, time.Since(start))
	}()
	h.next.ServeHTTP(rec, r)
}

// recovered answers a panic like any other unexpected fault and keeps the
// process alive. A deliberate abort of the connection passes through.
func (h *recorder) recovered(w *responseRecorder, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler { //nolint:errorlint // net/http panics with this very value
		panic(cause)
	}
	h.logger.ErrorContext(r.Context(), "panic", "request_id", RequestID(r.Context()),
		"cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
	h.errors.write(w, r, &Problem{Status: http.StatusInternalServerError, Detail: problem.Fault})
}

func (h *recorder) log(w *responseRecorder, r *http.Request, info *requestInfo, took time.Duration) {
	if !h.logger.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	attrs := make([]slog.Attr, 0, 9)
	attrs = append(attrs,
		slog.String("request_id", info.id),
		slog.String("method", bounded(r.Method, 16)),
	)
	if info.route != "" {
		attrs = append(attrs, slog.String("route", info.route))
	} else {
		attrs = append(attrs, slog.String("path", loggable(r.URL.Path)))
	}
	if info.operation != "" {
		attrs = append(attrs, slog.String("operation", info.operation))
	}
	attrs = append(attrs,
		slog.Int("status", w.status()),
		slog.Int64("bytes", w.bytes),
		slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("remote", info.client.String()),
	)
	h.logger.LogAttrs(r.Context(), slog.LevelInfo, "request", attrs...)
}

// bounded cuts what a client chose before it reaches the log; slog's handlers
// escape control characters.
func bounded(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

// loggable is a path that is none of the contract's, if it looks like a path: a
// token or a password that was pasted behind the host is not to reach the log.
func loggable(path string) string {
	const unlike = "(unprintable or long)"
	if len(path) > 64 {
		return unlike
	}
	segment := 0
	for i := range len(path) {
		switch c := path[i]; {
		case c == '/':
			segment = -1
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return unlike
		}
		if segment++; segment > 32 {
			return unlike
		}
	}
	return path
}

// responseRecorder remembers what was answered.
type responseRecorder struct {
	http.ResponseWriter
	code  int
	bytes int64
}

func (w *responseRecorder) WriteHeader(code int) {
	if w.code == 0 && code >= 200 {
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *responseRecorder) Write(p []byte) (int, error) {
	if w.code == 0 {
		w.code = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *responseRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *responseRecorder) wrote() bool { return w.code != 0 }

func (w *responseRecorder) status() int {
	if w.code == 0 {
		return http.StatusOK
	}
	return w.code
}
