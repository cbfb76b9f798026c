package throttle_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/throttle"
)

// shared is a state that replicas have in common.
func shared(t testing.TB) *state.State {
	t.Helper()
	s, err := state.Open(t.Context(), database.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "state.db"), Setting: "state", Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // some tests closed it
	return s
}

// replica is a server's limiter, and what runs beside it.
type replica struct {
	*throttle.Limiter
	stop func()
}

func replicaOf(t testing.TB, store throttle.Store, c *clock) *replica {
	t.Helper()
	cfg := defaults(c.now)
	cfg.Store, cfg.StoreWait, cfg.MaxWait = store, patience, patience
	return runs(t, limiter(t, cfg))
}

func runs(t testing.TB, l *throttle.Limiter) *replica {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	r := &replica{l, func() { cancel(); running.Wait() }}
	t.Cleanup(r.stop)
	return r
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not so after %v: %s", patience, what)
		}
	}
}

// TestReplicasForAMonth: three replicas, restarted every few days, let through what one
// would, and one guess more for each but the first.
func TestReplicasForAMonth(t *testing.T) {
	t.Parallel()
	c, store := newClock(), shared(t).Guesses()
	replicas := make([]*replica, 3)
	for i := range replicas {
		replicas[i] = replicaOf(t, store, c)
	}
	var passed []int64
	restart := c.now().Add(110 * time.Hour)
	for guess, end := 0, c.now().Add(throttle.Month+10*throttle.Day); c.now().Before(end); guess++ {
		soonest := time.Duration(1<<62 - 1)
		for i, r := range replicas {
			if c.now().After(restart) {
				r.stop()
				r = replicaOf(t, store, c)
				replicas[i] = r
				eventually(t, "the restarted replica knows the count", func() bool { return r.Counters()[0] == 1 })
			}
			a := roy
			a.Address, a.Password = fmt.Sprint("10.", i, ".", guess/256%256, ".", guess%256), fmt.Sprint(guess, i)
			err := guessAt(r.Limiter, a)
			if err == nil {
				passed = append(passed, c.seconds.Load())
				soonest = 0
				continue
			}
			soonest = min(soonest, refusal(err).RetryAfter)
		}
		if c.now().After(restart) {
			restart = restart.Add(110 * time.Hour)
		}
		c.pass(soonest)
	}
	most, first := 0, 0
	for i, at := range passed {
		for at-passed[first] > int64(throttle.Month/time.Second) {
			first++
		}
		most = max(most, i-first+1)
	}
	t.Logf("the most in 30 days: %d", most)
	if bound := throttle.OfAccount(10, 10*time.Hour).Within(throttle.Month) + 2; most > bound || most < 80 {
		t.Errorf("%d guesses are evaluated in 30 days, want at most %d", most, bound)
	}
}

// TestReplicasRace: of guesses at three replicas at once no more pass than ten, and one
// for each but the first; also at the end of a wait.
func TestReplicasRace(t *testing.T) {
	t.Parallel()
	c, store := newClock(), shared(t).Guesses()
	var replicas [3]*replica
	for i := range replicas {
		replicas[i] = replicaOf(t, store, c)
	}
	atOnce := func() int {
		var passed atomic.Int64
		var wg sync.WaitGroup
		for _, r := range replicas {
			wg.Go(func() {
				passed.Add(int64(race(r.Limiter, 70, func(r *throttle.Reservation) { r.Fail() })))
			})
		}
		wg.Wait()
		return int(passed.Load())
	}
	got := atOnce()
	if got > 12 || got == 0 {
		t.Errorf("%d of 210 guesses at once are evaluated, want at most 12", got)
	}
	// Who raced gave way to others that gave way too. What that left is used up now.
	eventually(t, "ten guesses are evaluated", func() bool {
		c.pass(6 * time.Second) // The count of others is asked for again.
		for _, r := range replicas {
			got += evaluated(r.Limiter, 20, roy)
		}
		return got >= 10
	})
	// Each ten hours one more may be evaluated. Where all gave way, two the next time.
	total := 0
	for round := range 20 {
		c.pass(10 * time.Hour)
		if total += atOnce(); total > round+1 {
			t.Errorf("after %d waits of 10 h %d of 210 guesses at once each were evaluated, want at most one a wait", round+1, total)
		}
	}
	if total < 10 {
		t.Errorf("in 20 waits of 10 h %d guesses were evaluated, want about as many", total)
	}
}

// TestReplicasShareAddresses: spraying by way of three replicas is bounded as by way of one.
func TestReplicasShareAddresses(t *testing.T) {
	t.Parallel()
	c, store := newClock(), shared(t).Guesses()
	var replicas [3]*replica
	for i := range replicas {
		replicas[i] = replicaOf(t, store, c)
	}
	passed := 0
	for i := range 600 {
		a := throttle.Attempt{UserID: fmt.Sprint(i), Name: fmt.Sprint("user", i), Address: "192.0.2.66", Password: "123456"}
		if guessAt(replicas[i%3].Limiter, a) == nil {
			passed++
		}
	}
	if passed > 100 || passed < 90 {
		t.Errorf("%d guesses from one address are evaluated, want about 100", passed)
	}
}

// TestOwnersSuccessIsToldToOthers: a login that went well elsewhere locks nobody out here,
// though it was counted while it was under way.
func TestOwnersSuccessIsToldToOthers(t *testing.T) {
	t.Parallel()
	c, store := newClock(), shared(t).Guesses()
	here, there := replicaOf(t, store, c), replicaOf(t, store, c)
	if got := evaluated(there.Limiter, 8, roy); got != 8 {
		t.Fatalf("%d of 8 guesses are evaluated", got)
	}
	login, err := there.Reserve(t.Context(), roy)
	if err != nil {
		t.Fatal(err)
	}
	if got := evaluated(here.Limiter, 20, roy); got != 1 {
		t.Fatalf("%d guesses are evaluated here, want 1: eight failed there, and one is under way", got)
	}
	login.Succeed()
	eventually(t, "it is told that the login went well", func() bool {
		rows, err := store.All(t.Context(), 100)
		events := 0
		for _, row := range rows {
			if row.Kind == throttle.KindAccount {
				events += len(row.Times)
			}
		}
		return err == nil && events == 9
	})
	c.pass(6 * time.Second)
	eventually(t, "it is known that the login went well", func() bool { return here.Refused(roy) == nil })
}

// TestCleared: what an operator clears counts no more, at each replica, within seconds.
func TestCleared(t *testing.T) {
	t.Parallel()
	c, store := newClock(), shared(t).Guesses()
	here, there := replicaOf(t, store, c), replicaOf(t, store, c)
	_, _ = evaluated(here.Limiter, 20, roy), evaluated(there.Limiter, 20, roy)
	if err := store.Clear(t.Context(), []throttle.Key{throttle.NewFolder(defaults(nil).Secret).Name("ROY")}, uint32(c.seconds.Load())); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*replica{here, there} {
		eventually(t, "a guess is let pass again", func() bool { return r.Refused(roy) == nil })
	}
	c.pass(time.Second)
	if got := evaluated(here.Limiter, 20, roy); got != 10 {
		t.Errorf("%d guesses are evaluated after that, want 10", got)
	}
}

// TestEndsWithoutLoss: what a server has counted and not yet told is told when it stops.
func TestEndsWithoutLoss(t *testing.T) {
	t.Parallel()
	c, store := newClock(), shared(t).Guesses()
	first := replicaOf(t, store, c)
	if err := guessAt(first.Limiter, roy); err != nil {
		t.Fatal(err)
	}
	first.stop()
	rows, err := store.All(t.Context(), 10)
	if err != nil || len(rows) != 2 {
		t.Errorf("All() = %v, %v, want a row of the name and one of the address", rows, err)
	}
}

// breaking is a store that fails while it is told to.
type breaking struct {
	throttle.Store
	broken atomic.Bool
}

var errBroken = errors.New("the state is away")

func (b *breaking) Put(ctx context.Context, rows []throttle.Row) error {
	if b.broken.Load() {
		return errBroken
	}
	return b.Store.Put(ctx, rows)
}

func (b *breaking) All(ctx context.Context, most int) ([]throttle.Row, error) {
	if b.broken.Load() {
		return nil, errBroken
	}
	return b.Store.All(ctx, most)
}

func (b *breaking) Cleared(ctx context.Context, since uint32) ([]throttle.Clearing, error) {
	if b.broken.Load() {
		return nil, errBroken
	}
	return b.Store.Cleared(ctx, since)
}

// TestAlone: while the store fails each counts for itself and says so, once; afterwards
// what was counted meanwhile is known to all.
func TestAlone(t *testing.T) {
	t.Parallel()
	c := newClock()
	store := &breaking{Store: shared(t).Guesses()}
	store.broken.Store(true)
	var log syncBuffer
	cfg := defaults(c.now)
	cfg.Store, cfg.Logger = store, slog.New(slog.NewTextHandler(&log, nil))
	l := runs(t, limiter(t, cfg))
	other := replicaOf(t, store.Store, c)
	if got := evaluated(l.Limiter, 30, roy); got != 10 {
		t.Errorf("%d guesses are evaluated without the store, want 10", got)
	}
	eventually(t, "it says that it is alone", func() bool { return l.Alone() > 0 })
	time.Sleep(3 * time.Second) // a look and more
	if got := strings.Count(log.String(), "counts failed logins by itself"); got != 1 {
		t.Errorf("it is said %d times, want once:\n%s", got, log.String())
	}
	store.broken.Store(false)
	eventually(t, "it is not alone any more", func() bool { return l.Alone() == 0 })
	eventually(t, "the others know", func() bool {
		a := roy
		a.Password = fmt.Sprint(c.seconds.Load())
		err := guessAt(other.Limiter, a)
		return err != nil
	})
	if got := strings.Count(log.String(), "counted together with the other servers again"); got != 1 {
		t.Errorf("its end is said %d times, want once:\n%s", got, log.String())
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
