package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/api/reqctx"
	"github.com/restauth/restauth/gen"
)

// TestClientAddress: the peer is the client, unless a proxy that is trusted
// says otherwise, and of what it says only the part that nobody could forge.
func TestClientAddress(t *testing.T) {
	const proxies = "10.0.0.0/8 192.0.2.7 fd00::/8 ::ffff:198.18.0.0/111 ::ffff:198.51.100.9"
	for _, c := range []struct {
		name, trusted, peer string
		forwarded           []string
		counted, logged     string
	}{
		{"the peer", "", "203.0.113.5:4711", nil, "203.0.113.5", "203.0.113.5"},
		{"nobody is trusted", "", "10.0.0.1:1", []string{"203.0.113.5"}, "10.0.0.1", "10.0.0.1"},
		{"a peer that is no proxy", proxies, "203.0.113.5:1", []string{"198.51.100.1"}, "203.0.113.5", "203.0.113.5"},
		{"a proxy's word", proxies, "10.0.0.1:1", []string{"203.0.113.5"}, "203.0.113.5", "203.0.113.5"},
		{"a single address is a proxy too", proxies, "192.0.2.7:1", []string{"203.0.113.5"}, "203.0.113.5", "203.0.113.5"},
		{"what the client wrote itself", proxies, "10.0.0.1:1", []string{"198.51.100.1, 203.0.113.5"}, "203.0.113.5", "203.0.113.5"},
		{"proxies in a row", proxies, "10.0.0.1:1", []string{"198.51.100.1, 203.0.113.5 ,10.0.0.3"}, "203.0.113.5", "203.0.113.5"},
		{"in several lines", proxies, "10.0.0.1:1", []string{"198.51.100.1", "203.0.113.5", "10.0.0.3"}, "203.0.113.5", "203.0.113.5"},
		{"only proxies", proxies, "10.0.0.1:1", []string{"10.0.0.2, 10.0.0.3"}, "10.0.0.2", "10.0.0.2"},
		{"a proxy without the header", proxies, "10.0.0.1:1", nil, "10.0.0.1", "10.0.0.1"},
		{"an empty header", proxies, "10.0.0.1:1", []string{""}, "10.0.0.1", "10.0.0.1"},
		{"nonsense", proxies, "10.0.0.1:1", []string{"203.0.113.5, unknown"}, "10.0.0.1", "10.0.0.1"},
		{"nonsense before a proxy", proxies, "10.0.0.1:1", []string{"203.0.113.5, _hidden, 10.0.0.9"}, "10.0.0.9", "10.0.0.9"},
		{"with ports", proxies, "10.0.0.1:1", []string{"203.0.113.5:4711"}, "203.0.113.5", "203.0.113.5"},
		{"IPv6 by its network", proxies, "[2001:db8:1:2:3:4:5:6]:1", nil, "2001:db8:1:2::/64", "2001:db8:1:2:3:4:5:6"},
		{"IPv6 through a proxy", proxies, "[fd00::1]:1", []string{"[2001:db8:1:2::6]:99"}, "2001:db8:1:2::/64", "2001:db8:1:2::6"},
		{"IPv4 written as IPv6", proxies, "[::ffff:10.0.0.1]:1", []string{"::ffff:203.0.113.5"}, "203.0.113.5", "203.0.113.5"},
		{"a network written as IPv6", proxies, "198.19.0.1:1", []string{"203.0.113.5"}, "203.0.113.5", "203.0.113.5"},
		{"no more than that network", proxies, "198.20.0.1:1", []string{"203.0.113.5"}, "198.20.0.1", "198.20.0.1"},
		{"an address written as IPv6", proxies, "198.51.100.9:1", []string{"203.0.113.5"}, "203.0.113.5", "203.0.113.5"},
		{"a zone", proxies, "[fe80::1%eth0]:1", nil, "fe80::/64", "fe80::1"},
		{"too many hops", proxies, "10.0.0.1:1", []string{"203.0.113.5" + strings.Repeat(",10.0.0.2", 5000)}, "10.0.0.2", "10.0.0.2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var counted string
			log := new(logBuffer)
			handler, err := api.New(api.Config{
				Server: bound(operations{login: func(ctx context.Context, _ gen.LoginRequestObject) (gen.LoginResponseObject, error) {
					counted = reqctx.From(ctx).ClientKey()
					return nil, api.TooManyRequests("Later.", 0)
				}}),
				Schemes:        anyone(),
				Logger:         slog.New(slog.NewJSONHandler(log, nil)),
				TrustedProxies: strings.Fields(c.trusted),
			})
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/auth", strings.NewReader(`{"username":"a","password":"b"}`))
			r.Header.Set("Content-Type", "application/json")
			r.RemoteAddr = c.peer
			for _, line := range c.forwarded {
				r.Header.Add("X-Forwarded-For", line)
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" {
				t.Errorf("answer = %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
			}
			var line struct{ Remote string }
			if err := json.Unmarshal([]byte(log.String()), &line); err != nil {
				t.Fatal(err)
			}
			if counted != c.counted || line.Remote != c.logged {
				t.Errorf("counted as %q, logged as %q, want %q and %q", counted, line.Remote, c.counted, c.logged)
			}
		})
	}
}

// TestTrustedProxiesAreNetworks: a mistake must not end in trusting nobody, or
// everybody.
func TestTrustedProxiesAreNetworks(t *testing.T) {
	for _, wrong := range []string{"", "10.0.0.0/33", "proxy.example.com", "10.0.0", "10.0.0.1:80", "fe80::1%eth0", "*"} {
		if api.CheckProxies([]string{"10.0.0.0/8", wrong}) == nil {
			t.Errorf("%q is taken", wrong)
		}
	}
	for wrong, want := range map[string]string{
		"0.0.0.0/0": "is every address", "::/0": "is every address", "10.0.0.0/0": "is every address",
		"::ffff:0:0/96": "is every address", "::ffff:10.0.0.0/95": "write it as an IPv4 network", "::ffff:10.0.0.0/8": "write it as an IPv4 network",
	} {
		if err := api.CheckProxies([]string{wrong}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("CheckProxies(%s) = %v, want %q", wrong, err, want)
		}
	}
}
