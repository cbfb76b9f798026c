package pool

import (
	"runtime"
	"strconv"
	"time"
)

// Under a quota of processor time, as containers have it, a low priority protects
// nobody: hashing uses up what all may have in a period, and the kernel then stops
// this process with it until the next. So the hashing processes are stopped before
// that: in each turn they run until they have spent what is theirs, and are held until
// more is. A hash that cannot be interleaved has no place where it could wait by itself.

// Quota is how much processor time this process and the hashing process may take together,
// as the control groups of Linux have it.
type Quota struct {
	Cores  float64       // in each Period, on the average; 0 for no limit
	Period time.Duration // 0 where that is not known
	Group  string        // what counts it: another one has its periods at another time
}

const (
	// usualPeriod is the one in which a quota is counted nearly everywhere.
	usualPeriod = 100 * time.Millisecond
	// shortestTurn and longestTurn bound how long a turn is, whatever the period: each
	// costs three looks, and a login may have to wait for the most of it.
	shortestTurn, longestTurn = 50 * time.Millisecond, 250 * time.Millisecond
)

// turns is how hashing keeps a quota of which some period began then, or which is not known
// to when that is zero.
func (q Quota) turns(since time.Time) limit {
	of := limit{cores: q.Cores, turn: q.Period}
	if q.Period <= 0 {
		of.turn = usualPeriod
	}
	of.turn = min(max(of.turn, shortestTurn), longestTurn)
	if of.turn == q.Period {
		of.since = since
	}
	return of
}

// quota holds a Pool's children, so that all take no more than they may. The pool's
// lock guards it.
type quota struct {
	of     func() Quota // nil: no limit
	on     bool
	held   bool
	at     time.Time     // when that came to be
	been   time.Duration // for how long they were held before
	period period
	allowance
}

// now is the quota, of no cores where no load could reach it.
func (q *quota) now() Quota {
	if q.of == nil {
		return Quota{}
	}
	if of := q.of(); of.Cores < float64(runtime.NumCPU()) {
		return of
	}
	return Quota{}
}

// part is what so many slots get of their cores at the most, and 1 without a quota.
func (q *quota) part(slots int) float64 {
	if of := q.now(); of.Cores > 0 {
		return min(1, of.turns(time.Time{}).spendable()/float64(slots))
	}
	return 1
}

// heldUntil is for how long children were held so far.
func (q *quota) heldUntil(now time.Time) time.Duration {
	if q.held {
		return q.been + now.Sub(q.at)
	}
	return q.been
}

// unheld is the part of had, in a time in which children were held for so long, that
// says whether they are too far back: to be held is the quota's doing.
func unheld(had, held, took time.Duration) time.Duration {
	return time.Duration(float64(had) * float64(took-held) / float64(took))
}

// keepQuota begins to hold the children when they would take too much. It goes on while
// they have something to do.
func (cs *children) keepQuota(now time.Time) {
	q := &cs.quota
	of := q.now()
	if q.on || of.Cores == 0 {
		return
	}
	q.on = true
	// As if a turn had ended in which this process took what it does.
	turn := of.turns(time.Time{}).turn
	q.allowance = allowance{begun: now.Add(-turn), taken: ownTime() - q.usual, usual: q.usual}
	for _, c := range cs.all() {
		c.spent = c.process.cpuTime()
	}
	time.AfterFunc(0, cs.look)
}

// look holds the children or lets them go on.
func (cs *children) look() {
	cs.pool.mu.Lock()
	defer cs.pool.unlock()
	q, of, now := &cs.quota, cs.quota.now(), time.Now()
	runs, threads := 0, 0
	var hashed time.Duration
	for _, c := range cs.all() {
		cpu := c.process.cpuTime()
		hashed += max(cpu-c.spent, 0) // It may have ended.
		c.spent = cpu
		runs += c.runs
		threads += c.busy()
	}
	held := false
	if q.on = of.Cores > 0 && runs > 0; q.on {
		var next time.Duration
		since := cs.periodBegan(of, now)
		held, next = q.spend(now, ownTime(), hashed, of.turns(since), min(threads, runtime.NumCPU()))
		time.AfterFunc(next, cs.look)
	}
	if held != q.held {
		q.been, q.held, q.at = q.heldUntil(now), held, now
	}
	for _, c := range cs.all() {
		c.hold(held)
	}
}

// memoryLimit is how a child is told to keep within so many bytes, 0 for as many as it
// likes.
func memoryLimit(bytes int64) []string {
	if bytes <= 0 {
		return nil
	}
	return []string{"GOMEMLIMIT=" + strconv.FormatInt(bytes, 10)}
}

// hold stops a child, or lets it go on.
func (c *child) hold(held bool) {
	if held != c.held {
		c.held = held
		c.process.hold(held)
	}
}

// busy is how many of its threads have something to do.
func (c *child) busy() (n int) {
	for _, s := range c.seats {
		if len(s.live) > 0 {
			n++
		}
	}
	return n
}
