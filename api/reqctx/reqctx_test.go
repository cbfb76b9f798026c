package reqctx_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"github.com/restauth/restauth/api/reqctx"
)

func TestUserAgent(t *testing.T) {
	const long = 256
	for _, c := range []struct {
		name string
		sent []string
		want string
	}{
		{"none", nil, ""},
		{"empty", []string{""}, ""},
		{"a program", []string{"curl/8.14.1"}, "curl/8.14.1"},
		{"a browser", []string{"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"}, "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"},
		{"all of ASCII", []string{" !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"}, " !\"#$%&'()*+,-./09:;<=>?@AZ[\\]^_`az{|}~"},
		{"controls", []string{"a\x00b\x1b[31mc\r\nd\te\x7f"}, "a?b?[31mc??d?e?"},
		{"C1, bidirectional, a separator", []string{"a\u009bb\u202ec\u2028d"}, "a??b???c???d"},
		{"no UTF-8", []string{"a\xff\xc3"}, "a??"},
		{"the longest", []string{strings.Repeat("a", long)}, strings.Repeat("a", long)},
		{"longer", []string{strings.Repeat("a", long+1)}, strings.Repeat("a", long-3) + "..."},
		{"a megabyte", []string{strings.Repeat("é", 1<<19)}, strings.Repeat("?", long-3) + "..."},
		{"several", []string{"first", "second"}, "first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := reqctx.New("id", netip.Addr{}, map[string][]string{"User-Agent": c.sent})
			if got := r.UserAgent(); got != c.want {
				t.Errorf("UserAgent() = %q, want %q", got, c.want)
			}
		})
	}
}

func TestClientKey(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.5":          "203.0.113.5",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"::1":                  "::/64",
	} {
		r := reqctx.New("id", netip.MustParseAddr(address), nil)
		if got := r.ClientKey(); got != want {
			t.Errorf("ClientKey() of %s = %q, want %q", address, got, want)
		}
	}
	if got := (reqctx.Request{}).ClientKey(); got != "" {
		t.Errorf("ClientKey() of nobody = %q", got)
	}
}

// TestFrom: what was put in is found below whatever is put on top, and nothing
// where nothing was.
func TestFrom(t *testing.T) {
	type other struct{}
	outer := context.WithValue(t.Context(), other{}, "kept")
	request := reqctx.New("id", netip.MustParseAddr("192.0.2.1"), map[string][]string{"User-Agent": {"curl"}})
	var ctx context.Context = &reqctx.Context{Context: outer, Request: &request}
	ctx = context.WithoutCancel(context.WithValue(ctx, struct{ other }{}, 1))
	if got := reqctx.From(ctx); got != request {
		t.Errorf("From() = %+v, want %+v", got, request)
	}
	if ctx.Value(other{}) != "kept" {
		t.Error("a value of the outer context is lost")
	}
	for name, ctx := range map[string]context.Context{"no request": outer, "an empty one": &reqctx.Context{Context: outer}} {
		if got := reqctx.From(ctx); got != (reqctx.Request{}) {
			t.Errorf("From(%s) = %+v, want nothing", name, got)
		}
	}
}

// TestNothingIsAllocated for what every request does; the agent is the log's
// affair who writes one.
func TestNothingIsAllocated(t *testing.T) {
	header := map[string][]string{"User-Agent": {"curl/8.14.1"}, "Traceparent": {"00-" + trace + "-1234567890123456-01"}}
	client := netip.MustParseAddr("192.0.2.1")
	var within reqctx.Context
	var request reqctx.Request
	within.Context, within.Request = t.Context(), &request
	allocs := testing.AllocsPerRun(100, func() {
		request = reqctx.New("id", client, header)
		if reqctx.From(&within).TraceID() != trace {
			t.Error("no trace")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
