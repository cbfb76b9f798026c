package gate

import (
	"slices"
	"time"
)

// mostRounds is for how many rounds a costly task may hold its address back.
const mostRounds = 100

// line is where the tasks of one kind wait: addresses in the order of the rounds
// that their first tasks are due in.
type line struct {
	heads     heap[*flow] // that have waiting tasks
	round     uint64      // last served in order
	count     int         // tasks waiting
	stoodBack int         // of those, for others who try their accounts
	work      time.Duration
	under         // way
	several   int // addresses that have more than one running
	active    int // addresses that have something here
}

// flow is what one address has in a line.
type flow struct {
	waiting []*task
	work    time.Duration // of those
	under                 // way
	due     uint64        // when the latest was, and as many rounds later as it costs more than others
	turn    uint64        // the first round after its last turn
	after   uint64        // those of that round that came until then go before it
	place   int           // in the heap, -1 outside
}

// next is the round of its next turn: it has one in each, also if it was passed by in
// some, or it would then have all of those before anybody else's.
func (f *flow) next() uint64 { return max(f.waiting[0].due, f.turn) }

// under is what runs.
type under struct {
	running int
	runs    time.Duration // what it costs
	begun   time.Duration // when each began, on the Gate's clock, together
}

// left is about how much of the work is not done at a time, where a running task
// gets such a part of a core.
func (u under) left(now time.Duration, part float64) time.Duration {
	elapsed := time.Duration(u.running)*now - u.begun
	return max(0, u.runs-time.Duration(float64(elapsed)*part))
}

func (u *under) begin(t *task) {
	u.running++
	u.runs += t.cost
	u.begun += t.begun
}

func (u *under) end(t *task) {
	u.running--
	u.runs -= t.cost
	u.begun -= t.begun
}

func newLine() *line {
	return &line{heads: heap[*flow]{
		before: func(a, b *flow) bool {
			s, t := a.next(), b.next()
			return s < t || s == t && max(a.waiting[0].seq, a.after) < max(b.waiting[0].seq, b.after)
		},
		place: func(f *flow) *int { return &f.place },
	}}
}

func (f *flow) empty() bool { return len(f.waiting) == 0 && f.running == 0 }

func (l *line) push(f *flow, t *task) {
	if f.empty() {
		l.active++
	}
	f.waiting = append(f.waiting, t)
	f.work += t.cost
	l.work += t.cost
	l.count++
	if t.tries > 1 {
		l.stoodBack++
	}
	f.due = t.due + l.rounds(t)
	if len(f.waiting) == 1 {
		l.heads.push(f)
	}
}

// rounds is for how many a task holds its address back, as it costs more than others.
func (l *line) rounds(t *task) uint64 {
	usual := (l.work + l.runs) / time.Duration(l.count+l.running)
	if usual <= 0 || t.cost < 2*usual {
		return 0
	}
	return uint64(min(t.cost/usual-1, mostRounds)) //nolint:gosec // not negative
}

func (l *line) remove(f *flow, t *task) {
	f.waiting = without(f.waiting, t)
	f.work -= t.cost
	l.work -= t.cost
	l.count--
	if t.tries > 1 {
		l.stoodBack--
	}
	if len(f.waiting) == 0 {
		l.heads.remove(f)
	} else {
		l.heads.fix(f)
	}
	if f.empty() {
		l.active--
	}
}

// rewind takes an address back to its latest task that still waits, or to the round
// that was served: what left before that counts for nothing.
func (l *line) rewind(f *flow) {
	f.due = min(f.due, l.round)
	if n := len(f.waiting); n > 0 {
		f.due = max(f.due, f.waiting[n-1].due)
	}
}

// next is the first task in order that fits, and whether one that does not was passed
// by for it.
// One whose address has its share already is passed by while others wait. One that
// needs memory which is not there holds up those behind it that need some, or small
// ones would pass it by for ever; short says that one of another line does.
func (l *line) next(share int, short bool, fits func(*flow, *task) bool) (found *task, passing bool) {
	var passed []*flow
	var over *task
	others := false // Who waits may have it.
	for found == nil && l.heads.len() > 0 {
		f := l.heads.top()
		t := f.waiting[0]
		switch {
		case f.running >= share && f.running > 0:
			if over == nil && fits(f, t) {
				over = t
			}
		case (!short || t.memory == 0) && fits(f, t):
			found = t
			continue
		default:
			short, others, passing = short || t.memory > 0, true, true
		}
		l.heads.remove(f)
		passed = append(passed, f)
	}
	for _, f := range passed {
		l.heads.push(f)
	}
	if found == nil && !others {
		return over, false // Nobody else wants it.
	}
	return found, passing
}

// serve moves the round on for a turn of the address, until which so many came.
func (l *line) serve(f *flow, came uint64) {
	if f.next() < l.round {
		f.after = came + 1
	}
	l.round = max(l.round, f.next())
	f.turn = l.round + 1
}

func (l *line) begin(f *flow, t *task) {
	if f.empty() {
		l.active++
	}
	l.under.begin(t)
	if f.begin(t); f.running == 2 {
		l.several++
	}
}

func (l *line) end(f *flow, t *task) {
	l.under.end(t)
	if f.end(t); f.running == 1 {
		l.several--
	}
	if f.empty() {
		l.active--
	}
}

func without(tasks []*task, t *task) []*task {
	i := slices.Index(tasks, t)
	return slices.Delete(tasks, i, i+1)
}
