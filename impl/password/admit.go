package password

import (
	"slices"
	"time"
)

// place finds a tagged task a place in the queue: a free one, or that of the
// task it returns.
func (g *Gate) place(t *task) (insteadOf *task, refused *BusyError) {
	if g.wait(t) > g.maxWait {
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

// wait is how long the task would wait if all goes on as it did.
func (g *Gate) wait(t *task) time.Duration {
	ahead := g.underWay()
	for _, other := range g.queue.waiting {
		if other.tag <= t.tag {
			ahead += g.costs.of(other)
		}
	}
	return ahead / time.Duration(g.slots)
}

// underWay is the work left of the running tasks.
func (g *Gate) underWay() (left time.Duration) {
	if g.children != nil {
		g.children.book(time.Now())
	}
	for t := range g.running {
		left += max(0, g.costs.of(t)-t.cost)
	}
	return left
}

func (g *Gate) refusal(t *task) *BusyError {
	all := g.underWay()
	for _, waiting := range g.queue.waiting {
		all += g.costs.of(waiting)
	}
	return &BusyError{RetryAfter: all / time.Duration(g.slots), OneClient: g.queue.overShare(t)}
}

// drop ends a waiting task.
func (g *Gate) drop(t *task, err error) {
	g.queue.remove(t)
	g.queue.leave(t)
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

// expire refuses a task that has waited for too long.
func (g *Gate) expire(t *task) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.queue.holds(t) {
		g.drop(t, g.refusal(t))
	}
}

// shed refuses, now and not when their time is up, tasks that a cost just
// learnt shows to be too late.
func (g *Gate) shed() {
	ahead := g.underWay()
	for _, t := range slices.Clone(g.queue.waiting) {
		if time.Since(t.arrived)+ahead/time.Duration(g.slots) > g.maxWait {
			g.drop(t, g.refusal(t))
			continue
		}
		ahead += g.costs.of(t)
	}
}
