package throttle

import (
	"slices"
	"time"
)

// Budget says how many guesses may fail. It works as a bucket that leaks: each failure
// adds one to its level, and one goes in each Forget. Below Free there is no wait. Then
// the next guess has to wait since the last one: First, twice that, four times, up to
// Forget. The level never passes Most. The zero Budget bounds nothing.
type Budget struct {
	// Free is how many failures in a row are let pass before the first wait.
	Free int
	// First is the first wait, in whole seconds; 0 is none before the bucket is full,
	// at Free.
	First time.Duration
	// Forget is in how long one failure is forgotten, in whole seconds, and the longest
	// wait.
	Forget time.Duration
	// Window is for how long failures are kept. What Within promises it promises of
	// times up to that.
	Window time.Duration
}

// bounded reports whether there is a bound at all.
func (b Budget) bounded() bool { return b.Free > 0 }

// Most is the highest level.
func (b Budget) Most() int {
	most := b.Free
	if b.First > 0 {
		for wait := b.First; wait < b.Forget; wait *= 2 {
			most++
		}
	}
	return most
}

// Within is how many guesses are let through in any time of that length, at most
// Window, whenever they come and wherever from: what the bucket holds and what leaks.
func (b Budget) Within(length time.Duration) int {
	return b.Most() + int(length/b.Forget)
}

// Times are counted in whole seconds since 1970, rounded up for what has happened and
// down for now: no wait is shorter than it should be.
func (b Budget) forget() int64 { return int64(b.Forget / time.Second) }
func (b Budget) window() int64 { return int64(b.Window / time.Second) }

// next is from when another guess may be evaluated after those events, which are sorted;
// 0 is at any time.
func (b Budget) next(events []uint32) int64 {
	if len(events) == 0 || !b.bounded() {
		return 0
	}
	var (
		forget = b.forget()
		most   = int64(b.Most()) * forget
		level  = b.level(events)
		last   = int64(events[len(events)-1])
		from   int64
	)
	if wait := b.grown(int((level + forget - 1) / forget)); wait > 0 {
		from = last + wait
	}
	if over := level + forget - most; over > 0 {
		from = max(from, last+over)
	}
	return from
}

// level is how full the bucket is after the last of the events: a failure is as much as
// leaks out in Forget.
func (b Budget) level(events []uint32) int64 {
	var level, last int64
	for _, at := range events {
		level = max(0, level-(int64(at)-last)) + b.forget()
		last = int64(at)
	}
	return level
}

// grown is the wait after a failure that was the nth in a row.
func (b Budget) grown(n int) int64 {
	if b.First == 0 || n < b.Free {
		return 0
	}
	wait := b.First
	for range n - b.Free {
		if wait *= 2; wait >= b.Forget {
			return b.forget()
		}
	}
	return int64(min(wait, b.Forget) / time.Second)
}

// cold is from when those events say nothing any more.
func (b Budget) cold(events []uint32) int64 {
	if len(events) == 0 {
		return 0
	}
	return int64(events[len(events)-1]) + b.level(events)
}

// kept is the events that are not older than Window.
func (b Budget) kept(events []uint32, now int64) []uint32 {
	i := 0
	for i < len(events) && int64(events[i]) < now-b.window() {
		i++
	}
	if i > 0 {
		return slices.Delete(events, 0, i)
	}
	return events
}

const (
	// Month is what NIST SP 800-63B-4, section 3.2.2, counts in: no more than 100 failed
	// guesses of an account.
	Month = 30 * 24 * time.Hour
	// Day is what an address is counted in.
	Day = 24 * time.Hour
)

// OfAccount is a budget of guesses at one user: after so many failures the wait begins
// at a minute and doubles up to longest, in which one failure is forgotten.
func OfAccount(free int, longest time.Duration) Budget {
	return Budget{Free: free, First: time.Minute, Forget: longest, Window: Month}
}

// OfAddress is a budget of guesses from one address, at whomever: so many at once, and
// one more each time that a failure is forgotten.
func OfAddress(free int, forget time.Duration) Budget {
	return Budget{Free: free, Forget: forget, Window: Day}
}
