package pool

import (
	"math"
	"time"
)

const (
	// kept is what is left of each core of a quota beside what this process takes, where
	// it is not known when the kernel's periods begin. The kernel hands a quota out to
	// processors in slices of 5 ms, a twentieth of a core's in a period of 100 ms; what
	// one that hashes has of them no other gets. Where it is known nothing is left: what
	// then is short is so at a period's end.
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

// limit is a quota in turns of which each is as long as the kernel's periods, or takes the
// place of one.
type limit struct {
	cores float64
	turn  time.Duration
	since time.Time // when some period began; zero where that is not known
}

// spendable is how many cores of a quota are for this process and for hashing.
func (l limit) spendable() float64 {
	if !l.since.IsZero() {
		return l.cores
	}
	return l.cores - min(kept*math.Ceil(l.cores), mostKept*l.cores)
}

// begun is when the turn began in which now is, if another did so long ago.
func (l limit) begun(now time.Time, passed time.Duration) time.Time {
	if !l.since.IsZero() {
		passed = now.Sub(l.since)
	}
	return now.Add(-passed % l.turn)
}

// allowance is the processor time that this process and hashing may still take in this
// turn, both together. Hashing takes the half of its part whenever there is something to
// hash, so that a single login need not wait, and the other half as late as that can be:
//
//	turn begins                                                        the next begins
//	│ the first half ▏ held: what this process takes shows ▏ what is left of it │
//
// So both halves are one run of the hashing process from turn to turn. Where this process
// takes more than was thought there is less left, and where even so all is used up, and the
// kernel stops both, the period in which it does has next to no time left either.
type allowance struct {
	begun time.Time     // of the turn
	left  time.Duration // what both had of it when the turn began, less what hashing took since
	early time.Duration // what hashing may still take of the first half
	least time.Duration // what it has in any case, of which it took as much
	taken time.Duration // what this process had taken in its life when the turn began
	usual time.Duration // what it takes in a turn, by those before, the last above all
}

// spend takes in what hashing took since it was last called, and what this process
// took in its life, and says whether hashing is held and how soon to look again
// while so many threads hash.
func (a *allowance) spend(now time.Time, own, hashed time.Duration, of limit, threads int) (held bool, next time.Duration) {
	a.left -= hashed
	a.early -= hashed
	a.least -= hashed
	if now.Sub(a.begun) >= of.turn {
		a.begin(now, own, of)
	}
	rest := of.turn - now.Sub(a.begun)
	// This process will take as much in the rest of the turn as it did in those before.
	left := max(a.left-(own-a.taken)-a.usual*rest/of.turn, a.least)
	n := time.Duration(max(threads, 1))
	early, late := min(a.early, left)/n, rest-left/n
	switch {
	case left/n < finest:
		return true, rest
	case early >= finest:
		return false, min(early, rest)
	case late >= finest:
		return true, late
	default:
		return false, min(left/n, rest)
	}
}

// begin begins the next turn. What was taken too much, by whomever, is missing in it. What
// was not spent is lost, as it is to the kernel, but for what was not worth a look.
func (a *allowance) begin(now time.Time, own time.Duration, of limit) {
	passed, took := now.Sub(a.begun), own-a.taken
	both, least := allowed(of.spendable(), of.turn), allowed(leastHashed*of.cores, of.turn)
	a.left += allowed(of.spendable(), passed-of.turn) - took
	a.left = max(min(a.left, max(mostSaved-both, 0)), -allowed(of.cores, of.turn)) + both
	a.least = max(min(a.least, max(mostSaved-least, 0)), -least) + least
	a.usual = (a.usual + time.Duration(float64(took)*float64(of.turn)/float64(passed))) / 2
	a.early = (a.left - a.usual) / 2
	a.begun, a.taken = of.begun(now, passed), own
}

// allowed is the processor time that so many cores are in that time.
func allowed(cores float64, in time.Duration) time.Duration {
	return time.Duration(cores * float64(in))
}
