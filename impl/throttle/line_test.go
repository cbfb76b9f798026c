package throttle_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/impl/throttle"
)

// hold opens all places of roy's.
func hold(t *testing.T, l *throttle.Limiter) (open []*throttle.Reservation) {
	t.Helper()
	for i := range 10 {
		a := roy
		a.Password = fmt.Sprint(i)
		r, err := l.Reserve(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, r)
	}
	return open
}

// TestLine: places go to who came first, one for each that ends, past those that have gone
// away, and what comes while somebody waits takes none before them.
func TestLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limiter(t, defaults(newClock().now))
		open := hold(t, l)
		gone, leave := context.WithCancel(t.Context())
		defer leave()
		type got struct {
			who string
			r   *throttle.Reservation
			err error
		}
		results := make(chan got, 10)
		join := func(who string, ctx context.Context) {
			go func() {
				r, err := l.Reserve(ctx, roy)
				results <- got{who, r, err}
			}()
			synctest.Wait()
		}
		next := func(who string) *throttle.Reservation {
			t.Helper()
			synctest.Wait()
			if len(results) != 1 {
				t.Fatalf("%d have been answered, want %s alone", len(results), who)
			}
			result := <-results
			if result.who != who {
				t.Fatalf("%s has been answered, want %s", result.who, who)
			}
			return result.r
		}
		join("first", t.Context())
		join("gone", gone)
		join("second", t.Context())
		join("third", t.Context())
		open[0].Cancel()
		first := next("first")
		leave()
		if next("gone") != nil {
			t.Error("who has gone has a place")
		}
		join("late", t.Context())
		open[1].Succeed()
		second := next("second")
		first.Fail() // takes the place for good
		synctest.Wait()
		if len(results) != 0 {
			t.Error("somebody has the place of one that failed")
		}
		second.Succeed()
		next("third").Cancel()
		next("late").Succeed()
		for _, r := range open {
			r.Cancel()
		}
		if got := evaluated(l, 20, roy); got != 9 {
			t.Errorf("%d more guesses are evaluated, want 9", got)
		}
	})
}

// TestLineIsRefused: when those that were waited for have failed, all who wait are refused
// at once, for what failed.
func TestLineIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limiter(t, defaults(newClock().now))
		open := hold(t, l)
		errs := make(chan error, 5)
		for range cap(errs) {
			go func() {
				_, err := l.Reserve(t.Context(), roy)
				errs <- err
			}()
		}
		synctest.Wait()
		for _, r := range open {
			r.Fail()
		}
		for range cap(errs) {
			if err := <-errs; refusal(err).RetryAfter != time.Minute || refusal(err).AtOnce {
				t.Errorf("who waited gets %v, Retry-After %v, want the refusal of who failed ten times", err, refusal(err).RetryAfter)
			}
		}
	})
}

// TestMayWait: before it waits, an attempt asks whether it may, at which budget and behind
// how many; who waits in vain, or would be one too many, is not said to have failed.
func TestMayWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limiter(t, defaults(newClock().now))
		open := hold(t, l)
		no := errors.New("no")
		var asked []string
		patient := roy
		patient.MayWait = func(at throttle.Kind, behind int) error {
			asked = append(asked, fmt.Sprint(at, " ", behind))
			if behind == 2 {
				return no
			}
			return nil
		}
		late := make(chan error, 200)
		for range 2 {
			go func() {
				_, err := l.Reserve(t.Context(), patient)
				late <- err
			}()
			synctest.Wait()
		}
		if _, err := l.Reserve(t.Context(), patient); !errors.Is(err, no) {
			t.Errorf("who may not wait gets %v", err)
		}
		if got := fmt.Sprint(asked); got != "[account 0 account 1 account 2]" {
			t.Errorf("it is asked %s", got)
		}
		for range 116 { // 128 hold a place or wait
			go func() {
				_, err := l.Reserve(t.Context(), roy)
				late <- err
			}()
		}
		synctest.Wait()
		if _, err := l.Reserve(t.Context(), roy); !refusal(err).AtOnce {
			t.Errorf("one too many gets %v", err)
		}
		begun := time.Now()
		for range 118 {
			if err := <-late; !refusal(err).AtOnce || refusal(err).RetryAfter != time.Second {
				t.Fatalf("who waited in vain gets %v", err)
			}
		}
		if waited := time.Since(begun); waited != 5*throttle.DefaultMaxWait {
			t.Errorf("they waited for %v", waited)
		}
		if got := l.Refusals(throttle.KindAccount); got != 119 {
			t.Errorf("%d are counted as refused, want 119", got)
		}
		for _, r := range open {
			r.Cancel()
		}
		if got := evaluated(l, 20, roy); got != 10 {
			t.Errorf("%d guesses are evaluated, want 10", got)
		}
	})
}

// TestLineLosesNobody: logins of a few users from a few addresses, so that they wait at
// both, that end in any way or go away while they wait, leave nobody waiting for a place
// that is free, and no more than there are hold one.
func TestLineLosesNobody(t *testing.T) {
	for seed := range uint64(30) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			cfg := defaults(newClock().now)
			cfg.Address = throttle.OfAddress(15, 10*time.Minute)
			cfg.MaxWait = 1000 * time.Hour
			l := limiter(t, cfg)
			var (
				all    sync.WaitGroup
				served atomic.Int64
				open   [3]atomic.Int64
				left   = int64(300)
			)
			for i := range 300 {
				user, address := random.IntN(3), random.IntN(2)
				begins, takes, patient := random.IntN(400), random.IntN(100), time.Duration(random.IntN(2000))*time.Millisecond
				goes, cancels := random.IntN(4) == 0, random.IntN(2) == 0
				if goes {
					left--
				}
				all.Go(func() {
					time.Sleep(time.Duration(begins) * time.Millisecond)
					ctx, stop := context.WithCancel(context.Background())
					defer stop()
					if goes {
						ctx, stop = context.WithTimeout(ctx, patient)
						defer stop()
					}
					r, err := l.Reserve(ctx, throttle.Attempt{
						UserID: fmt.Sprint(user), Name: fmt.Sprint("user", user), Address: fmt.Sprint("192.0.2.", address), Password: fmt.Sprint(i),
					})
					if err != nil {
						if refusal(err).AtOnce {
							served.Add(1) // one too many; it was answered
						} else if !goes {
							t.Errorf("seed %d: %v", seed, err)
						}
						return
					}
					if open[user].Add(1) > 10 {
						t.Errorf("seed %d: over ten have a place of user %d's", seed, user)
					}
					time.Sleep(time.Duration(takes) * time.Millisecond)
					open[user].Add(-1)
					if cancels {
						r.Cancel()
					} else {
						r.Succeed()
					}
					if !goes {
						served.Add(1)
					}
				})
			}
			all.Wait() // Or all are asleep, which synctest says.
			if got := served.Load(); got < left {
				t.Errorf("seed %d: %d of %d are answered", seed, got, left)
			}
		})
	}
}

// TestLinePasses: who is called at its address, and finds its account full, leaves the
// place to the next who waits there.
func TestLinePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := defaults(newClock().now)
		cfg.Address = throttle.OfAddress(1, 10*time.Minute)
		l := limiter(t, cfg)
		elsewhere := roy
		for i := range 10 {
			elsewhere.Address = fmt.Sprint("198.51.100.", i)
			if _, err := l.Reserve(t.Context(), elsewhere); err != nil {
				t.Fatal(err)
			}
		}
		ann := throttle.Attempt{UserID: "2", Name: "ann", Address: roy.Address}
		first, err := l.Reserve(t.Context(), ann)
		if err != nil {
			t.Fatal(err)
		}
		passed := make(chan error, 1)
		go func() { _, _ = l.Reserve(t.Context(), roy) }() // waits at the address, then at the account
		synctest.Wait()
		go func() {
			_, err := l.Reserve(t.Context(), ann)
			passed <- err
		}()
		synctest.Wait()
		first.Succeed()
		synctest.Wait()
		if len(passed) == 0 {
			t.Fatal("a place is free, and somebody waits for it")
		}
		if err := <-passed; err != nil {
			t.Error(err)
		}
	})
}
