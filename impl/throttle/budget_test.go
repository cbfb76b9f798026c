package throttle_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/throttle"
)

// budgets are those of the defaults, and some that an operator may set.
var budgets = map[string]throttle.Budget{
	"account":        throttle.OfAccount(10, 10*time.Hour),
	"strict account": throttle.OfAccount(3, 24*time.Hour),
	"lax account":    throttle.OfAccount(50, 4*time.Hour),
	"address":        throttle.OfAddress(100, 10*time.Minute),
}

// TestBudgetWaits: the wait grows from a minute to ten hours, and is over when it is said
// to be.
func TestBudgetWaits(t *testing.T) {
	b := budgets["account"]
	now := int64(1_800_000_000)
	var events []uint32
	var waits []time.Duration
	for range 30 {
		from := max(now, b.Next(events))
		waits = append(waits, time.Duration(from-now)*time.Second)
		now = from
		events = append(events, uint32(now))
	}
	for i, wait := range waits[:10] {
		if wait != 0 {
			t.Errorf("guess %d waits %v, want none", i+1, wait)
		}
	}
	want := []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512}
	for i, minutes := range want {
		if got := waits[10+i]; got != minutes*time.Minute {
			t.Errorf("guess %d waits %v, want %v", 11+i, got, minutes*time.Minute)
		}
	}
	for i, wait := range waits {
		if wait > 10*time.Hour || i > 10 && wait < waits[i-1] {
			t.Errorf("guess %d waits %v after %v; want a wait that grows up to 10h", i+1, wait, waits[max(0, i-1)])
		}
	}
	if last := waits[len(waits)-1]; last != 10*time.Hour {
		t.Errorf("the wait becomes %v, want 10h", last)
	}
}

// TestBudgetWithin: NIST's bound holds by default, and the office's does.
func TestBudgetWithin(t *testing.T) {
	if got := budgets["account"].Within(throttle.Month); got != 92 {
		t.Errorf("Within(30 days) = %d, want 92", got)
	}
	if got := budgets["address"].Within(throttle.Day); got != 244 {
		t.Errorf("Within(a day) of an address = %d, want 244", got)
	}
}

// TestBudgetIsABound: whatever the schedule of guesses is like, in no window are more of
// them evaluated than Within says, the calm ones before and after it included.
func TestBudgetIsABound(t *testing.T) {
	for name, b := range budgets {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			worst := 0
			for seed := range uint64(16) {
				events := guess(b, rand.New(rand.NewPCG(seed, 13)))
				for _, length := range []time.Duration{b.Window, b.Window / 3, b.Forget * 5} {
					most := within(events, int64(length/time.Second))
					if most > b.Within(length) {
						t.Fatalf("seed %d: %d guesses in %v, want at most %d", seed, most, length, b.Within(length))
					}
					if length == b.Window {
						worst = max(worst, most)
					}
				}
			}
			t.Logf("the most in %v: %d of %d", b.Window, worst, b.Within(b.Window))
			if worst < b.Within(b.Window)*9/10 {
				t.Errorf("no schedule got more than %d of %d guesses: they are too tame to show anything", worst, b.Within(b.Window))
			}
		})
	}
}

// guess returns when guesses were evaluated of an adversary who comes as soon as he may,
// waits for the bucket to empty, or anything between, for three windows.
func guess(b throttle.Budget, random *rand.Rand) (events []uint32) {
	now := int64(1_800_000_000)
	end := now + 3*int64(b.Window/time.Second)
	pause := random.IntN(4)
	var kept []uint32
	for now < end {
		kept = slices.DeleteFunc(kept, func(at uint32) bool { return int64(at) < now-int64(b.Window/time.Second) })
		if from := b.Next(kept); from > now {
			now = from
			if pause == 1 && random.IntN(20) == 0 { // a rest, after which there is a burst
				now += random.Int64N(int64(b.Window / time.Second))
			}
			continue
		}
		events, kept = append(events, uint32(now)), append(kept, uint32(now))
		if pause == 2 {
			now += random.Int64N(int64(b.Forget/time.Second) / 4)
		}
		if pause == 3 && random.IntN(50) == 0 {
			now += int64(b.Forget/time.Second) * int64(b.Most())
		}
	}
	return events
}

// within is the most events in any window of so many seconds, both ends included.
func within(events []uint32, seconds int64) (most int) {
	first := 0
	for i, at := range events {
		for int64(at)-int64(events[first]) > seconds {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}
