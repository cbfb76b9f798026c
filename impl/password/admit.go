package password

import (
	"slices"
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

// place finds a tagged task a place in the queue: a free one, or that of the
// task it returns.
func (g *Gate) place(t *task) (insteadOf *task, refused *BusyError) {
	if g.wait(t) > g.maxWait {
		return nil, g.refusal(t)
	}
	if g.breaksPromise(t) {
		// Not in place of one that has waited: that would break one, too.
		if young := g.queue.heavierThan(t); young != nil && time.Since(young.arrived) < refuseWithin {
			return young, nil
		}
		return nil, g.refusal(t)
	}
	if len(g.queue.waiting) < g.queueLimit {
		return nil, nil
	}
	if heaviest := g.queue.heavierThan(t); heaviest != nil {
		return heaviest, nil
	}
	return nil, g.refusal(t)
}

// breaksPromise reports whether one of those who would stand behind the task has
// waited for so long that it would then wait for much longer than it was to. Who
// has more than a fair share has no such claim.
func (g *Gate) breaksPromise(t *task) bool {
	ahead, now, speed := g.underWay()+g.cost(t), time.Now(), g.speed()
	for _, other := range g.queue.waiting {
		if other.tag > t.tag && !g.queue.overShare(other) {
			left := g.maxWait + g.maxWait/2 - now.Sub(other.arrived)
			if time.Duration(float64(ahead)/speed) > left {
				return true
			}
		}
		ahead += g.cost(other)
	}
	return false
}

// admit puts a task into the queue and sees to it that somebody works.
func (g *Gate) admit(t *task) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.queue.tag(t)
	insteadOf, refused := g.place(t)
	if refused != nil {
		return refused
	}
	if insteadOf != nil {
		g.drop(insteadOf, g.refusal(insteadOf))
	}
	g.queue.push(t)
	g.recruit()
	return nil
}

// wait is how long it would be until the task begins, if all goes on as it did:
// until there is a place for it, and then for what stands before it. Of others that is
// where more, as many turns as they will have had by then if they go on asking.
func (g *Gate) wait(t *task) time.Duration {
	var own, others time.Duration
	ahead := 0
	for _, other := range g.queue.waiting {
		if other.tag > t.tag {
			break
		}
		ahead++
		if other.client.Address == t.client.Address {
			own += g.cost(other)
		} else {
			others += g.cost(other)
		}
	}
	turns := time.Duration(g.queue.turns(t)) * g.costOfOthers(t)
	return g.lasts(g.untilPlace(t, ahead) + own + max(others, turns))
}

// costOfOthers is what a task of other addresses takes on the average.
func (g *Gate) costOfOthers(t *task) time.Duration {
	var (
		sum time.Duration
		n   time.Duration
	)
	add := func(other *task) {
		if other.client.Address != t.client.Address {
			sum += g.cost(other)
			n++
		}
	}
	for other := range g.running {
		add(other)
	}
	for _, other := range g.queue.waiting {
		add(other)
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

// untilPlace is how much work is done until the first of those who wait begins,
// where so many stand before the task. For a client's further tasks all that is
// under way counts: they are not to fill all places with what takes long.
func (g *Gate) untilPlace(t *task, ahead int) time.Duration {
	switch all := g.underWay(); {
	case g.queue.tasks(t.client.Address) > 0 || g.lasts(all) > 2*g.maxWait:
		return all
	case ahead == 0 && g.hasPlace(t):
		return 0
	default:
		return g.untilOneEnds(all)
	}
}

// untilOneEnds is how much of the work left of the running tasks is done until the
// first of them has ended, which run side by side.
func (g *Gate) untilOneEnds(all time.Duration) time.Duration {
	least, held := all, g.whole() >= g.slots
	for t := range g.running {
		if held && t.shares {
			continue // It goes on when a whole one has ended.
		}
		least = min(least, max(0, g.cost(t)-t.cost))
	}
	return min(all, least*time.Duration(len(g.running)))
}

// hasPlace reports whether the task would begin at once if nothing waited.
func (g *Gate) hasPlace(t *task) bool {
	free := g.slots - g.whole()
	if t.shares {
		return g.lanes < free*g.kernel.lanes
	}
	return free > 0 && g.memory+t.memory <= g.memoryLimit
}

// lasts is how long so much work takes all slots together.
func (g *Gate) lasts(work time.Duration) time.Duration {
	return time.Duration(float64(work) / g.speed())
}

// speed is how much work is done in a time.
func (g *Gate) speed() float64 {
	speed := float64(g.slots)
	if g.children != nil {
		speed *= g.children.pace.of()
	}
	return speed
}

// underWay is the work left of the running tasks.
func (g *Gate) underWay() (left time.Duration) {
	if g.children != nil {
		g.children.book()
	}
	for t := range g.running {
		left += max(0, g.cost(t)-t.cost)
	}
	return left
}

// waitOfAll is how long all that is admitted will take.
func (g *Gate) waitOfAll() time.Duration {
	all := g.underWay()
	for _, waiting := range g.queue.waiting {
		all += g.cost(waiting)
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
	g.queue.remove(t)
	g.queue.leave(t)
	g.queue.rewind(t.client.Address)
	t.done <- outcome{err: err}
}

// abandon ends a task nobody waits for any more.
func (g *Gate) abandon(t *task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, running := g.running[t]; running {
		t.gone.Store(true)
		if t.seat != nil {
			go t.seat.giveUp(t.id)
		}
		return
	}
	if g.queue.holds(t) {
		g.drop(t, nil)
	}
}

// expire refuses a task that has waited for too long, as the machine has become
// slower than it was when the task was admitted.
func (g *Gate) expire(t *task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.queue.holds(t) {
		g.drop(t, g.refusal(t))
	}
}

// shed refuses tasks that a cost just learnt shows to be too late, but only
// those that came a moment ago: of the others it was said that they will be
// served.
func (g *Gate) shed() {
	ahead := g.underWay()
	if g.lasts(ahead) <= 2*g.maxWait {
		ahead = g.untilOneEnds(ahead)
	}
	now := time.Now()
	for _, t := range slices.Clone(g.queue.waiting) {
		if age := now.Sub(t.arrived); age < refuseWithin && age+g.lasts(ahead) > g.maxWait {
			g.drop(t, g.refusal(t))
			continue
		}
		ahead += g.cost(t)
	}
}
