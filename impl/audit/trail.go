package audit

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/restauth/restauth/api/reqctx"
	"github.com/restauth/restauth/impl/userid"
)

// The members of an event's line, in their order, behind time, level and msg. What a
// client may have chosen comes behind the address.
const (
	EventKey    = "event"
	OutcomeKey  = "outcome"
	ReasonKey   = "reason"
	AddressKey  = "address"
	OperatorKey = "operator_uid"
	UserIDKey   = "user_id"
	MethodKey   = "method"
	DetailKey   = "detail"
	LostKey     = "lost"
	UsernameKey = "username"
)

// Config is what New needs.
type Config struct {
	// Logger gets every event as a line, at info or, where somebody has to put
	// something right, at warn.
	Logger *slog.Logger
	// File gets the same lines as JSON, whatever the log's level and form; nil is none.
	File *File
	// HideUnknownNames leaves out names that no row answers to: people type passwords
	// into the wrong field.
	HideUnknownNames bool
	// Observe is told of every event, to count it; nil is nobody. It must not keep what
	// it is given.
	Observe func(*Event)
	// Now tells when an event happened; time.Now when nil.
	Now func() time.Time
}

// Trail records events. It is safe for concurrent use; a nil Trail records none.
type Trail struct {
	log     slog.Handler
	file    *File
	lines   slog.Handler // writes into file
	hides   bool
	observe func(*Event)
	now     func() time.Time
}

// New returns a Trail.
func New(cfg Config) (*Trail, error) {
	if cfg.Logger == nil {
		return nil, errors.New("audit: a Logger is required")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	t := &Trail{log: cfg.Logger.Handler(), file: cfg.File, hides: cfg.HideUnknownNames, observe: cfg.Observe, now: cfg.Now}
	if t.file != nil {
		t.lines = slog.NewJSONHandler(t.file, nil)
		t.file.begin(t.gap)
	}
	return t, nil
}

// Record records an event, of the request that ctx belongs to. It waits for no disk:
// see [File].
func (t *Trail) Record(ctx context.Context, e Event) {
	if t == nil {
		return
	}
	if t.observe != nil {
		t.observe(&e)
	}
	record := slog.NewRecord(t.now().UTC(), e.level(), e.message(), 0)
	record.AddAttrs(t.attrs(ctx, &e)...)
	if t.log.Enabled(ctx, record.Level) {
		_ = t.log.Handle(ctx, record) // A log that fails has nowhere to say so.
	}
	// What was refused cost its sender next to nothing, so that there may be a flood of
	// it: it leaves room to what was looked at.
	if t.file != nil && (e.Outcome != OutcomeRefused || !t.file.crowded()) {
		_ = t.lines.Handle(ctx, record) // File keeps account of what it cannot write.
	}
}

func (t *Trail) attrs(ctx context.Context, e *Event) []slog.Attr {
	attrs := make([]slog.Attr, 0, 13)
	attrs = append(attrs,
		slog.String(EventKey, string(e.Kind)), slog.String(OutcomeKey, string(e.Outcome)), slog.String(ReasonKey, string(e.Reason)))
	request := reqctx.From(ctx)
	if request.Client.IsValid() { // also what a command is about, which is no request's
		attrs = append(attrs, slog.String(AddressKey, request.Client.String()))
	}
	if request.ID != "" {
		attrs = append(attrs, slog.String(reqctx.RequestIDKey, request.ID))
		if trace := request.TraceID(); trace != "" {
			attrs = append(attrs, slog.String(reqctx.TraceIDKey, trace))
		}
	}
	if e.Operator != nil {
		attrs = append(attrs, slog.Int(OperatorKey, *e.Operator))
	}
	if e.Account.known {
		attrs = append(attrs, userID(e.Account.id))
	}
	if e.Method != "" {
		attrs = append(attrs, slog.String(MethodKey, e.Method))
	}
	if e.Detail != "" {
		attrs = append(attrs, slog.String(DetailKey, e.Detail))
	}
	if e.Lost > 0 {
		attrs = append(attrs, slog.Int(LostKey, e.Lost))
	}
	attrs = append(attrs, e.Program...)
	if e.Account.known || e.Account.typed && !t.hides {
		attrs = append(attrs, slog.Any(UsernameKey, name(e.Account.name)))
	}
	return attrs
}

// userID is a number, or a text that may be as hostile as a name.
func userID(id userid.ID) slog.Attr {
	if n, ok := id.Int64(); ok {
		return slog.Int64(UserIDKey, n)
	}
	if id.IsNumber() {
		return slog.Any(UserIDKey, id)
	}
	return slog.Any(UserIDKey, name(id.String()))
}

// gap says how many events the file lacks.
func (t *Trail) gap(lost int) {
	t.Record(context.Background(), Event{Kind: KindGap, Outcome: OutcomeFailure, Reason: ReasonFileFull, Lost: lost})
}
