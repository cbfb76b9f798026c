package pool

import (
	"math"
	"runtime"
	"testing"
	"time"
)

// step is how finely time passes on the machine of these tests.
const step = 100 * time.Microsecond

// container is a machine where hashing takes all it can whenever it is not held, and
// this process what it takes.
type container struct {
	quota, takes   float64       // cores
	bursts         bool          // it takes that in every other turn alone
	threads        int           // that hash, on as many processors
	late           time.Duration // timers are
	waits, changes int
	hashed         []time.Duration // in the steps so far, together
	own            []time.Duration // what this process took in them
}

func (c *container) run(d time.Duration) {
	now := time.Now()
	a := allowance{begun: now.Add(-turn)}
	var hashed, own, looked time.Duration
	held, until, begun := true, now, now
	for end := now.Add(d); now.Before(end); now = now.Add(step) {
		if !now.Before(until) {
			was := held
			var next time.Duration
			held, next = a.spend(now, own, hashed-looked, c.quota, c.threads)
			if looked = hashed; held != was {
				c.changes++
			}
			c.waits++
			until = now.Add(next + c.late)
		}
		if !held {
			hashed += step * time.Duration(c.threads)
		}
		if !c.bursts || now.Sub(begun)/turn%2 == 1 {
			own += allowed(c.takes, step)
		}
		c.hashed, c.own = append(c.hashed, hashed), append(c.own, own)
	}
}

// TestAllowance: in whichever period of 100 ms, both together take no more than the
// quota, hashing has what is left, and it is seldom held and let go.
func TestAllowance(t *testing.T) {
	for _, test := range []struct {
		quota, takes float64
		threads      int
		want         float64 // of hashing, in cores
	}{
		{0.5, 0, 1, 0.45},
		{0.5, 0.1, 1, 0.35},
		{0.5, 0.1, 2, 0.35},
		{0.25, 0, 1, 0.2},
		{0.1, 0, 1, 0.075},
		{1, 0.05, 1, 0.9},
		{1, 0.05, 3, 0.9},
		{2, 0.2, 2, 1.7},
		{2, 1.5, 2, 0.4},
		{2, 1.99, 2, 0.2}, // a tenth of the quota, whatever the other takes
		{1, 3, 2, 0.1},
		{0.5, 0.6, 3, 0.05},
		{3, 0, 2, 2}, // no more than there are
	} {
		const seconds = 5
		c := &container{quota: test.quota, takes: test.takes, threads: test.threads, late: 300 * time.Microsecond}
		c.run(seconds * time.Second)
		got := (c.hashed[len(c.hashed)-1]).Seconds() / seconds
		if math.Abs(got-test.want) > 0.02*test.quota {
			t.Errorf("of %v cores, of which %v are taken, %d threads hash with %.3f, want %v", test.quota, test.takes, test.threads, got, test.want)
		}
		if turns := int(seconds * time.Second / turn); c.changes > 2*turns+1 || c.waits > 3*turns {
			t.Errorf("of %v cores: held or let go %d times and looked at %d times in %d turns", test.quota, c.changes, c.waits, turns)
		}
		const period = int(100 * time.Millisecond / step)
		var most time.Duration
		for i := 2 * period; i < len(c.hashed); i++ { // They begin at any time; of the first turn nothing is known.
			most = max(most, c.hashed[i]-c.hashed[i-period])
		}
		took := most.Seconds()/0.1 + test.takes
		if all := max(test.quota, test.takes+leastHashed*test.quota); took > all+0.006*float64(test.threads) {
			t.Errorf("of %v cores, of which %v are taken, %.3f were taken in a period", test.quota, test.takes, took)
		}
	}
}

// TestAllowanceOfLittle: where a turn's worth is too little for the threads to go on, it is
// saved, or they would stand still for good.
func TestAllowanceOfLittle(t *testing.T) {
	for _, test := range []struct{ quota, takes, want float64 }{{0.05, 0, 0.0375}, {0.1, 0.3, 0.01}, {0.02, 0, 0.015}} {
		const seconds = 5
		c := &container{quota: test.quota, takes: test.takes, threads: 3, late: 300 * time.Microsecond}
		c.run(seconds * time.Second)
		if got := (c.hashed[len(c.hashed)-1]).Seconds() / seconds; got < 0.9*test.want || got > 1.25*test.want { // a timer that is late counts, of so little
			t.Errorf("of %v cores, of which %v are taken, three threads hash with %.4f, want %v", test.quota, test.takes, got, test.want)
		}
	}
}

// TestAllowanceOfBursts: what this process takes and did not the turn before is hashing's to
// give back while the turn goes on, as far as it has some left, and of the next turn else.
func TestAllowanceOfBursts(t *testing.T) {
	for _, test := range []struct{ quota, takes float64 }{{0.5, 0.1}, {0.5, 0.2}, {1, 0.1}, {1, 0.5}} {
		const seconds = 5
		c := &container{quota: test.quota, takes: test.takes, bursts: true, threads: 1, late: 300 * time.Microsecond}
		c.run(seconds * time.Second)
		const period = int(100 * time.Millisecond / step)
		var most time.Duration
		for i := 2 * period; i < len(c.hashed); i++ {
			most = max(most, c.hashed[i]-c.hashed[i-period]+c.own[i]-c.own[i-period])
		}
		if took := most.Seconds() / 0.1; took > 1.04*test.quota {
			t.Errorf("of %v cores, of which %v are taken in every other turn, %.3f were taken in a period", test.quota, test.takes, took)
		}
		all := (c.hashed[len(c.hashed)-1] + c.own[len(c.own)-1]).Seconds() / seconds
		if want := spendable(test.quota); all > want*1.02 || all < want*0.9 {
			t.Errorf("of %v cores, of which %v are taken in every other turn, %.3f were taken, want %.3f", test.quota, test.takes, all, want)
		}
	}
}

// TestAllowanceOwes: what was taken too much is taken from the turns that follow, and
// what was not taken is no credit.
func TestAllowanceOwes(t *testing.T) {
	now := time.Now()
	a := allowance{begun: now.Add(-turn)}
	if held, next := a.spend(now, 0, 0, 1, 1); held || next < 47*time.Millisecond || next > 48*time.Millisecond {
		t.Errorf("at first: held %v, next in %v, want 47 ms of hashing", held, next)
	}
	now = now.Add(30 * time.Millisecond)
	if held, next := a.spend(now, 0, 60*time.Millisecond, 1, 1); !held || next != 20*time.Millisecond {
		t.Errorf("13 ms too many: held %v for %v, want the rest of the turn, 20 ms", held, next)
	}
	now = now.Add(20 * time.Millisecond)
	if held, next := a.spend(now, 0, 0, 1, 1); held || next < 33*time.Millisecond || next > 35*time.Millisecond {
		t.Errorf("the turn after: held %v, next in %v, want 34 ms", held, next)
	}
	now = now.Add(10 * time.Second)
	if held, next := a.spend(now, 0, 0, 1, 1); held || next > turn {
		t.Errorf("after a pause: held %v, next in %v, want one turn's at the most", held, next)
	}
}

// TestPart: under a quota the forecast knows from the first login on how slow it is.
func TestPart(t *testing.T) {
	limited := float64(runtime.NumCPU()) / 2
	for _, test := range []struct {
		quota float64
		slots int
		want  float64
	}{
		{0, 2, 1},
		{limited, 1, min(1, spendable(limited))},
		{limited, 8, spendable(limited) / 8},
		{float64(runtime.NumCPU()), 64, 1}, // no limit to anybody
	} {
		q := quota{of: func() float64 { return test.quota }}
		if got := q.part(test.slots); got != test.want {
			t.Errorf("with a quota of %v, part(%d) = %v, want %v", test.quota, test.slots, got, test.want)
		}
	}
	if got := new(quota).part(3); got != 1 {
		t.Errorf("without a quota, part(3) = %v, want 1", got)
	}
}

// TestUnheld: what a quota keeps from a child does not make it starve.
func TestUnheld(t *testing.T) {
	const had, took = 100 * time.Millisecond, 50 * time.Millisecond // of two threads
	for held, want := range map[time.Duration]time.Duration{0: had, took / 2: had / 2, took: 0} {
		if got := unheld(had, held, took); got != want {
			t.Errorf("unheld(%v, %v, %v) = %v, want %v", had, held, took, got, want)
		}
	}
	now := time.Now()
	q := quota{been: time.Second}
	if got := q.heldUntil(now); got != time.Second {
		t.Errorf("let go: heldUntil() = %v, want 1s", got)
	}
	q.held, q.at = true, now.Add(-time.Millisecond)
	if got := q.heldUntil(now); got != time.Second+time.Millisecond {
		t.Errorf("held: heldUntil() = %v, want 1.001s", got)
	}
}
