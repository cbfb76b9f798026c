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
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
)

// slowHash cannot share a core and takes about a second of this machine, as busy as it
// is and beside the race detector or not: a quarter on a fast one. No password fits.
var slowHash = sync.OnceValue(func() string {
	const least, most = 6, 12
	of := func(cost int) string { return fmt.Sprintf("$2b$%02d$", cost) + strings.Repeat(".", 53) }
	h, err := password.Parse(of(least))
	if err != nil {
		panic(err)
	}
	took := time.Hour
	for range 5 {
		begun := time.Now()
		h.Verify("")
		took = min(took, time.Since(begun))
	}
	cost := least
	for ; cost < most && took < time.Second; cost++ {
		took *= 2
	}
	return of(cost)
})

// narrow is a gate that one login fills and where two may wait.
func narrow(t *testing.T) (*gate.Gate, option) {
	t.Helper()
	narrow, err := pool.NewGate(pool.Config{Slots: 1}, gate.Config{QueueLimit: 2, MaxWait: always})
	if err != nil {
		t.Fatal(err)
	}
	return narrow, func(c *account.Config) { c.Gate = narrow }
}

// fill has three clients log in, last bytes of their addresses: the first is
// hashed, the others wait. It reports false where one was answered before all did.
func (s *server) fill(ctx context.Context, narrow *gate.Gate, storming *sync.WaitGroup, last [3]byte, statuses chan<- int) bool {
	s.t.Helper()
	slow, err := password.Parse(slowHash())
	if err != nil {
		s.t.Fatal(err)
	}
	// Who has a part of it already is refused when it is full.
	again := gate.Client{Address: fmt.Sprint("127.0.0.", last[2]), Account: "slow9"}
	for i, last := range last {
		storming.Go(func() {
			status, _ := s.loginFrom(ctx, last, fmt.Sprint("slow", i))
			statuses <- status
		})
		if i == 0 {
			time.Sleep(80 * time.Millisecond) // The others' order does not matter.
		}
	}
	for deadline := time.Now().Add(patience); narrow.Refuses(slow, again, 0) == nil; time.Sleep(time.Millisecond) {
		if len(statuses) > 0 {
			return false
		}
		if time.Now().After(deadline) {
			s.t.Fatal("three logins do not fill the gate")
		}
	}
	return true
}

// atLeastOnce runs a test's storm until it was there for as long as the test needed
// it, which storm reports with what was wrong: on a busy machine the login that fills
// the gate may be over sooner. What came back while it was not was not waited for.
func atLeastOnce(t *testing.T, storm func(*testing.T) (lasted bool, faults []string)) {
	t.Helper()
	var faults []string
	for range 20 {
		var lasted bool
		if lasted, faults = storm(t); lasted {
			break
		}
		faults = append(faults, "the first of the storm was answered before the others")
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}

// from is an HTTP client with an address of its own.
func from(last byte) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, last)}}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext}, Timeout: patience}
}

// loginFrom logs a user in from an address and returns status and Retry-After.
func (s *server) loginFrom(ctx context.Context, last byte, username string) (status, after int) {
	return s.guessFrom(ctx, last, username, "wrong")
}

// guessFrom is loginFrom with a password of one's own.
func (s *server) guessFrom(ctx context.Context, last byte, username, password string) (status, after int) {
	body := fmt.Sprintf(`{"username":%q,"password":%q}`, username, password)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/auth", strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return 0, 0
	}
	r.Header.Set("Content-Type", "application/json")
	client := from(last)
	defer client.CloseIdleConnections()
	resp, err := client.Do(r)
	if err != nil {
		if ctx.Err() == nil {
			s.t.Error(err)
		}
		return 0, 0
	}
	defer func() { _ = resp.Body.Close() }()
	after, _ = strconv.Atoi(resp.Header.Get("Retry-After"))
	return resp.StatusCode, after
}

// TestStorm: what the gate has no room for is refused at once, in the
// contract's words, and guarded requests do not notice.
func TestStorm(t *testing.T) {
	atLeastOnce(t, func(t *testing.T) (lasted bool, faults []string) {
		gate, option := narrow(t)
		s := demo(t, option)
		compact := s.login()
		for i := range 9 {
			s.add(fmt.Sprint("slow", i), slowHash())
		}
		ctx, cancel := context.WithCancel(t.Context())
		var storming sync.WaitGroup
		defer storming.Wait()
		defer cancel()
		statuses := make(chan int, 3)
		if !s.fill(ctx, gate, &storming, [3]byte{10, 11, 12}, statuses) {
			return false, nil
		}
		refused := func(who string, last byte, username string, want int) {
			if status, after := s.loginFrom(ctx, last, username); status != want || after < 1 {
				faults = append(faults, fmt.Sprintf("%s = %d, Retry-After %d, want %d", who, status, after, want))
			}
		}
		refused("a fourth client", 20, "slow3", 503)
		refused("the third client again", 12, "slow4", 429)
		refused("the third account again", 20, "slow2", 429)
		if a := s.credentials("slow5", "wrong"); a.status != 503 || a.problem.StatusCode != 503 || strings.Contains(s.log.String(), `"level":"ERROR"`) {
			faults = append(faults, fmt.Sprintf("validated = %d %s", a.status, a.body))
		}
		// roy has logged in from there, and what the known have of the gate is still free.
		if a := s.credentials("roy", "wrong"); a.status != 401 {
			faults = append(faults, fmt.Sprintf("a known one = %d %s", a.status, a.body))
		}
		for range 20 {
			if a := s.get("/rest-auth", "Bearer "+compact); a.status != 200 {
				faults = append(faults, fmt.Sprintf("guarded = %d", a.status))
			}
		}
		return len(statuses) == 0, faults
	})
}

// TestStormOfOne: alone a client may fill the gate, and makes room as soon as
// another comes.
func TestStormOfOne(t *testing.T) {
	atLeastOnce(t, func(t *testing.T) (lasted bool, faults []string) {
		gate, option := narrow(t)
		s := demo(t, option)
		for i := range 9 {
			s.add(fmt.Sprint("slow", i), slowHash())
		}
		ctx, cancel := context.WithCancel(t.Context())
		var storming sync.WaitGroup
		defer storming.Wait()
		defer cancel()
		statuses := make(chan int, 3)
		if !s.fill(ctx, gate, &storming, [3]byte{10, 10, 10}, statuses) {
			return false, nil
		}
		if status, _ := s.loginFrom(ctx, 10, "slow4"); status != 429 {
			faults = append(faults, fmt.Sprintf("a fourth of one client = %d, want 429", status))
		}
		if len(statuses) > 0 {
			return false, nil
		}
		if a := s.credentials("roy", "roy"); a.status != 200 {
			faults = append(faults, fmt.Sprintf("another client = %d %s", a.status, a.body))
		}
		// It made room, or on a busy machine it was done before the other came.
		return <-statuses == 429, faults
	})
}

// TestStormGoneClients: nothing is hashed for who has hung up.
func TestStormGoneClients(t *testing.T) {
	_, option := narrow(t)
	s := demo(t, option)
	s.add("endless", "pbkdf2:sha256:5000000$k1Ud5dzh$"+strings.Repeat("0", 64))
	// Beside what is left of the endless it would be thirty times as much, or more.
	const most = 10
	var took, alone time.Duration
	for range 20 { // What a busy machine takes it does not take each time.
		ctx, cancel := context.WithCancel(t.Context())
		var storming sync.WaitGroup
		for i := range 3 {
			storming.Go(func() { s.loginFrom(ctx, byte(10+i), "endless") })
		}
		time.Sleep(100 * time.Millisecond)
		cancel()
		storming.Wait()
		after, again := s.credentials("roy", "roy"), s.credentials("roy", "roy")
		if after.status != 200 || again.status != 200 {
			t.Errorf("afterwards roy = %d, then %d", after.status, again.status)
		}
		if took, alone = after.took, again.took; took <= most*alone {
			break
		}
	}
	if took > most*alone {
		t.Errorf("afterwards roy's login takes %v, then %v: what was given up is hashed", took, alone)
	}
	if strings.Contains(s.log.String(), `"level":"ERROR"`) {
		t.Errorf("a client that hung up is an error in the log:\n%s", s.log)
	}
}
