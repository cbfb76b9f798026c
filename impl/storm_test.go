package impl_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/password"
)

// slowHash takes about a quarter of a second, ten times that beside the race
// detector, and cannot share a core. No password fits.
var slowHash = "$2b$12$" + strings.Repeat(".", 53)

// narrow is a gate that one login fills and where two may wait.
func narrow(t *testing.T) (*password.Gate, option) {
	t.Helper()
	gate, err := password.NewGate(password.GateConfig{Slots: 1, QueueLimit: 2, MaxWait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return gate, func(c *account.Config) { c.Gate = gate }
}

// fill has three clients log in, last bytes of their addresses: the first is
// hashed, the others wait.
func (s *server) fill(ctx context.Context, gate *password.Gate, storming *sync.WaitGroup, last [3]byte, answered func(status int)) {
	s.t.Helper()
	for i, last := range last {
		storming.Go(func() {
			status, _, _ := s.loginFrom(ctx, last, fmt.Sprint("slow", i))
			answered(status)
		})
		if i == 0 {
			time.Sleep(80 * time.Millisecond) // The others' order does not matter.
		}
	}
	slow, err := password.Parse(slowHash)
	if err != nil {
		s.t.Fatal(err)
	}
	// Who has a part of it already is refused when it is full.
	again := password.Client{Address: fmt.Sprint("127.0.0.", last[2]), Account: "slow9"}
	for deadline := time.Now().Add(10 * time.Second); gate.Refuses(slow, again) == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatal("three logins do not fill the gate")
		}
	}
}

// from is an HTTP client with an address of its own.
func from(last byte) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, last)}}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}, Timeout: time.Minute}
}

// loginFrom logs a user in from an address and returns status, Retry-After and
// the time it took.
func (s *server) loginFrom(ctx context.Context, last byte, username string) (int, int, time.Duration) {
	body := fmt.Sprintf(`{"username":%q,"password":"wrong"}`, username)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/auth", strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return 0, 0, 0
	}
	r.Header.Set("Content-Type", "application/json")
	client := from(last)
	defer client.CloseIdleConnections()
	start := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		if ctx.Err() == nil {
			s.t.Error(err)
		}
		return 0, 0, time.Since(start)
	}
	defer func() { _ = resp.Body.Close() }()
	after, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	return resp.StatusCode, after, time.Since(start)
}

// soon is the 100 ms that a refusal may take, and room for a busy machine.
const soon = 400 * time.Millisecond

// TestStorm: what the gate has no room for is refused at once, in the
// contract's words, and guarded requests do not notice.
func TestStorm(t *testing.T) {
	gate, option := narrow(t)
	s := demo(t, option)
	compact := s.login()
	for i := range 9 {
		s.add(fmt.Sprint("slow", i), slowHash)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var storming sync.WaitGroup
	defer storming.Wait()
	defer cancel()
	s.fill(ctx, gate, &storming, [3]byte{10, 11, 12}, func(int) {})
	if status, after, took := s.loginFrom(ctx, 20, "slow3"); status != 503 || after < 1 || took > soon {
		t.Errorf("a fourth client = %d, Retry-After %d, after %v, want 503", status, after, took)
	}
	if status, after, took := s.loginFrom(ctx, 12, "slow4"); status != 429 || after < 1 || took > soon {
		t.Errorf("the third client again = %d, Retry-After %d, after %v, want 429", status, after, took)
	}
	if status, _, took := s.loginFrom(ctx, 20, "slow2"); status != 429 || took > soon {
		t.Errorf("the third account again = %d after %v, want 429", status, took)
	}
	if a := s.credentials("roy", "wrong"); a.status != 503 || a.problem.StatusCode != 503 || strings.Contains(s.log.String(), `"level":"ERROR"`) {
		t.Errorf("validated = %d %s", a.status, a.body)
	}
	for range 20 {
		if a := s.get("/rest-auth", "Bearer "+compact); a.status != 200 || a.took > soon {
			t.Errorf("guarded = %d after %v", a.status, a.took)
		}
	}
}

// TestStormOfOne: alone a client may fill the gate, and makes room as soon as
// another comes.
func TestStormOfOne(t *testing.T) {
	gate, option := narrow(t)
	s := demo(t, option)
	for i := range 9 {
		s.add(fmt.Sprint("slow", i), slowHash)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var storming sync.WaitGroup
	defer storming.Wait()
	defer cancel()
	statuses := make(chan int, 3)
	s.fill(ctx, gate, &storming, [3]byte{10, 10, 10}, func(status int) { statuses <- status })
	if status, _, took := s.loginFrom(ctx, 10, "slow4"); status != 429 || took > soon {
		t.Errorf("a fourth of one client = %d after %v, want 429", status, took)
	}
	if a := s.credentials("roy", "roy"); a.status != 200 {
		t.Errorf("another client = %d %s", a.status, a.body)
	}
	if status := <-statuses; status != 429 {
		t.Errorf("the first one answered of the flood = %d, want 429: it made room", status)
	}
}

// TestStormGoneClients: nothing is hashed for who has hung up.
func TestStormGoneClients(t *testing.T) {
	_, option := narrow(t)
	s := demo(t, option)
	s.add("endless", "pbkdf2:sha256:5000000$k1Ud5dzh$"+strings.Repeat("0", 64))
	ctx, cancel := context.WithCancel(t.Context())
	var storming sync.WaitGroup
	for i := range 3 {
		storming.Go(func() { s.loginFrom(ctx, byte(10+i), "endless") })
	}
	time.Sleep(100 * time.Millisecond)
	cancel()
	storming.Wait()
	if a := s.credentials("roy", "roy"); a.status != 200 || a.took > soon {
		t.Errorf("afterwards roy = %d after %v", a.status, a.took)
	}
	if strings.Contains(s.log.String(), `"level":"ERROR"`) {
		t.Errorf("a client that hung up is an error in the log:\n%s", s.log)
	}
}
