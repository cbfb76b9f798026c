package api

import (
	"bytes"
	"context"
	"log/slog"
	"math"
	"strconv"
	"time"

	"github.com/restauth/restauth/api/reqctx"
)

// Access is what the log says of one request: nothing of its query, headers or
// body, and of its path only what looks like one.
type Access struct {
	// Start is when the request's header had been read.
	Start time.Time
	// Request is its id, its client and the trace it is part of.
	Request reqctx.Request
	// Method is cut at 16 bytes.
	Method string
	// Route is the path as the contract writes it, "" when it is none of the
	// contract's; then Path is what was asked for, or says that it was no path.
	Route, Path string
	// Operation is the operationId, "" outside the contract.
	Operation string
	// Status and Bytes are the answer's, without its header.
	Status int32
	// Probe says that the operation is one of Config.Probes. It, Scheme and Status
	// share a word: this is part of what every request allocates.
	Probe bool
	// Scheme is how the token of a caller who was let in was sent.
	Scheme TokenScheme
	Bytes  int64
	// Took is how long the answer took.
	Took time.Duration
}

// TokenScheme is an authentication scheme that a token may follow.
type TokenScheme uint8

// The schemes. The zero TokenScheme is that of a request whose token was not good, or
// not asked for.
const (
	SchemeBearer TokenScheme = iota + 1
	SchemeJWT                // Flask-JWT's: JWT, or Config.AuthorizationPrefix
)

const accessMessage = "request"

// Level is the level of the line: a probe that went well is asked for every few
// seconds and says nothing new.
func (a *Access) Level() slog.Level {
	if a.Probe && a.Status < 400 {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// logAccess is the access log of who configures none: a line of the logger.
func logAccess(logger *slog.Logger) func(context.Context, *Access) {
	return func(ctx context.Context, a *Access) {
		if level := a.Level(); logger.Enabled(ctx, level) {
			logger.LogAttrs(ctx, level, accessMessage, a.attrs()...)
		}
	}
}

func (a *Access) attrs() []slog.Attr {
	attrs := make([]slog.Attr, 0, 8) // and one more in a trace
	attrs = append(attrs, slog.String(reqctx.RequestIDKey, a.Request.ID))
	if trace := a.Request.TraceID(); trace != "" {
		attrs = append(attrs, slog.String(reqctx.TraceIDKey, trace))
	}
	attrs = append(attrs, slog.String("method", a.Method))
	if a.Route != "" {
		attrs = append(attrs, slog.String("route", a.Route))
	} else {
		attrs = append(attrs, slog.String("path", a.Path))
	}
	if a.Operation != "" {
		attrs = append(attrs, slog.String("operation", a.Operation))
	}
	return append(attrs,
		slog.Int("status", int(a.Status)),
		slog.Int64("bytes", a.Bytes),
		slog.Float64("ms", milliseconds(a.Took)),
		slog.String("remote", a.Request.Client.String()),
	)
}

// milliseconds has three places: what is below a microsecond is noise.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// AppendJSON appends the line, byte for byte, that slog's JSONHandler writes of
// the same attributes at the request's end, at a fifth of the cost: every request
// pays for its line.
func (a *Access) AppendJSON(line []byte) []byte {
	if !plain(a.Request.ID) || !plain(a.Method) || !plain(a.Route) || !plain(a.Path) || !plain(a.Operation) {
		return a.appendAny(line)
	}
	line = append(line, `{"time":"`...)
	line = a.end().AppendFormat(line, time.RFC3339Nano)
	if a.Level() == slog.LevelDebug {
		line = append(line, `","level":"DEBUG","msg":"`+accessMessage+`"`...)
	} else {
		line = append(line, `","level":"INFO","msg":"`+accessMessage+`"`...)
	}
	line = appendMember(line, reqctx.RequestIDKey, a.Request.ID)
	if trace := a.Request.TraceID(); trace != "" {
		line = appendMember(line, reqctx.TraceIDKey, trace)
	}
	line = appendMember(line, "method", a.Method)
	if a.Route != "" {
		line = appendMember(line, "route", a.Route)
	} else {
		line = appendMember(line, "path", a.Path)
	}
	if a.Operation != "" {
		line = appendMember(line, "operation", a.Operation)
	}
	line = append(line, `,"status":`...)
	line = strconv.AppendInt(line, int64(a.Status), 10)
	line = append(line, `,"bytes":`...)
	line = strconv.AppendInt(line, a.Bytes, 10)
	line = append(line, `,"ms":`...)
	line = appendMilliseconds(line, a.Took)
	line = append(line, `,"remote":"`...)
	if a.Request.Client.IsValid() {
		line = a.Request.Client.AppendTo(line)
	} else {
		line = append(line, "invalid IP"...) // what its String says
	}
	return append(line, '"', '}', '\n')
}

func (a *Access) end() time.Time { return a.Start.Add(a.Took) }

// plain reports whether a string stands in JSON as it is.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// appendAny is AppendJSON for strings that need escapes: none that this package
// writes does.
func (a *Access) appendAny(line []byte) []byte {
	var out bytes.Buffer
	record := slog.NewRecord(a.end(), a.Level(), accessMessage, 0)
	record.AddAttrs(a.attrs()...)
	_ = slog.NewJSONHandler(&out, nil).Handle(context.Background(), record) // A buffer takes everything.
	return append(line, out.Bytes()...)
}

func appendMember(line []byte, name, value string) []byte {
	line = append(line, ',', '"')
	line = append(line, name...)
	line = append(line, '"', ':', '"')
	line = append(line, value...)
	return append(line, '"')
}

// appendMilliseconds writes the shortest form of milliseconds(d).
func appendMilliseconds(line []byte, d time.Duration) []byte {
	micros := d.Microseconds()
	if micros < 0 || micros > math.MaxInt32 { // half an hour, or a clock put back
		return strconv.AppendFloat(line, milliseconds(d), 'f', -1, 64)
	}
	line = strconv.AppendInt(line, micros/1000, 10)
	fraction := micros % 1000
	if fraction == 0 {
		return line
	}
	line = append(line, '.', byte('0'+fraction/100))
	if fraction%100 == 0 {
		return line
	}
	line = append(line, byte('0'+fraction/10%10))
	if fraction%10 == 0 {
		return line
	}
	return append(line, byte('0'+fraction%10))
}
