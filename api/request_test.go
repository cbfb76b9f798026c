package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestStrangePathsAreNotLogged: what looks like no path may be a token or a
// password that somebody pasted behind the host.
func TestStrangePathsAreNotLogged(t *testing.T) {
	const unlike = "(unprintable or long)"
	segment := strings.Repeat("s", 32)
	for target, want := range map[string]string{
		"/favicon.ico":               "/favicon.ico",
		"/auth/":                     "/auth/",
		"/v1/some_thing-else.html":   "/v1/some_thing-else.html",
		"/nothing?password=hunter2":  "/nothing",
		"/" + segment:                "/" + segment,
		"/" + segment + "s":          unlike,
		"/a/" + segment + "/" + "s":  "/a/" + segment + "/s",
		strings.Repeat("/seg", 16):   strings.Repeat("/seg", 16),
		strings.Repeat("/seg", 17):   unlike,
		"/hunter2!":                  unlike,
		"/hunter%202":                unlike,
		"/p%C3%A4ss":                 unlike,
		"/a%0Ab":                     unlike,
		"/user=roy":                  unlike,
		"/roy:hunter2@x":             unlike,
		"/Bearer%20eyJhbGciOiJIUzI1": unlike,
		"/eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZGVudGl0eSI6MX0.AAAA": unlike,
	} {
		server, log := start(t, operations{})
		if a := raw(t, server, "GET "+target+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); a.StatusCode != http.StatusNotFound {
			t.Fatalf("%s = %d", target, a.StatusCode)
		}
		server.Close() // ends after the line is written
		var line struct{ Path string }
		if err := json.Unmarshal([]byte(log.String()), &line); err != nil {
			t.Fatal(err)
		}
		if line.Path != want {
			t.Errorf("%s is logged as %q, want %q", target, line.Path, want)
		}
	}
}

// TestDoubtfulFramingEndsTheConnection: what comes behind a request whose
// length a front end may read otherwise is never taken for another request.
func TestDoubtfulFramingEndsTheConnection(t *testing.T) {
	server, _ := start(t, operations{})
	const (
		login = `{"username":"roy","password":"roy"}`
		head  = "POST /auth HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	)
	for _, c := range []struct {
		name, request string
		status        int
		closed        bool
	}{
		{"a length", head + "Content-Length: 35\r\n\r\n" + login, 200, false},
		{"no body", "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", 200, false},
		{"chunked", head + "Transfer-Encoding: chunked\r\n\r\n23\r\n" + login + "\r\n0\r\n\r\n", 200, true},
		{"chunked, and a length", head + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n23\r\n" + login + "\r\n0\r\n\r\n", 200, true},
		{"chunked, to nowhere", "POST /nope HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 404, true},
		{"chunked, with GET", "GET /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 200, true},
		{"HTTP/1.0", "GET /livez HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", 200, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := raw(t, server, c.request)
			if a.StatusCode != c.status || a.Close != c.closed {
				t.Errorf("status = %d, closed: %v, want %d, %v", a.StatusCode, a.Close, c.status, c.closed)
			}
		})
	}
}
