package reqctx

import (
	"context"
	"log/slog"
	"slices"
)

// The members of a log's line that say which request it belongs to.
const (
	RequestIDKey = "request_id"
	TraceIDKey   = "trace_id"
)

// LogHandler returns a handler that names the request in each line which is logged
// with a request's context: request_id, and trace_id where there is one, before
// the line's own members and outside every group. Nobody who logs has to think of
// it. A line that names its request itself, and one of a handler that already does
// this, is left as it is.
func LogHandler(next slog.Handler) slog.Handler {
	return &logHandler{root: next, grouped: next}
}

type logHandler struct {
	root    slog.Handler // with the attributes given before any group
	grouped slog.Handler // with all of them, and the groups
	// since is what made grouped of root.
	since []func(slog.Handler) slog.Handler
	named bool // root names a request
}

// Enabled implements slog.Handler.
func (h *logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.grouped.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h *logHandler) Handle(ctx context.Context, record slog.Record) error {
	r := From(ctx)
	if r.ID == "" || h.named || len(h.since) == 0 && names(record) {
		return h.grouped.Handle(ctx, record)
	}
	attrs := []slog.Attr{slog.String(RequestIDKey, r.ID)}
	if trace := r.TraceID(); trace != "" {
		attrs = append(attrs, slog.String(TraceIDKey, trace))
	}
	within := h.root.WithAttrs(attrs)
	for _, again := range h.since {
		within = again(within)
	}
	return within.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(h.since) > 0 {
		return h.with(func(next slog.Handler) slog.Handler { return next.WithAttrs(attrs) })
	}
	next := h.root.WithAttrs(attrs)
	return &logHandler{root: next, grouped: next, named: h.named || slices.ContainsFunc(attrs, isRequestID)}
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	return h.with(func(next slog.Handler) slog.Handler { return next.WithGroup(name) })
}

func (h *logHandler) with(said func(slog.Handler) slog.Handler) slog.Handler {
	return &logHandler{root: h.root, grouped: said(h.grouped), since: append(slices.Clip(h.since), said), named: h.named}
}

func names(record slog.Record) bool {
	found := false
	record.Attrs(func(a slog.Attr) bool {
		found = isRequestID(a)
		return !found
	})
	return found
}

func isRequestID(a slog.Attr) bool { return a.Key == RequestIDKey }
