package metrics_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/metrics"
)

// gather returns what Prometheus is told.
func gather(t testing.TB, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler(slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("/metrics = %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// TestOperationIsBounded: any method and any status are one of a closed list.
func TestOperationIsBounded(t *testing.T) {
	m := metrics.New(metrics.Build{})
	operation, outside := m.Operation("login", "POST", "/auth"), m.Operation("", "", "")
	random := rand.New(rand.NewPCG(1, 2))
	for range 10_000 {
		method, status := fmt.Sprint(random.Uint64()), random.IntN(2000)-500
		operation.Observe(method, status, time.Millisecond)
		outside.Observe(method, status, time.Millisecond)
	}
	outside.Observe("PATCH", 404, time.Second)
	text := gather(t, m)
	const most = 2*500 + 1
	if n := strings.Count(text, "http_server_request_duration_seconds_count{"); n > most {
		t.Errorf("%d series, want at most %d", n, most)
	}
	for _, got := range regexp.MustCompile(`http_request_method="([^"]*)",http_response_status_code="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		if got[1] != "POST" && got[1] != "PATCH" && got[1] != "_OTHER" || len(got[2]) != 3 {
			t.Fatalf("method %q, status %q", got[1], got[2])
		}
	}
}

// TestObserve: nothing is lost when many count at once, and counting allocates nothing.
func TestObserve(t *testing.T) {
	m := metrics.New(metrics.Build{})
	operation := m.Operation("getRestAuth", "GET", "/rest-auth")
	var counting sync.WaitGroup
	for range 4 {
		counting.Go(func() {
			for range 1000 {
				operation.Observe("GET", 200, 200*time.Microsecond)
				m.Bearer()
			}
		})
	}
	counting.Wait()
	text := gather(t, m)
	for _, want := range []string{
		`http_server_request_duration_seconds_bucket{http_request_method="GET",http_response_status_code="200",http_route="/rest-auth",operation="getRestAuth",le="0.0005"} 4000`,
		`restauth_token_scheme_total{scheme="Bearer"} 4000`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	if n := testing.AllocsPerRun(100, func() {
		operation.Observe("GET", 200, time.Millisecond)
		m.Bearer()
		m.Login("failure", "wrong_password", "scrypt")
	}); n != 0 {
		t.Errorf("counting allocates %v times", n)
	}
}

// TestSources: what others count is told as they say it, and what nobody counts is not.
func TestSources(t *testing.T) {
	m := metrics.New(metrics.Build{Version: "v1", Commit: "abc", Go: "go1"})
	m.Collect(metrics.Sources{
		Hashing: func() metrics.Hashing {
			return metrics.Hashing{Waiting: 3, Running: 2, Done: 10, Work: 2 * time.Second, Within: map[time.Duration]uint64{100 * time.Millisecond: 4, time.Second: 9}}
		},
		Tokens: func() metrics.Tokens {
			return metrics.Tokens{Own: 5, Legacy: 2, Refused: map[string]uint64{"expired": 1}}
		},
		UsersUp:  func() bool { return false },
		StateLag: func() time.Duration { return 1500 * time.Millisecond },
	})
	text := gather(t, m)
	for _, want := range []string{
		`restauth_password_hashing_seconds_bucket{le="0.1"} 4`, `restauth_password_hashing_seconds_bucket{le="+Inf"} 10`,
		`restauth_password_hashing_seconds_sum 2`, "restauth_password_waiting 3", "restauth_password_running 2",
		`restauth_token_verifications_total{outcome="accepted"} 7`, `restauth_token_verifications_total{outcome="expired"} 1`,
		`restauth_token_claims_total{claims="legacy"} 2`, `restauth_token_claims_total{claims="own"} 5`,
		"restauth_users_up 0", "restauth_state_lag_seconds 1.5", `restauth_build_info{commit="abc",goversion="go1",version="v1"} 1`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("there is no %s in\n%s", want, text)
		}
	}
	if strings.Contains(text, "db_client") || strings.Contains(text, "restauth_cache") {
		t.Errorf("somebody counts what nobody does:\n%s", text)
	}
}

// BenchmarkObserve is what metrics add to a guarded request.
func BenchmarkObserve(b *testing.B) {
	m := metrics.New(metrics.Build{})
	operation := m.Operation("getRestAuth", "GET", "/rest-auth")
	b.ReportAllocs()
	for b.Loop() {
		operation.Observe("GET", 200, 200*time.Microsecond)
		m.Bearer()
	}
}
