package api_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/api/reqctx"
)

// slogLine is the line that slog's JSONHandler writes of the same request. It
// is spelled out here once more: this is what AppendJSON is held against.
func slogLine(a *api.Access) string {
	var out bytes.Buffer
	level := slog.LevelInfo
	if a.Probe && a.Status < 400 {
		level = slog.LevelDebug
	}
	record := slog.NewRecord(a.Start.Add(a.Took), level, "request", 0)
	record.Add("request_id", a.Request.ID)
	if trace := a.Request.TraceID(); trace != "" {
		record.Add("trace_id", trace)
	}
	record.Add("method", a.Method)
	if a.Route != "" {
		record.Add("route", a.Route)
	} else {
		record.Add("path", a.Path)
	}
	if a.Operation != "" {
		record.Add("operation", a.Operation)
	}
	record.Add("status", a.Status, "bytes", a.Bytes, "ms", float64(a.Took.Microseconds())/1000, "remote", a.Request.Client.String())
	slog.NewJSONHandler(&out, nil).Handle(context.Background(), record)
	return out.String()
}

// FuzzAccessJSON: the line of a request is slog's, byte for byte.
func FuzzAccessJSON(f *testing.F) {
	f.Add("b5f2", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "GET", "/rest-auth", "", "getRestAuth", 200, int64(53), int64(1234567), int64(0), []byte{192, 0, 2, 1})
	f.Add("", "", "DELETE", "", "/favicon.ico", "", 404, int64(0), int64(999), int64(1), []byte{})
	f.Add("a\"b", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0\"", "G\x00T", "/{id}", "", "\u2028", -1, int64(-1), int64(-5_000_000), int64(-1<<40), bytes.Repeat([]byte{0x20, 1}, 8))
	f.Add("\xff", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-<&>\n", "é", "", "a\\b\n", "<&>", 599, int64(1)<<62, int64(100_000_000), int64(1)<<60, []byte("0123456789abcdef"))
	f.Add("x", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "PUT", "/a", "", "b", 500, int64(7), int64(1)<<62, int64(1_790_000_000_120_000_000), append(make([]byte, 10), 0xff, 0xff, 127, 0, 0, 1))
	f.Fuzz(func(t *testing.T, id, traceparent, method, route, path, operation string, status int, size, took, start int64, client []byte) {
		address, _ := netip.AddrFromSlice(client)
		a := &api.Access{
			Start:   time.Unix(0, start).UTC(),
			Request: reqctx.New(id, address, map[string][]string{"Traceparent": {traceparent}}),
			Method:  method, Route: route, Path: path, Operation: operation,
			Status: int32(status), Probe: size%2 == 1, Bytes: size, Took: time.Duration(took),
		}
		if got, want := string(a.AppendJSON(nil)), slogLine(a); got != want {
			t.Errorf("AppendJSON() =\n%s want\n%s", got, want)
		}
	})
}

// TestAccessJSONOfEveryMicrosecond: the shortest form of a float with at most
// three places.
func TestAccessJSONOfEveryMicrosecond(t *testing.T) {
	a := &api.Access{Start: time.Now(), Route: "/", Request: reqctx.New("", netip.MustParseAddr("2001:db8::1"), nil)}
	for _, from := range []time.Duration{0, time.Second, 10 * time.Minute, 1<<31*time.Microsecond - 1000*time.Microsecond} {
		for micros := range 2000 {
			a.Took = from + time.Duration(micros)*time.Microsecond
			if got, want := string(a.AppendJSON(nil)), slogLine(a); got != want {
				t.Fatalf("%v: AppendJSON() =\n%s want\n%s", a.Took, got, want)
			}
		}
	}
}

// TestProbesAreQuiet: a probe that goes well is for who debugs, one that fails is
// for everybody, and other operations are as they were. A name that the document
// does not have is refused, or it would go on unnoticed.
func TestProbesAreQuiet(t *testing.T) {
	for _, tt := range []struct {
		level slog.Level
		want  string
	}{
		{slog.LevelDebug, "DEBUG live 200, INFO ready 503, INFO getRestAuth 200"},
		{slog.LevelInfo, "INFO ready 503, INFO getRestAuth 200"},
	} {
		var log bytes.Buffer
		cfg := config(operations{}, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: tt.level})))
		cfg.Probes = []string{"live", "ready"}
		handler, err := api.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/livez", "/readyz", "/rest-auth"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header.Set("Authorization", "Bearer "+goodToken)
			handler.ServeHTTP(httptest.NewRecorder(), r)
		}
		lines := regexp.MustCompile(`level=(\w+) msg=request .*operation=(\w+) status=(\d+)`).FindAllStringSubmatch(log.String(), -1)
		var got []string
		for _, line := range lines {
			got = append(got, strings.Join(line[1:], " "))
		}
		if joined := strings.Join(got, ", "); joined != tt.want {
			t.Errorf("at level %v: %s, want %s", tt.level, joined, tt.want)
		}
	}
	cfg := config(operations{}, slog.New(slog.DiscardHandler))
	cfg.Probes = []string{"alive"}
	if _, err := api.New(cfg); err == nil || !strings.Contains(err.Error(), "no operation alive") {
		t.Errorf("New() with an unknown probe = %v, want an error that names it", err)
	}
}

func BenchmarkAccessJSON(b *testing.B) {
	a := &api.Access{
		Start:   time.Now(),
		Request: reqctx.New("0123456789abcdef0123456789abcdef", netip.MustParseAddr("192.0.2.1"), nil),
		Method:  "GET", Route: "/rest-auth", Operation: "getRestAuth",
		Status: 200, Bytes: 53, Took: 123 * time.Microsecond,
	}
	var line [512]byte
	for b.Loop() {
		a.AppendJSON(line[:0])
	}
}
