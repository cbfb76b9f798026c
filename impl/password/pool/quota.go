package pool

import (
	"math"
	"runtime"
	"strconv"
	"time"
)

// Under a quota of processor time, as containers have it, a low priority protects
// nobody: hashing uses up what all may have in a period, and the kernel then stops
// this process with it until the next. So the hashing processes are stopped before
// that: in each turn they run until they have spent what is theirs, and are held until
// the next. A hash that cannot be interleaved has no place where it could wait by itself.
const (
	// turn is half of the period in which a quota is counted nearly everywhere, so
	// that whenever one begins it holds as much hashing as any other.
	turn = 50 * time.Millisecond
	// kept is what is left of each core of a quota beside what this process takes. The
	// kernel hands a quota out to processors in slices of 5 ms, a twentieth of a core's
	// in a period; what one that hashes has of them no other gets.
	kept = 0.05
	// mostKept is the part of a quota that is never more than that.
	mostKept = 0.25
	// leastHashed is the part that hashing has however much this process takes: less
	// would be to stand still.
	leastHashed = 0.1
	// finest is how exactly a timer can be relied on. Less than that is not waited for: to
	// look once more costs a tenth of a millisecond. It is the next turn's.
	finest = time.Millisecond
	// mostSaved is how much of what was not worth a look is kept: what one core's threads,
	// of which there are three, have to have before they go on, or of a small quota they
	// would never.
	mostSaved = 4 * finest
)

// allowance is the processor time that this process and hashing may still take in this
// turn, both together.
type allowance struct {
	begun time.Time     // of the turn
	left  time.Duration // what both had of it when the turn began, less what hashing took since
	least time.Duration // the same of what hashing has in any case
	taken time.Duration // what this process had taken in its life when the turn began
	usual time.Duration // what it takes in a turn, by those before, the last above all
}

// spendable is how many cores of a quota are for this process and for hashing.
func spendable(quota float64) float64 {
	return quota - min(kept*math.Ceil(quota), mostKept*quota)
}

// spend takes in what hashing took since it was last called, and what this process
// took in its life, and says whether hashing is held and how soon to look again
// while so many threads hash.
func (a *allowance) spend(now time.Time, own, hashed time.Duration, quota float64, threads int) (held bool, next time.Duration) {
	a.left -= hashed
	a.least -= hashed
	if passed := now.Sub(a.begun); passed >= turn {
		a.begin(now, own, quota)
	}
	passed := now.Sub(a.begun)
	// This process will take as much in the rest of the turn as it did in those before.
	took := own - a.taken
	left := max(a.left-took-a.usual*(turn-passed)/turn, a.least)
	next = left / time.Duration(max(threads, 1))
	if next < finest {
		return true, turn - passed
	}
	return false, min(next, turn-passed)
}

// begin begins the next turn. What was taken too much, by whomever, is missing in it. What
// was not spent is lost, but for what was kept back for this process, or not worth a look.
func (a *allowance) begin(now time.Time, own time.Duration, quota float64) {
	passed, took := now.Sub(a.begun), own-a.taken
	both, least := allowed(spendable(quota), turn), allowed(leastHashed*quota, turn)
	a.left += allowed(spendable(quota), passed-turn) - took
	a.left = max(min(a.left, max(a.usual, mostSaved)), -allowed(quota, turn)) + both
	a.least = max(min(a.least, mostSaved), -least) + least
	a.begun, a.taken = now.Add(-passed%turn), own
	a.usual = (a.usual + time.Duration(float64(took)*float64(turn)/float64(passed))) / 2
}

// allowed is the processor time that so many cores are in that time.
func allowed(cores float64, in time.Duration) time.Duration {
	return time.Duration(cores * float64(in))
}

// quota holds a Pool's children, so that all take no more than they may. The pool's
// lock guards it.
type quota struct {
	of   func() float64 // cores; nil or 0: no limit
	on   bool
	held bool
	at   time.Time     // when that came to be
	been time.Duration // for how long they were held before
	allowance
}

// limit is the quota in cores, 0 for one that no load could reach.
func (q *quota) limit() float64 {
	if q.of == nil {
		return 0
	}
	if cores := q.of(); cores < float64(runtime.NumCPU()) {
		return cores
	}
	return 0
}

// part is what so many slots get of their cores at the most, and 1 without a quota.
func (q *quota) part(slots int) float64 {
	if limit := q.limit(); limit > 0 {
		return min(1, spendable(limit)/float64(slots))
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
	if q.on || q.limit() == 0 {
		return
	}
	q.on = true
	// As if a turn had ended in which nothing was taken.
	q.allowance = allowance{begun: now.Add(-turn), left: allowed(spendable(q.limit()), turn), taken: ownTime()}
	for _, c := range cs.all() {
		c.spent = c.process.cpuTime()
	}
	time.AfterFunc(0, cs.look)
}

// look holds the children or lets them go on.
func (cs *children) look() {
	cs.pool.mu.Lock()
	defer cs.pool.unlock()
	q, limit, now := &cs.quota, cs.quota.limit(), time.Now()
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
	if q.on = limit > 0 && runs > 0; q.on {
		var next time.Duration
		held, next = q.spend(now, ownTime(), hashed, limit, min(threads, runtime.NumCPU()))
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
