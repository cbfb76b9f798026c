package password

import "time"

// recruit sees to it that somebody looks at what waits: the hashing process, or
// where there is none a thread more of this one. Threads end when nothing waits:
// starting one takes less than a hundredth of a usual hash.
func (g *Gate) recruit() {
	if len(g.queue.waiting) == 0 || g.children != nil && g.children.recruit() {
		return
	}
	if g.workers < g.slots {
		g.workers++
		go g.work()
	}
}

// work is a thread of this process.
func (g *Gate) work() {
	standBack(g.niceness)
	w := &worker{from: g, quantum: quantum}
	w.run()
}

// take gives a worker that holds so many interleaving tasks one more task. Nil
// means that there is none for it now; with none of its own it must then end,
// as it has been counted out.
func (g *Gate) take(live int, whole bool) *task {
	g.mu.Lock()
	defer g.mu.Unlock()
	var t *task
	if g.children == nil || g.children.now == nil {
		t = g.next(live, whole)
	} // Else a child has taken over, and this thread ends what it has.
	if t == nil && live == 0 {
		g.workers--
	}
	return t
}

// next is take for any worker, of which it counts none out.
func (g *Gate) next(live int, whole bool) *task {
	share := g.share()
	t := g.queue.next(func(t *task) bool {
		if t.shares {
			return live < share
		}
		return whole && g.memory+t.memory <= g.memoryLimit
	})
	if t == nil {
		return nil
	}
	g.queue.serve(t)
	g.running[t] = struct{}{}
	g.memory += t.memory
	if t.shares {
		g.lanes++
		t.beside = g.lanes
	}
	return t
}

// share is how many interleaving tasks one worker should hold: as many as each
// of the others that have no whole one, for two cores with four tasks each are done
// sooner than one with eight.
func (g *Gate) share() int {
	wanted, among := g.lanes+g.queue.sharing, max(g.slots-g.whole(), 1)
	return min(g.kernel.lanes, (wanted+among-1)/among)
}

// whole is how many of the running tasks do not interleave.
func (g *Gate) whole() int { return len(g.running) - g.lanes }

// charge books a worker's time on the tasks it went into.
func (g *Gate) charge(tasks []*task, each time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range tasks {
		t.cost += each
	}
}

// finish hands over what came of a running task.
func (g *Gate) finish(t *task, end outcome) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.end(t, end)
}

// end is finish for who has the lock.
func (g *Gate) end(t *task, end outcome) {
	crowded := g.crowds(max(t.beside, g.lanes)) // Of those that begin at once the last end among few.
	g.stop(t)
	g.queue.leave(t)
	t.done <- end
	if !t.gone.Load() && end.err == nil {
		g.costs.learn(t, crowded)
		g.shed()
	}
	g.recruit() // Memory that was short may be there now.
}

// again puts a running task back into the queue, where it is among the first.
func (g *Gate) again(t *task) {
	g.stop(t)
	t.cost = 0
	g.queue.insert(t)
}

// stop takes what a running task had.
func (g *Gate) stop(t *task) {
	delete(g.running, t)
	g.memory -= t.memory
	if t.shares {
		g.lanes--
	}
}
