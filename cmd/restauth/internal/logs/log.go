package logs

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/api/reqctx"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

const (
	// logDelay is how long a line may wait for others to be written with it.
	logDelay = 100 * time.Millisecond
	// logBytes is how much may wait.
	logBytes = 64 << 10
)

// Log is where the server writes what happens.
type Log struct {
	*slog.Logger
	// Access writes the line of a request; nil writes it through Logger.
	Access func(context.Context, *api.Access)
	// Flush writes out the lines that wait; call it at the end.
	Flush func()
}

// Open opens the log. On a terminal no line waits.
func Open(w io.Writer, terminal bool, s *settings.Log) Log {
	opts := &slog.HandlerOptions{Level: s.LogLevel}
	if terminal {
		return Log{Logger: slog.New(handler(w, terminal, s, opts)), Flush: func() {}}
	}
	lines := newLineBuffer(w)
	all := Log{Logger: slog.New(urgent{handler(lines, terminal, s, opts), lines}), Flush: lines.flush}
	switch {
	case s.LogLevel > slog.LevelInfo:
		all.Access = func(context.Context, *api.Access) {}
	case s.LogFormat != "text":
		all.Access = func(ctx context.Context, a *api.Access) {
			if a.Level() >= s.LogLevel {
				lines.access(ctx, a)
			}
		}
	}
	return all
}

func handler(w io.Writer, terminal bool, s *settings.Log, opts *slog.HandlerOptions) slog.Handler {
	if s.LogFormat == "text" || s.LogFormat == "auto" && terminal {
		return reqctx.LogHandler(slog.NewTextHandler(w, opts))
	}
	return reqctx.LogHandler(slog.NewJSONHandler(w, opts))
}

// lineBuffer gathers what is logged, so that a line for each request does not
// cost a system call for each. Writes come from one slog.Handler, which makes
// one of each line. When the output does not take more, writers wait: a line
// is not dropped.
type lineBuffer struct {
	out io.Writer

	mu      sync.Mutex
	waiting []byte
	timer   *time.Timer // runs while anything waits
}

func newLineBuffer(out io.Writer) *lineBuffer {
	b := &lineBuffer{out: out, waiting: make([]byte, 0, logBytes)}
	b.timer = time.AfterFunc(time.Hour, b.flush)
	b.timer.Stop()
	return b
}

// Write implements io.Writer.
func (b *lineBuffer) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting)+len(line) > logBytes {
		b.writeOut()
	}
	if len(b.waiting) == 0 {
		b.timer.Reset(logDelay)
	}
	b.waiting = append(b.waiting, line...)
	return len(line), nil
}

// accessLine is longer than the line of any usual request.
const accessLine = 512

// access writes a request's line as the JSON handler would.
func (b *lineBuffer) access(_ context.Context, a *api.Access) {
	var line [accessLine]byte
	_, _ = b.Write(a.AppendJSON(line[:0])) //nolint:contextcheck // neither of them needs one; it never fails
}

func (b *lineBuffer) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writeOut()
}

func (b *lineBuffer) writeOut() {
	if len(b.waiting) > 0 {
		_, _ = b.out.Write(b.waiting) // There is nowhere left to say that it failed.
		b.waiting = b.waiting[:0]
	}
	b.timer.Stop()
}

// urgent is a handler over a lineBuffer that lets nothing wait which tells of
// more than a request that went well.
type urgent struct {
	slog.Handler
	lines *lineBuffer
}

// Handle implements slog.Handler.
func (h urgent) Handle(ctx context.Context, record slog.Record) error {
	err := h.Handler.Handle(ctx, record)
	if record.Level > slog.LevelInfo {
		h.lines.flush()
	}
	return err
}

// WithAttrs implements slog.Handler.
func (h urgent) WithAttrs(attrs []slog.Attr) slog.Handler {
	return urgent{h.Handler.WithAttrs(attrs), h.lines}
}

// WithGroup implements slog.Handler.
func (h urgent) WithGroup(name string) slog.Handler {
	return urgent{h.Handler.WithGroup(name), h.lines}
}
