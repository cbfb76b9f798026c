package docs_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestNotModified(t *testing.T) {
	h := newHandler(t)
	plain := do(h, http.MethodGet, "/docs").Header.Get("ETag")
	zipped := do(h, http.MethodGet, "/docs", "Accept-Encoding", "gzip").Header.Get("ETag")
	tests := []struct {
		name   string
		header []string
		want   int
	}{
		{"same", []string{"If-None-Match", plain}, 304},
		{"weak", []string{"If-None-Match", "W/" + plain}, 304},
		{"in a list", []string{"If-None-Match", `"a,b" , ` + plain}, 304},
		{"in a second line", []string{"If-None-Match", `"a"`, "If-None-Match", plain}, 304},
		{"any", []string{"If-None-Match", "*"}, 304},
		{"same gzip", []string{"If-None-Match", zipped, "Accept-Encoding", "gzip"}, 304},
		{"other encoding", []string{"If-None-Match", zipped}, 200},
		{"other", []string{"If-None-Match", `"other"`}, 200},
		{"without quotes", []string{"If-None-Match", strings.Trim(plain, `"`)}, 200},
		{"empty", []string{"If-None-Match", ""}, 200},
		{"a range is ignored", []string{"Range", "bytes=0-1"}, 200},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res := do(h, http.MethodGet, "/docs", tt.header...)
			if res.StatusCode != tt.want {
				t.Errorf("status = %d, want %d", res.StatusCode, tt.want)
			}
			if res.StatusCode != http.StatusNotModified {
				return
			}
			if got := body(t, res); len(got) != 0 {
				t.Errorf("a 304 has a body of %d bytes", len(got))
			}
			if res.Header.Get("ETag") == "" || res.Header.Get("Vary") == "" {
				t.Errorf("a 304 lacks ETag or Vary: %v", res.Header)
			}
		})
	}
}

func TestAcceptEncoding(t *testing.T) {
	h := newHandler(t)
	tests := []struct {
		accept string
		want   bool
	}{
		{"gzip", true},
		{"GZIP", true},
		{"x-gzip", true},
		{"br;q=1.0, gzip;q=0.8, *;q=0.1", true},
		{"gzip ; q=0.001", true},
		{"*", true},
		{"*;q=0, gzip", true},
		{"gzip;q=0, *", false},
		{"*, gzip;q=0", false},
		{"gzip;q=0.000", false},
		{"identity", false},
		{"gzipped", false},
		{"gzip;q=NaN", false},
		{"gzip;q=1e400", false},
		{"gzip;level=9", false},
		{"", false},
		{",;=,", false},
	}
	for _, tt := range tests {
		res := do(h, http.MethodGet, "/openapi.json", "Accept-Encoding", tt.accept)
		if got := res.Header.Get("Content-Encoding") == "gzip"; got != tt.want {
			t.Errorf("Accept-Encoding %q: gzip = %v, want %v", tt.accept, got, tt.want)
		}
	}
}
