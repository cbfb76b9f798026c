package pool

import "time"

// The kernel counts a quota in periods that begin at a time of their own, which it tells
// nobody; but it tells how many there were. So for a period and a half that number is read
// each millisecond, and the moment in which it changes is when one began. All others begin
// whole periods from there: the timer of a group is never moved
// (kernel/sched/fair.c, start_cfs_bandwidth). But it may ring late, where a virtual
// processor stands still, so that the next has to begin when it should. It is looked for
// again each minute, in case that the group is another one.
const (
	// periodLasts is for how long a moment is believed, and seekAgain how long after none
	// was found it is looked for again.
	periodLasts, seekAgain = time.Minute, time.Second
	// sure is how long before the change the number may have been read, at the most: when
	// the machine is busy, or the kernel holds all, between two looks a while passes.
	sure = 2 * time.Millisecond
)

// period is when one of the kernel's began. The pool's lock guards it.
type period struct {
	passed  func(group string) (uint64, bool) // how many did; nil where that cannot be read
	of      Quota
	began   time.Time // zero: not known
	next    time.Time // when it is looked for again
	seeking bool
}

// periodBegan is when a period of a quota began, or zero while that is not known, which it
// then finds out.
func (cs *children) periodBegan(of Quota, now time.Time) time.Time {
	p := &cs.quota.period
	if p.of != of {
		p.of, p.began, p.next = of, time.Time{}, time.Time{}
	}
	usable := !of.turns(now).since.IsZero() // else it is of no use when they begin
	if usable && p.passed != nil && !p.seeking && !now.Before(p.next) {
		p.seeking, p.next = true, now.Add(seekAgain)
		go func() {
			began, found := seek(of, p.passed)
			cs.pool.mu.Lock()
			defer cs.pool.unlock()
			if p.seeking = false; p.of == of && found {
				p.began, p.next = began, began.Add(periodLasts)
			}
		}()
	}
	return p.began
}

// learnPeriod finds it out before the first login comes: in the middle of a storm, in which
// the kernel stops all now and then, it is not easily seen.
func (cs *children) learnPeriod(now time.Time) {
	cs.pool.mu.Lock()
	defer cs.pool.unlock()
	if of := cs.quota.now(); of.Cores > 0 {
		cs.periodBegan(of, now)
	}
}

// seek waits for a period to begin, and for the next.
func seek(of Quota, passed func(string) (uint64, bool)) (began time.Time, found bool) {
	first, found := change(of, passed, of.Period+of.Period/2)
	if !found {
		return time.Time{}, false
	}
	due := first.Add(of.Period)
	time.Sleep(time.Until(due.Add(-2 * sure)))
	next, found := change(of, passed, 4*sure)
	if late := next.Sub(due); !found || late.Abs() > sure {
		return time.Time{}, false
	} else if late < 0 {
		return next, true // seen sooner
	}
	return first, true
}

// change is when the number of periods becomes another, which it is watched for so long.
func change(of Quota, passed func(string) (uint64, bool), patience time.Duration) (at time.Time, seen bool) {
	before, ok := passed(of.Group)
	last := time.Now()
	for end := last.Add(patience); ok && last.Before(end); {
		time.Sleep(finest)
		var n uint64
		n, ok = passed(of.Group)
		now := time.Now()
		if ok && n != before && now.Sub(last) <= sure {
			return now, true
		}
		before, last = n, now
	}
	return time.Time{}, false
}
