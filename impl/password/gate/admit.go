package gate

import (
	"time"
)

const (
	// refuseWithin is for how long a refusal may still be thought of, so that it
	// is there within 100 ms. Who has waited for longer is served if it can be.
	refuseWithin = 75 * time.Millisecond
	// patience is how many times MaxWait such a one may wait, as the machine
	// became slower: a storm that meets an idle one finds room for many at the
	// speed of that.
	patience = 5
)

// admit puts a task into the queue and has it begin if it can.
func (g *Gate) admit(t *task) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.level(t)
	g.queue.tag(t)
	t.cost = g.cost(t)
	insteadOf, refused := g.place(t)
	if refused != nil {
		return refused
	}
	if insteadOf != nil {
		g.drop(insteadOf, g.refusal(insteadOf))
		g.queue.tag(t) // What it stood behind may have been that.
	}
	g.queue.push(t)
	g.recrowd()
	g.dispatch()
	return nil
}

// place finds a tagged task a place in the queue: a free one, or that of the
// task it returns.
func (g *Gate) place(t *task) (insteadOf *task, refused *BusyError) {
	f := g.queue.flow(t)
	if !t.client.Promised && !g.beginsAtOnce(t, f) && g.wait(t, f)+g.untilPlace(t, f) > g.maxWait {
		return nil, g.refusal(t)
	}
	full := g.full(t)
	if !full && !g.breaksPromise(t) {
		return nil, nil
	}
	if t.behind > 0 {
		return nil, g.refusal(t)
	}
	// In place of one that has waited only if there is no room at all: it was
	// promised to be served.
	if heaviest := g.queue.heavierThan(t); heaviest != nil && g.mayTake(heaviest, t) && (full || time.Since(heaviest.arrived) < refuseWithin) {
		return heaviest, nil
	}
	return nil, g.refusal(t)
}

// ownPlaces is how many of the known may wait beside all who may.
func (g *Gate) ownPlaces() int { return max(g.queueLimit/4, 1) }

// full reports whether it may not wait, as too many of the known or of strangers do.
func (g *Gate) full(t *task) bool {
	own := g.ownPlaces()
	if t.kind.known() {
		return g.queue.waiting+t.behind >= g.queueLimit+own
	}
	return g.queue.waitingOf(false)+t.behind+max(0, g.queue.waitingOf(true)-own) >= g.queueLimit
}

// mayTake reports whether the place of one that waits may be another's: strangers have
// nothing of those that the known have for themselves.
func (g *Gate) mayTake(from, t *task) bool {
	return t.kind.known() || !from.kind.known() || g.queue.waitingOf(true) > g.ownPlaces()
}

// beginsAtOnce reports whether there is a thread for a newcomer that none of those who
// wait may have.
func (g *Gate) beginsAtOnce(t *task, f *flow) bool {
	if f == nil {
		f = new(flow)
	}
	if t.kind.shares() || t.behind > 0 || !f.empty() || g.free(t.kind) < 0 || !g.fits(f, t) {
		return false
	}
	first := g.queue.lines[t.kind].heads.top()
	return first == nil || t.memory == 0 || first.waiting[0].memory == 0 // Else it may be memory that they wait for.
}

// breaksPromise reports whether the one that has waited for longest waits for so long
// that with the task before it it might wait for much longer than it was to. Who
// has more than a fair share has no such claim.
func (g *Gate) breaksPromise(t *task) bool {
	oldest := g.queue.first
	if oldest == nil || oldest.kind != t.kind || oldest.due < t.due || g.queue.overShare(oldest) {
		return false
	}
	waits := time.Since(oldest.arrived) + g.lasts(g.queue.lines[t.kind].work+t.cost)
	return time.Since(oldest.arrived) > g.maxWait && waits > g.maxWait+g.maxWait/2
}

// wait is how long those take that stand before a tagged task: what its address has
// waiting, and of others one for each round until it is due, as far as they are there,
// or will be if everyone who is here goes on asking. f is what its address has in the
// line, nil for nothing; of the task itself that has no part yet, or t is its latest.
func (g *Gate) wait(t *task, f *flow) time.Duration {
	l := g.queue.lines[t.kind]
	var own flow
	if f != nil {
		own = *f
	}
	there, heads, active := l.count-len(own.waiting), l.heads.len(), l.active
	if len(own.waiting) > 0 {
		heads--
	}
	if !own.empty() {
		active--
	}
	if t.tries == 1 {
		there = max(0, there-l.stoodBack)
	}
	rounds := 1
	if t.due > l.round {
		rounds = int(min(t.due-l.round, 1<<20))
	}
	// Those at the same account stand behind each other's logins, not before.
	turns := max(min(there, heads*rounds), (rounds-1)*max(0, active-(t.tries-1)))
	var others time.Duration
	if n := l.count + l.running - len(own.waiting) - own.running; n > 0 {
		others = (l.work + l.runs - own.work - own.runs) / time.Duration(n)
	}
	before := own.work
	if t.seq != 0 {
		before -= t.cost // It is one of them.
	}
	before += time.Duration(turns)*others + time.Duration(t.behind)*t.cost
	// Of the known and strangers neither gets more than the other while both wait.
	o := g.queue.lines[t.kind.other()]
	return g.lasts(before + min(before, o.work+o.runs))
}

// untilPlace is how long it will be until a place is free. For a client's further
// tasks all that it has under way counts: it is not to fill all places with what takes
// long. A newcomer waits for the first that ends, if for any.
func (g *Gate) untilPlace(t *task, f *flow) (until time.Duration) {
	l := g.queue.lines[t.kind]
	if f != nil {
		until = g.lasts(g.left(f.under, t.kind))
	}
	if !t.kind.shares() {
		if (g.hasOwn(t.kind) || g.ordinary(whole) < g.slots) && g.memory+t.memory <= g.memoryLimit {
			return until
		}
		return max(until, g.untilOneEnds())
	}
	// What shares the threads makes each other late. That is no reason to refuse what
	// costs less than it.
	if all := g.lasts(g.left(l.under, t.kind)); all > 2*g.maxWait && t.cost >= l.runs/time.Duration(l.running) {
		return all
	}
	return until
}

// left is what is left to do of tasks of a kind that run.
func (g *Gate) left(u under, k kind) time.Duration {
	part := g.executor.Pace()
	if busy, _ := g.queue.both(k); k.shares() && busy > g.slots {
		part *= float64(g.slots) / float64(busy)
	}
	return u.left(time.Since(g.opened), part)
}

// untilOneEnds is how long it will be until the first of those ends that have threads
// of their own. There are only a few.
func (g *Gate) untilOneEnds() time.Duration {
	now, pace := time.Since(g.opened), g.executor.Pace()
	least := time.Duration(-1)
	for _, t := range g.running {
		if !t.kind.shares() {
			left := max(0, time.Duration(float64(t.cost)/pace)-(now-t.begun))
			if least < 0 || left < least {
				least = left
			}
		}
	}
	return max(least, 0)
}

// lasts is how long so much work takes all slots together.
func (g *Gate) lasts(work time.Duration) time.Duration {
	return time.Duration(float64(work) / float64(g.slots) / g.executor.Pace())
}

// waitOfAll is how long all that is admitted will take, at the most.
func (g *Gate) waitOfAll() time.Duration {
	var all time.Duration
	for _, l := range g.queue.lines {
		all += l.work + l.runs
	}
	return g.lasts(all)
}

// refusal says when to come back: when all that is admitted has been done, or
// refused because that took too long.
func (g *Gate) refusal(t *task) *BusyError {
	return &BusyError{RetryAfter: min(g.waitOfAll(), patience*g.maxWait), OneClient: g.queue.overShare(t)}
}

// drop ends a waiting task.
func (g *Gate) drop(t *task, err error) {
	f := g.queue.flow(t)
	g.queue.remove(t)
	g.queue.lines[t.kind].rewind(f)
	g.queue.leave(t)
	t.done <- Outcome{Err: err}
}

// abandon ends a task nobody waits for any more.
func (g *Gate) abandon(t *task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.running[&t.Job] != nil {
		t.gone = true
		g.executor.GiveUp(t.slot, &t.Job)
		return
	}
	if g.queue.holds(t) {
		g.drop(t, nil)
		g.recrowd()
	}
}

// expire refuses a task that has waited for too long, as the machine has become
// slower than it was when the task was admitted.
func (g *Gate) expire(t *task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.queue.holds(t) {
		g.drop(t, g.refusal(t))
		g.recrowd()
	}
}

// shed refuses tasks that a cost just learnt shows to be too late, but only
// those that came a moment ago: of the others it was said that they will be
// served.
func (g *Gate) shed() {
	late := false
	for _, l := range g.queue.lines {
		late = late || g.lasts(l.work) > g.maxWait
	}
	if !late {
		return
	}
	now := time.Now()
	for t := g.queue.last; t != nil && now.Sub(t.arrived) < refuseWithin; {
		earlier := t.earlier
		if f := g.queue.flow(t); t == f.waiting[len(f.waiting)-1] && now.Sub(t.arrived)+g.wait(t, f) > g.maxWait {
			g.drop(t, g.refusal(t))
		}
		t = earlier
	}
}
