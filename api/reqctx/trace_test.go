package reqctx_test

import (
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/restauth/restauth/api/reqctx"
)

// sent is a request with these traceparent headers.
func sent(traceparents ...string) reqctx.Request {
	return reqctx.New("id", netip.Addr{}, map[string][]string{"Traceparent": traceparents})
}

const trace = "12345678901234567890123456789012"

// traceparents are the cases of the W3C's own test suite (w3c/trace-context,
// test/test.py, TraceContextTest), under its names, and the edges that it leaves
// out.
var traceparents = []struct {
	name, value string
	valid       bool
}{
	{"traceparent_included_tracestate_missing", "00-" + trace + "-1234567890123456-01", true},
	{"traceparent_version_0x00", "00-" + trace + "-1234567890123456-01.", false},
	{"traceparent_version_0x00", "00-" + trace + "-1234567890123456-01-what-the-future-will-be-like", false},
	{"traceparent_version_0xcc", "cc-" + trace + "-1234567890123456-01", true},
	{"traceparent_version_0xcc", "cc-" + trace + "-1234567890123456-01-what-the-future-will-be-like", true},
	{"traceparent_version_0xcc", "cc-" + trace + "-1234567890123456-01.what-the-future-will-be-like", false},
	{"traceparent_version_0xff", "ff-" + trace + "-1234567890123456-01", false},
	{"traceparent_version_illegal_characters", ".0-" + trace + "-1234567890123456-01", false},
	{"traceparent_version_illegal_characters", "0.-" + trace + "-1234567890123456-01", false},
	{"traceparent_version_too_long", "000-" + trace + "-1234567890123456-01", false},
	{"traceparent_version_too_long", "0000-" + trace + "-1234567890123456-01", false},
	{"traceparent_version_too_short", "0-" + trace + "-1234567890123456-01", false},
	{"traceparent_trace_id_all_zero", "00-00000000000000000000000000000000-1234567890123456-01", false},
	{"traceparent_trace_id_illegal_characters", "00-.2345678901234567890123456789012-1234567890123456-01", false},
	{"traceparent_trace_id_illegal_characters", "00-1234567890123456789012345678901.-1234567890123456-01", false},
	{"traceparent_trace_id_too_long", "00-123456789012345678901234567890123-1234567890123456-01", false},
	{"traceparent_trace_id_too_short", "00-1234567890123456789012345678901-1234567890123456-01", false},
	{"traceparent_parent_id_all_zero", "00-" + trace + "-0000000000000000-01", false},
	{"traceparent_parent_id_illegal_characters", "00-" + trace + "-.234567890123456-01", false},
	{"traceparent_parent_id_illegal_characters", "00-" + trace + "-123456789012345.-01", false},
	{"traceparent_parent_id_too_long", "00-" + trace + "-12345678901234567-01", false},
	{"traceparent_parent_id_too_short", "00-" + trace + "-123456789012345-01", false},
	{"traceparent_trace_flags_illegal_characters", "00-" + trace + "-1234567890123456-.0", false},
	{"traceparent_trace_flags_illegal_characters", "00-" + trace + "-1234567890123456-0.", false},
	{"traceparent_trace_flags_too_long", "00-" + trace + "-1234567890123456-001", false},
	{"traceparent_trace_flags_too_short", "00-" + trace + "-1234567890123456-1", false},

	{"every flag", "00-" + trace + "-1234567890123456-ff", true},
	{"no flag", "00-" + trace + "-1234567890123456-00", true},
	{"the next version", "01-" + trace + "-1234567890123456-01", true},
	{"the last version", "fe-" + trace + "-1234567890123456-01", true},
	{"a later version, something empty behind it", "01-" + trace + "-1234567890123456-01-", true},
	{"a later version, a flag too many", "01-" + trace + "-1234567890123456-011", false},
	{"a later version, one character short", "01-" + trace + "-1234567890123456-0", false},
	{"a later version, no dash", "01-" + trace + "-1234567890123456_01", false},
	{"a later version, no trace", "01-00000000000000000000000000000000-1234567890123456-01", false},
	{"a later version, no flags", "01-" + trace + "-1234567890123456---more", false},
	{"the version that is forbidden, more behind it", "ff-" + trace + "-1234567890123456-01-more", false},
	{"capitals in the version", "CC-" + trace + "-1234567890123456-01", false},
	{"capitals in the trace", "00-ABCDEF78901234567890123456789012-1234567890123456-01", false},
	{"capitals in the parent", "00-" + trace + "-ABCDEF7890123456-01", false},
	{"capitals in the flags", "00-" + trace + "-1234567890123456-0A", false},
	{"blanks that HTTP would have taken away", " 00-" + trace + "-1234567890123456-01", false},
	{"nothing", "", false},
	{"a megabyte", "01-" + trace + "-1234567890123456-01-" + strings.Repeat("a", 1<<20), true},
	{"a megabyte of nonsense", strings.Repeat("0", 1<<20), false},
}

func TestTraceID(t *testing.T) {
	for _, c := range traceparents {
		want := ""
		if c.valid {
			want = trace
		}
		if got := sent(c.value).TraceID(); got != want {
			t.Errorf("%s: TraceID() of %.80q = %q, want %q", c.name, c.value, got, want)
		}
	}
}

// TestTraceIDOfSeveralHeaders (test_traceparent_duplicated): nobody could say
// which of them is to be believed, not even where they are equal.
func TestTraceIDOfSeveralHeaders(t *testing.T) {
	const one, other = "00-12345678901234567890123456789011-1234567890123456-01", "00-" + trace + "-1234567890123456-01"
	for _, values := range [][]string{nil, {}, {one, other}, {one, one}, {one, ""}, {"", one}} {
		if got := sent(values...).TraceID(); got != "" {
			t.Errorf("TraceID() of %q = %q, want none", values, got)
		}
	}
}

// FuzzTraceID: the parser is the Recommendation's grammar.
func FuzzTraceID(f *testing.F) {
	for _, c := range traceparents {
		f.Add(c.value)
	}
	grammar := regexp.MustCompile(`(?s)^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$`)
	f.Fuzz(func(t *testing.T, value string) {
		want := ""
		if m := grammar.FindStringSubmatch(value); m != nil && m[1] != "ff" && (m[1] != "00" || m[4] == "") &&
			strings.Trim(m[2], "0") != "" && strings.Trim(m[3], "0") != "" {
			want = m[2]
		}
		if got := sent(value).TraceID(); got != want {
			t.Errorf("TraceID() of %q = %q, want %q", value, got, want)
		}
	})
}

func BenchmarkTraceID(b *testing.B) {
	r := sent("00-" + trace + "-1234567890123456-01")
	b.ReportAllocs()
	for b.Loop() {
		if r.TraceID() != trace {
			b.Fatal("no trace")
		}
	}
}
