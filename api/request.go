package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/restauth/restauth/api/problem"
	"github.com/restauth/restauth/api/reqctx"
)

// exchange is the context of a request and all that this package remembers of
// it, in one piece of memory: every request needs them.
type exchange struct {
	// The context that operations see: before, then what Authenticate made of
	// it. It changes once, in admit, before anybody else holds the exchange.
	context.Context
	// The request's own context, which knows access.Request besides.
	before reqctx.Context
	access Access
	rec    responseRecorder
	id     [1]string // the value of X-Request-Id
	// counts is told of the answer, nil where nobody counts.
	counts func(*Access)
}

type exchangeKey struct{}

// Value implements context.Context.
func (x *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return x
	}
	return x.Context.Value(key)
}

// exchangeOf finds the exchange of a request that the recorder has passed on.
func exchangeOf(r *http.Request) *exchange {
	x, _ := r.Context().Value(exchangeKey{}).(*exchange)
	return x
}

// recorder is the outermost handler: it names the request, answers panics and
// writes one log line.
type recorder struct {
	next   http.Handler
	errors *problemWriter
	logger *slog.Logger
	access func(context.Context, *Access)
	// outside counts what is none of the contract's, if anybody does.
	outside func(*Access)
	rand    io.Reader
	// proxies may say who the client is.
	proxies          proxies
	nosniff, noStore []string
}

func (h *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{rec: responseRecorder{ResponseWriter: w}, counts: h.outside}
	x.before = reqctx.Context{Context: r.Context(), Request: &x.access.Request}
	x.Context = &x.before
	x.access.Start = time.Now()
	x.access.Request = reqctx.New(problem.RequestID(r, h.rand), h.proxies.client(r), r.Header)
	r = r.WithContext(x) //nolint:contextcheck // x is the request's own context, and more
	header := w.Header()
	x.id[0] = x.access.Request.ID
	header["X-Request-Id"] = x.id[:]
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
	defer h.end(x, r)
	h.next.ServeHTTP(&x.rec, r)
}

// end is the last of every request, also of one that panics.
func (h *recorder) end(x *exchange, r *http.Request) {
	if cause := recover(); cause != nil {
		h.recovered(&x.rec, r, cause)
	}
	a := &x.access
	a.Method = bounded(r.Method, 16)
	if a.Route == "" {
		a.Path = loggable(r.URL.Path)
	}
	a.Status, a.Bytes = int32(x.rec.status()), x.rec.bytes //nolint:gosec // three digits, or net/http would have panicked
	a.Took = time.Since(a.Start)
	if x.counts != nil {
		x.counts(a)
	}
	h.access(r.Context(), a)
}

// recovered answers a panic like any other unexpected fault and keeps the
// process alive. A deliberate abort of the connection passes through.
func (h *recorder) recovered(w *responseRecorder, r *http.Request, cause any) {
	if cause == http.ErrAbortHandler { //nolint:errorlint // net/http panics with this very value
		panic(cause)
	}
	h.logger.ErrorContext(r.Context(), "panic",
		"cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
	h.errors.write(w, r, &Problem{Status: http.StatusInternalServerError, Detail: problem.Fault})
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
