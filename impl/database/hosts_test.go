package database_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/database"
)

const (
	// patience is how long something may take that takes milliseconds on an idle machine.
	patience = time.Minute
	// limit is the time-out of a question, long enough for a busy machine.
	limit = 8 * time.Second
)

const who = "SELECT who"

// openHosts opens the hosts, in that order.
func openHosts(t *testing.T, cfg database.Config, hosts ...*fakeHost) *database.MySQL {
	t.Helper()
	var addrs []string
	for _, h := range hosts {
		addrs = append(addrs, h.addr)
	}
	cfg.URL = "mysql://roy:s3cret@" + strings.Join(addrs, ",") + "/shop"
	if cfg.Timeout == 0 {
		cfg.Timeout = limit
	}
	m, err := database.OpenMySQL(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.DB.Close() })
	return m
}

// ask asks who answers, within the time-out.
func ask(m *database.MySQL) (name string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), m.Timeout())
	defer cancel()
	err = m.Ask(ctx, func(ctx context.Context) error { return m.DB.GetContext(ctx, &name, who) })
	return name, err
}

func answers(t *testing.T, m *database.MySQL, when, want string) {
	t.Helper()
	if name, err := ask(m); err != nil || name != want {
		t.Errorf("%s: %q answers, %v, want %q", when, name, err, want)
	}
}

// warm fills the pool with n connections.
func warm(t *testing.T, m *database.MySQL, n int) {
	t.Helper()
	held := make(chan struct{})
	var got, done sync.WaitGroup
	got.Add(n)
	for range n {
		done.Go(func() {
			c, err := m.DB.Connx(t.Context())
			got.Done()
			if err != nil {
				t.Errorf("warming up: %v", err)
				return
			}
			<-held
			_ = c.Close()
		})
	}
	got.Wait()
	close(held)
	done.Wait()
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for begin := time.Now(); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Since(begin) > patience {
			t.Fatalf("not so after %v: %s", patience, what)
		}
	}
}

// unlessConnecting fails every question but those that a connection is made with.
func unlessConnecting(how failure) func(string) failure {
	return func(question string) failure {
		if question != who {
			return failure{}
		}
		return how
	}
}

func always(how failure) func(string) failure { return func(string) failure { return how } }

// numbers are the errors by which a host says that it does not serve, or that the
// connection is lost.
var numbers = map[uint16]string{
	1047: "not primary", 1053: "ending", 1077: "ending", 1079: "ended", 3169: "killed",
	1158: "broken off", 1159: "broken off", 1160: "broken off", 1161: "broken off",
}

var readOnlyNumbers = map[uint16]string{1290: "read-only", 1792: "read-only", 1836: "read-only"}

// TestElsewhere: whatever a host says when it does not serve, the question is answered by
// the next, and nothing is left of the connections to the first.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	failures := map[string]failure{"hangs up": {hangUp: true}, "hangs": {wait: patience}}
	for number, what := range numbers {
		failures[fmt.Sprint(number, " ", what)] = failure{number: number}
	}
	for number, what := range readOnlyNumbers {
		failures[fmt.Sprint(number, " ", what)] = failure{number: number}
	}
	for name, how := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := newFakeHost(t, "a"), newFakeHost(t, "b")
			m := openHosts(t, database.Config{Writes: true}, a, b)
			warm(t, m, 5)
			answers(t, m, "before", "a")
			if b.open() != 0 {
				t.Errorf("the second host has %d connections while the first serves", b.open())
			}
			a.fail(always(how))
			begin := time.Now()
			for range 10 {
				answers(t, m, "failing", "b")
			}
			if took := time.Since(begin); took > limit {
				t.Errorf("10 questions took %v, want the first alone to wait", took)
			}
			a.fail(nil)
			eventually(t, "back on the first", func() bool { name, err := ask(m); return err == nil && name == "a" })
			warm(t, m, 5)
			eventually(t, "nothing leads to the second", func() bool { return b.open() == 0 })
		})
	}
}

// TestSameHostAnew: where there is one host, the question is asked on a new connection,
// for all there were may lead to the same node, as behind a proxy.
func TestSameHostAnew(t *testing.T) {
	t.Parallel()
	failures := map[string]failure{"hangs up": {hangUp: true}}
	for number, what := range numbers {
		failures[fmt.Sprint(number, " ", what)] = failure{number: number}
	}
	for name, how := range failures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newFakeHost(t, "a")
			m := openHosts(t, database.Config{}, a)
			warm(t, m, 5)
			a.failOld(how)
			questions := 0
			ctx, cancel := context.WithTimeout(t.Context(), limit)
			defer cancel()
			var name string
			err := m.Ask(ctx, func(ctx context.Context) error {
				questions++
				return m.DB.GetContext(ctx, &name, who)
			})
			if err != nil || name != "a" || questions != 2 {
				t.Errorf("after %d questions %q answers, %v, want a after 2", questions, name, err)
			}
			warm(t, m, 5)
			for range 5 {
				answers(t, m, "after that", "a")
			}
		})
	}
}

// TestLostToAnother: a question that a host gave up, for a table was just defined on
// another node or somebody killed it, is asked again until it is answered.
func TestLostToAnother(t *testing.T) {
	t.Parallel()
	for number, what := range map[uint16]string{1213: "deadlock", 1317: "interrupted"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			a := newFakeHost(t, "a")
			m := openHosts(t, database.Config{}, a)
			warm(t, m, 1)
			var asked atomic.Int32
			a.fail(func(string) failure {
				if asked.Add(1) <= 2 {
					return failure{number: number}
				}
				return failure{}
			})
			answers(t, m, "lost twice", "a")
			if asked.Load() != 3 {
				t.Errorf("it was asked %d times", asked.Load())
			}
		})
	}
}

// TestWaitsForOneHost: a node without its cluster may have it again before the time-out,
// and a proxy another node.
func TestWaitsForOneHost(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]failure{"not primary": {number: 1047}, "hangs up": {hangUp: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newFakeHost(t, "a")
			m := openHosts(t, database.Config{}, a)
			warm(t, m, 3)
			a.fail(always(how))
			time.AfterFunc(500*time.Millisecond, func() { a.fail(nil) })
			answers(t, m, "after a while", "a")

			a.fail(always(how))
			short := openHosts(t, database.Config{Timeout: 300 * time.Millisecond}, a)
			begin := time.Now()
			if name, err := ask(short); err == nil {
				t.Errorf("%q answers, want none", name)
			}
			if took := time.Since(begin); took > limit {
				t.Errorf("that took %v", took)
			}
		})
	}
}

// TestBack: connections lead to the first host again within the time that is promised,
// and the log tells of both, without the password.
func TestBack(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	a, b := newFakeHost(t, "a"), newFakeHost(t, "b")
	m := openHosts(t, database.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))}, a, b)
	answers(t, m, "before", "a")
	a.fail(always(failure{number: 1053}))
	answers(t, m, "ending", "b")
	a.close()
	for range 20 {
		answers(t, m, "ended", "b")
		time.Sleep(100 * time.Millisecond)
	}
	a.fail(nil)
	a.listen(t, a.addr)
	begin := time.Now()
	eventually(t, "back on the first", func() bool { name, err := ask(m); return err == nil && name == "a" })
	if took := time.Since(begin); took > database.Back {
		t.Errorf("back after %v, want %v at most", took, database.Back)
	}
	said := log.String()
	if n := strings.Count(said, "is left out"); n != 1 || !strings.Contains(said, "host="+a.addr) || !strings.Contains(said, "next="+b.addr) {
		t.Errorf("it is said %d times that a host is left out, want once with both hosts:\n%s", n, said)
	}
	if !strings.Contains(said, "serves again") || strings.Contains(said, "s3cret") || strings.Contains(said, "roy") {
		t.Errorf("the log does not say that the host is back, or says a secret:\n%s", said)
	}
}

// TestSlowQuestion: a question that takes long says nothing of its host, which is used
// again as soon as it has been asked.
func TestSlowQuestion(t *testing.T) {
	t.Parallel()
	a, b := newFakeHost(t, "a"), newFakeHost(t, "b")
	m := openHosts(t, database.Config{Timeout: 2 * time.Second}, a, b)
	answers(t, m, "before", "a")
	a.fail(unlessConnecting(failure{wait: 5 * time.Second}))
	answers(t, m, "too slow", "b")
	a.fail(nil)
	begin := time.Now()
	eventually(t, "back on the first", func() bool { name, err := ask(m); return err == nil && name == "a" })
	t.Logf("back after %v", time.Since(begin))
}

// TestCloseEndsAsking: nothing asks hosts any more after the database was closed.
func TestCloseEndsAsking(t *testing.T) {
	t.Parallel()
	a, b := newFakeHost(t, "a"), newFakeHost(t, "b")
	m := openHosts(t, database.Config{}, a, b)
	a.fail(always(failure{number: 1047}))
	answers(t, m, "not primary", "b")
	if err := m.DB.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no connection is left", func() bool { return a.open()+b.open() == 0 })
	a.mu.Lock()
	made := a.made
	a.mu.Unlock()
	time.Sleep(1500 * time.Millisecond)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.made != made {
		t.Errorf("%d connections were made after Close", a.made-made)
	}
}

// TestManyAtOnce: a host that hangs keeps nobody for longer than the time-out, however
// many ask, and whoever comes later does not wait for it at all.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	a, b := newFakeHost(t, "a"), newFakeHost(t, "b")
	m := openHosts(t, database.Config{}, a, b)
	warm(t, m, 20)
	a.fail(always(failure{wait: patience}))
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { answers(t, m, "hanging", "b") })
	}
	wg.Wait()
	begin := time.Now()
	for range 20 {
		answers(t, m, "hanging", "b")
	}
	if took := time.Since(begin); took > limit/4 {
		t.Errorf("20 questions after it was known took %v", took)
	}
}
