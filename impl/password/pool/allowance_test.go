package pool

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// step is how finely time passes on the machine of these tests.
const step = 100 * time.Microsecond

// container is a machine where hashing takes all it can whenever it is not held, and
// this process what it takes.
type container struct {
	quota, takes   float64       // cores
	bursts         time.Duration // it takes that for so long, nothing for as long, and so on; 0: all the time
	known          bool          // to hashing is when the kernel's periods begin
	threads        int           // that hash, on as many processors
	late           time.Duration // timers are
	waits, changes int
	hashed         []time.Duration // in the steps so far, together
	own            []time.Duration // what this process took in them
}

func (c *container) run(d time.Duration) {
	now := time.Now()
	of := Quota{Cores: c.quota, Period: usualPeriod}.turns(time.Time{})
	if c.known {
		of = Quota{Cores: c.quota, Period: usualPeriod}.turns(now)
	}
	a := allowance{begun: now.Add(-usualPeriod)}
	var hashed, own, looked time.Duration
	held, until, begun := true, now, now
	for end := now.Add(d); now.Before(end); now = now.Add(step) {
		if !now.Before(until) {
			was := held
			var next time.Duration
			held, next = a.spend(now, own, hashed-looked, of, c.threads)
			if looked = hashed; held != was {
				c.changes++
			}
			c.waits++
			until = now.Add(next + c.late)
		}
		if !held {
			hashed += step * time.Duration(c.threads)
		}
		if c.bursts == 0 || now.Sub(begun)/c.bursts%2 == 1 {
			own += allowed(c.takes, step)
		}
		c.hashed, c.own = append(c.hashed, hashed), append(c.own, own)
	}
}

// spent is what both took in the steps from one on, up to another.
func (c *container) spent(from, to int) time.Duration {
	return c.hashed[to] - c.hashed[from] + c.own[to] - c.own[from]
}

// stepsOfPeriod is how many a period has.
const stepsOfPeriod = int(usualPeriod / step)

// most is the most that both took in a period, whenever that begins: of the first two
// nothing is known.
func (c *container) most() (most time.Duration) {
	for i := 3 * stepsOfPeriod; i < len(c.hashed); i++ {
		most = max(most, c.spent(i-stepsOfPeriod, i))
	}
	return most
}

// stopped is how long before a period's end the kernel stopped both at the most.
func (c *container) stopped() (longest time.Duration) {
	for begun := 2 * stepsOfPeriod; begun+stepsOfPeriod < len(c.hashed); begun += stepsOfPeriod {
		for i := 0; i < stepsOfPeriod; i++ {
			if c.spent(begun, begun+i) > allowed(c.quota, usualPeriod) {
				longest = max(longest, time.Duration(stepsOfPeriod-i)*step)
				break
			}
		}
	}
	return longest
}

// hashedCores is what hashing got on the average.
func (c *container) hashedCores() float64 {
	return c.hashed[len(c.hashed)-1].Seconds() / (time.Duration(len(c.hashed)) * step).Seconds()
}

// TestAllowance: hashing has what is left, and is seldom held and let go. Where it is not
// known when a period begins, in none, whenever it does, both together take more than
// the quota; and where it is, what they take too much is so at a period's end.
func TestAllowance(t *testing.T) {
	for _, test := range []struct {
		quota, takes  float64
		threads       int
		unknown, want float64 // of hashing, in cores
	}{
		{0.5, 0, 1, 0.45, 0.5},
		{0.5, 0.1, 1, 0.35, 0.4},
		{0.5, 0.1, 2, 0.35, 0.4},
		{0.25, 0, 1, 0.2, 0.25},
		{0.1, 0, 1, 0.075, 0.1},
		{1, 0.05, 1, 0.9, 0.95},
		{1, 0.05, 3, 0.9, 0.95},
		{2, 0.2, 2, 1.7, 1.8},
		{2, 1.5, 2, 0.4, 0.5},
		{2, 1.99, 2, 0.2, 0.2}, // a tenth of the quota, whatever the other takes
		{1, 3, 2, 0.1, 0.1},
		{0.5, 0.6, 3, 0.05, 0.05},
		{3, 0, 2, 2, 2}, // no more than there are
	} {
		for known, want := range map[bool]float64{false: test.unknown, true: test.want} {
			const seconds = 5
			c := &container{quota: test.quota, takes: test.takes, threads: test.threads, known: known, late: 300 * time.Microsecond}
			c.run(seconds * time.Second)
			name := fmt.Sprintf("of %v cores, of which %v are taken, %d threads, periods known: %v", test.quota, test.takes, test.threads, known)
			if got := c.hashedCores(); math.Abs(got-want) > 0.025*test.quota {
				t.Errorf("%s: hash with %.3f, want %v", name, got, want)
			}
			if turns := int(seconds * time.Second / usualPeriod); c.changes > 2*turns+5 || c.waits > 4*turns {
				t.Errorf("%s: held or let go %d times and looked at %d times in %d turns", name, c.changes, c.waits, turns)
			}
			if test.takes+leastHashed*test.quota > test.quota {
				continue // it is too much in any case
			}
			if most := c.most(); !known && most > allowed(test.quota, usualPeriod) {
				t.Errorf("%s: %v were taken in a period", name, most)
			}
			if stopped := c.stopped(); known && stopped > 2*time.Millisecond {
				t.Errorf("%s: the kernel stopped both for %v", name, stopped)
			}
		}
	}
}

// TestAllowanceOfLittle: where a turn's worth is too little for the threads to go on, it is
// saved, or they would stand still for good.
func TestAllowanceOfLittle(t *testing.T) {
	for _, test := range []struct{ quota, takes, unknown, want float64 }{
		{0.05, 0, 0.0375, 0.05}, {0.1, 0.3, 0.01, 0.01}, {0.02, 0, 0.015, 0.02}, {0.01, 0, 0.0075, 0.01},
	} {
		for known, want := range map[bool]float64{false: test.unknown, true: test.want} {
			c := &container{quota: test.quota, takes: test.takes, threads: 3, known: known, late: 300 * time.Microsecond}
			c.run(10 * time.Second)
			if got := c.hashedCores(); got < 0.9*want || got > 1.25*want { // a timer that is late counts, of so little
				t.Errorf("of %v cores, of which %v are taken, three threads hash with %.4f, want %v", test.quota, test.takes, got, want)
			}
		}
	}
}

// TestAllowanceOfBursts: what this process takes and did not before is hashing's to give
// back while the turn goes on, as far as it has some left, and of the next turn else.
func TestAllowanceOfBursts(t *testing.T) {
	for _, test := range []struct{ quota, takes float64 }{{0.5, 0.1}, {0.5, 0.2}, {1, 0.1}, {1, 0.5}} {
		name := fmt.Sprintf("of %v cores, of which %v are taken now and then", test.quota, test.takes)
		c := &container{quota: test.quota, takes: test.takes, bursts: usualPeriod / 2, threads: 1, late: 300 * time.Microsecond}
		c.run(5 * time.Second)
		if most := c.most(); most > allowed(1.04*test.quota, usualPeriod) {
			t.Errorf("%s: %v were taken in a period", name, most)
		}
		spendable := Quota{Cores: test.quota}.turns(time.Time{}).spendable()
		if all := c.hashedCores() + test.takes/2; all > spendable*1.02 || all < spendable*0.9 {
			t.Errorf("%s: %.3f were taken, want %.3f", name, all, spendable)
		}
		c = &container{quota: test.quota, takes: test.takes, bursts: usualPeriod, known: true, threads: 1, late: 300 * time.Microsecond}
		c.run(5 * time.Second)
		if stopped := c.stopped(); stopped > 5*time.Millisecond {
			t.Errorf("%s, periods known: the kernel stopped both for %v", name, stopped)
		}
		if all := c.hashedCores() + test.takes/2; all > test.quota || all < 0.88*test.quota {
			t.Errorf("%s, periods known: %.3f were taken", name, all)
		}
	}
}

// TestAllowanceOwes: hashing has a half at once, and the other as late as that can be. What
// was taken too much is taken from the turns that follow, and what was not is no credit.
func TestAllowanceOwes(t *testing.T) {
	const ms = time.Millisecond
	of := limit{cores: 1, turn: usualPeriod} // of which 0.95 are spendable
	now := time.Now()
	a := allowance{begun: now.Add(-usualPeriod)}
	for _, step := range []struct {
		name           string
		passed, hashed time.Duration
		held           bool
		next           time.Duration
	}{
		{"at first", 0, 0, false, 47500 * time.Microsecond},
		{"after the half", 48 * ms, 48 * ms, true, 5 * ms},
		{"late", 5 * ms, 0, false, 47 * ms},
		{"in the next turn", 47 * ms, 47 * ms, false, 47500 * time.Microsecond},
		{"25 ms too many", 30 * ms, 120 * ms, true, 70 * ms},
		{"in the turn after", 70 * ms, 0, false, 35 * ms},
		{"after a pause", 10 * time.Second, 0, false, 47500 * time.Microsecond},
	} {
		now = now.Add(step.passed)
		if held, next := a.spend(now, 0, step.hashed, of, 1); held != step.held || next != step.next {
			t.Errorf("%s: held %v, next look in %v, want %v, %v", step.name, held, next, step.held, step.next)
		}
	}
}

// TestTurns are as long as periods are, and begin with them, unless that is too short or
// too long.
func TestTurns(t *testing.T) {
	began := time.Now()
	for period, want := range map[time.Duration]struct {
		turn  time.Duration
		known bool
	}{
		0: {usualPeriod, false}, usualPeriod: {usualPeriod, true}, 200 * time.Millisecond: {200 * time.Millisecond, true},
		10 * time.Millisecond: {shortestTurn, false}, time.Second: {longestTurn, false},
	} {
		of := Quota{Cores: 1, Period: period}.turns(began)
		if of.turn != want.turn || of.since.IsZero() == want.known {
			t.Errorf("a period of %v: turns of %v, begin known %v, want %+v", period, of.turn, !of.since.IsZero(), want)
		}
		if now := began.Add(1234567 * time.Microsecond); want.known {
			if begun := of.begun(now, 0); now.Sub(begun) >= of.turn || begun.Sub(began)%period != 0 {
				t.Errorf("a period of %v: %v after one began this one began %v ago", period, now.Sub(began), now.Sub(begun))
			}
		}
	}
}
