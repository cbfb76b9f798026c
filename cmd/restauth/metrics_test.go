package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// metrics returns what a server says at its operator's address, a value for each series.
func (s *testServer) metrics() map[string]string {
	s.t.Helper()
	status, text := s.operator("/metrics")
	if status != 200 {
		s.t.Fatalf("/metrics = %d %s", status, text)
	}
	series := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := cutLast(strings.TrimSpace(line), " "); ok && !strings.HasPrefix(line, "#") {
			series[name] = value
		}
	}
	return series
}

func cutLast(s, sep string) (before, after string, found bool) {
	if at := strings.LastIndex(s, sep); at >= 0 {
		return s[:at], s[at+len(sep):], true
	}
	return s, "", false
}

// operatorURL is where the server says that metrics are.
func (s *testServer) operatorURL() string {
	s.t.Helper()
	line := s.logLine("metrics are served")
	if line == nil {
		s.t.Fatalf("no metrics are served:\n%s", s.log)
	}
	return "http://" + line["addr"].(string)
}

func (s *testServer) operator(path string) (int, string) {
	s.t.Helper()
	resp, err := http.Get(s.operatorURL() + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// measured is a server of the tutorial's user whose metrics are served.
func measured(t *testing.T, args ...string) *testServer {
	return startServer(t, append([]string{"--demo", "--metrics-listen", "127.0.0.1:0"}, args...)...)
}

// TestMetrics: what a server does is in its metrics.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := measured(t)
	for name, want := range map[string]string{ // A rate needs a zero to begin with.
		`restauth_logins_total{outcome="failure",reason="wrong_password"}`: "0",
		`restauth_budget_hits_total{budget="account"}`:                     "0",
		`restauth_token_scheme_total{scheme="JWT"}`:                        "0",
		`restauth_users_up`: "1",
	} {
		if got := s.metrics()[name]; got != want {
			t.Errorf("at first %s is %q, want %s", name, got, want)
		}
	}
	compact := s.login("roy", "roy")
	s.attempt("roy", "Roy")
	s.attempt("moss", "roy")
	for _, authorization := range []string{"JWT " + compact, "Bearer " + compact, "bearer " + compact, "Bearer x", ""} {
		s.do("GET", "/rest-auth", "", authorization)
	}
	s.do("HEAD", "/rest-auth", "", "Bearer "+compact)
	s.do("GET", "/nowhere", "", "")
	s.do("DELETE", "/auth", "", "")
	const answers = "http_server_request_duration_seconds_count"
	got := s.metrics()
	for name, want := range map[string]string{
		`restauth_logins_total{outcome="success",reason="verified"}`:                                                             "1",
		`restauth_logins_total{outcome="failure",reason="wrong_password"}`:                                                       "1",
		`restauth_logins_total{outcome="failure",reason="unknown_user"}`:                                                         "1",
		`restauth_logins_by_stored_form_total{outcome="success",stored_form="pbkdf2:sha256"}`:                                    "1",
		`restauth_logins_by_stored_form_total{outcome="failure",stored_form="pbkdf2:sha256"}`:                                    "1",
		`restauth_audit_events_total{event="login"}`:                                                                             "3",
		`restauth_audit_events_total{event="start"}`:                                                                             "1",
		`restauth_token_verifications_total{outcome="accepted"}`:                                                                 "4",
		`restauth_token_verifications_total{outcome="malformed"}`:                                                                "1",
		`restauth_token_claims_total{claims="own"}`:                                                                              "4",
		`restauth_token_claims_total{claims="legacy"}`:                                                                           "0",
		`restauth_token_scheme_total{scheme="JWT"}`:                                                                              "1",
		`restauth_token_scheme_total{scheme="Bearer"}`:                                                                           "3",
		`restauth_cache_lookups_total{cache="tokens",result="hit"}`:                                                              "3",
		`restauth_cache_lookups_total{cache="tokens",result="miss"}`:                                                             "1",
		`restauth_cache_entries{cache="users"}`:                                                                                  "1",
		`restauth_password_hashing_seconds_count`:                                                                                "3",
		`restauth_password_hashing_seconds_bucket{le="5"}`:                                                                       "3",
		`restauth_password_waiting`:                                                                                              "0",
		`restauth_password_running`:                                                                                              "0",
		`restauth_state_lag_seconds`:                                                                                             "0",
		answers + `{http_request_method="POST",http_response_status_code="401",http_route="/auth",operation="login"}`:            "2",
		answers + `{http_request_method="GET",http_response_status_code="200",http_route="/rest-auth",operation="getRestAuth"}`:  "3",
		answers + `{http_request_method="HEAD",http_response_status_code="200",http_route="/rest-auth",operation="getRestAuth"}`: "1",
		answers + `{http_request_method="GET",http_response_status_code="401",http_route="/rest-auth",operation="getRestAuth"}`:  "2",
		answers + `{http_request_method="GET",http_response_status_code="404",http_route="",operation=""}`:                       "1",
		answers + `{http_request_method="DELETE",http_response_status_code="405",http_route="",operation=""}`:                    "1",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %s", name, got[name], want)
		}
	}
	for _, name := range []string{"go_goroutines", `db_client_connection_max{db_client_connection_pool_name="users"}`} {
		if got[name] == "" {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestMetricsAreTheOperators: nothing of them is to be had at the public address, and
// profiles are only where they are asked for.
func TestMetricsAreTheOperators(t *testing.T) {
	t.Parallel()
	s, profiled := measured(t), measured(t, "--metrics-pprof")
	for _, server := range []*testServer{s, profiled} {
		for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap"} {
			if status, _ := server.do("GET", path, "", ""); status != 404 {
				t.Errorf("the public address answers %s with %d", path, status)
			}
		}
		if status, _ := server.operator("/auth"); status != 404 {
			t.Errorf("the operator's address answers /auth with %d", status)
		}
	}
	for path, want := range map[string]int{"/debug/pprof/": 404, "/debug/pprof/heap": 404} {
		if status, _ := s.operator(path); status != want {
			t.Errorf("without --metrics-pprof %s = %d, want %d", path, status, want)
		}
	}
	for path, want := range map[string]int{
		"/debug/pprof/": 200, "/debug/pprof/heap": 200, "/debug/pprof/goroutine?debug=1": 200, "/debug/pprof/cmdline": 404, "/debug/pprof/profile?seconds=1": 200,
	} {
		if status, _ := profiled.operator(path); status != want {
			t.Errorf("with --metrics-pprof %s = %d, want %d", path, status, want)
		}
	}
	s.Stop(os.Interrupt)
	if conn, err := net.Dial("tcp", strings.TrimPrefix(s.operatorURL(), "http://")); err == nil {
		conn.Close()
		t.Error("the operator's address is open after the server's end")
	}
}

// TestMetricsAreBounded: whatever clients send, the number of series stays what the
// contract and the closed lists make it.
func TestMetricsAreBounded(t *testing.T) {
	t.Parallel()
	s := measured(t)
	compact := s.login("roy", "roy")
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string { return fmt.Sprintf("%X", random.Uint64()) }
	hostile := func() {
		for range 50 {
			s.raw(word()+" /"+word()+" HTTP/1.1", "")
			s.raw("GET /auth/"+word()+"?x="+word()+" HTTP/1.1", "X-Request-Id: "+word())
			s.raw(word()+" /rest-auth HTTP/1.1", "Authorization: "+word()+" "+word())
			s.raw("GET /rest-auth HTTP/1.1", "Authorization: JWT "+word()+"."+word()+"."+word())
			s.raw("GET /rest-auth HTTP/1.1", "Authorization: Bearer "+compact+"\r\nUser-Agent: "+word())
			s.raw("GET /docs/"+word()+" HTTP/1.1", "Traceparent: 00-"+strings.Repeat(word(), 2)+"-00f067aa0ba902b7-01")
		}
		for range 5 {
			s.attempt(word(), word())
			s.attempt("roy", word())
		}
	}
	hostile()
	before := s.metrics()
	hostile()
	after := s.metrics()
	for name := range after {
		if _, known := before[name]; !known && !strings.HasPrefix(name, "go_") {
			t.Errorf("a new series: %s", name)
		}
	}
	if most := 1500; len(after) > most {
		t.Errorf("%d series, want at most %d", len(after), most)
	}
	// A word of theirs has 16 capitals or digits.
	for name := range after {
		if regexp.MustCompile(`[0-9A-F]{12,}`).MatchString(name) {
			t.Errorf("a client's word is in %s", name)
		}
	}
	var methods []string
	for _, m := range regexp.MustCompile(`http_request_method="([^"]*)"`).FindAllStringSubmatch(fmt.Sprint(after), -1) {
		methods = append(methods, m[1])
	}
	slices.Sort(methods)
	if got := slices.Compact(methods); !slices.Contains(got, "_OTHER") || len(got) > 10 {
		t.Errorf("methods %v", got)
	}
}

// raw sends a request that net/http would not.
func (s *testServer) raw(line, header string) {
	s.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if header != "" {
		header += "\r\n"
	}
	fmt.Fprintf(conn, "%s\r\nHost: x\r\nConnection: close\r\n%s\r\n", line, header)
	_, _ = io.Copy(io.Discard, conn)
}

// TestMetricsSettings that cannot be.
func TestMetricsSettings(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"--metrics-pprof":                        "--metrics-pprof is set and --metrics-listen is not",
		"--metrics-listen 127.0.0.1:5000":        "is the address of --listen",
		"--metrics-listen :5000":                 "is the address of --listen",
		"--metrics-listen [::]:5000":             "is the address of --listen",
		"--metrics-listen http://127.0.0.1:9090": "write it without http://",
		"--metrics-listen 9090":                  "is no HOST:PORT",
	} {
		var out, log buffer
		code := run(t.Context(), world{args: append([]string{"config", "check", "--demo"}, strings.Fields(args)...), stdout: &out, stderr: &log, cores: 1})
		if code != exitUsage || !strings.Contains(log.String(), says) {
			t.Errorf("config check %s = %d %s, want %q", args, code, &log, says)
		}
	}
	s := measured(t)
	taken := strings.TrimPrefix(s.operatorURL(), "http://")
	second := launch(t, "--demo", "--metrics-listen", taken)
	<-second.exited
	if second.code != exitFailed || !strings.Contains(second.log.String(), "another port with --metrics-listen or RESTAUTH_METRICS_LISTEN") {
		t.Errorf("with a taken port exit code %d:\n%s", second.code, second.log)
	}
}
