package reqctx_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/restauth/restauth/api/reqctx"
)

// within is a context of a request, in a trace or in none.
func within(ctx context.Context, traceparent string) context.Context {
	r := reqctx.New("r1", netip.Addr{}, map[string][]string{"Traceparent": {traceparent}})
	return &reqctx.Context{Context: ctx, Request: &r}
}

// TestLogHandler: each line names its request once, outside every group, and
// nothing else of it changes.
func TestLogHandler(t *testing.T) {
	traced := within(t.Context(), "00-"+trace+"-1234567890123456-01")
	plain := within(t.Context(), "nonsense")
	for _, c := range []struct {
		name string
		log  func(*slog.Logger)
		want string
	}{
		{"in a trace", func(l *slog.Logger) { l.WarnContext(traced, "m", "a", 1) }, "level=WARN msg=m request_id=r1 trace_id=" + trace + " a=1"},
		{"in none", func(l *slog.Logger) { l.InfoContext(plain, "m", "a", 1) }, "level=INFO msg=m request_id=r1 a=1"},
		{"no request", func(l *slog.Logger) { l.InfoContext(t.Context(), "m", "a", 1) }, "level=INFO msg=m a=1"},
		{"no context", func(l *slog.Logger) { l.Info("m", "a", 1) }, "level=INFO msg=m a=1"},
		{"named already", func(l *slog.Logger) { l.InfoContext(traced, "m", "request_id", "own") }, "level=INFO msg=m request_id=own"},
		{"named by With", func(l *slog.Logger) { l.With("request_id", "own").InfoContext(traced, "m", "a", 1) }, "level=INFO msg=m request_id=own a=1"},
		{"named by With, then a group", func(l *slog.Logger) { l.With("request_id", "own").WithGroup("g").InfoContext(traced, "m", "a", 1) }, "level=INFO msg=m request_id=own g.a=1"},
		{"another's in a group", func(l *slog.Logger) { l.WithGroup("g").InfoContext(plain, "m", "request_id", "own") }, "level=INFO msg=m request_id=r1 g.request_id=own"},
		{"in groups", func(l *slog.Logger) {
			l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").With("c", 3).InfoContext(plain, "m", "d", 4)
		}, "level=INFO msg=m a=1 request_id=r1 g.b=2 g.h.c=3 g.h.d=4"},
		{"an empty group", func(l *slog.Logger) { l.WithGroup("").InfoContext(plain, "m", "a", 1) }, "level=INFO msg=m request_id=r1 a=1"},
		{"below the level", func(l *slog.Logger) { l.DebugContext(plain, "m") }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			text := slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
				if a.Key == slog.TimeKey && len(groups) == 0 {
					return slog.Attr{}
				}
				return a
			}})
			for _, handler := range []slog.Handler{reqctx.LogHandler(text), reqctx.LogHandler(reqctx.LogHandler(text))} {
				out.Reset()
				c.log(slog.New(handler))
				if got := strings.TrimSuffix(out.String(), "\n"); got != c.want {
					t.Errorf("line = %s, want %s", got, c.want)
				}
			}
		})
	}
}

// TestLogHandlerBranches: loggers made of one another do not write into each other.
func TestLogHandlerBranches(t *testing.T) {
	var out bytes.Buffer
	base := slog.New(reqctx.LogHandler(slog.NewTextHandler(&out, nil))).WithGroup("g").With("a", 1)
	one, two := base.With("b", 2), base.With("c", 3)
	one.InfoContext(within(t.Context(), ""), "m")
	two.InfoContext(within(t.Context(), ""), "m")
	lines := strings.Split(out.String(), "\n")
	if !strings.HasSuffix(lines[0], "request_id=r1 g.a=1 g.b=2") || !strings.HasSuffix(lines[1], "request_id=r1 g.a=1 g.c=3") {
		t.Errorf("lines =\n%s", out.String())
	}
}
