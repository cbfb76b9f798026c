package gate

import "time"

// seat is a slot of the executor.
type seat struct{ live int }

// dispatch gives the executor whatever it has room for.
func (g *Gate) dispatch() {
	for g.begin(sliced) || g.begin(whole) {
	}
}

// begin has the next task of a kind begin, if there is one and room for it.
func (g *Gate) begin(k kind) bool {
	l := g.queue.lines[k]
	slot := g.free(k)
	if l.count == 0 || slot < 0 {
		return false
	}
	t, passing := l.next(g.share(k), g.fits)
	if t == nil {
		return false
	}
	f := g.queue.flow(t)
	if passing {
		// It took nothing from those that it passed by: newcomers are not to stand
		// behind all of them.
		g.queue.remove(t)
		l.rewind(f)
	} else {
		l.serve(f, g.queue.lastSequence)
		g.queue.remove(t)
	}
	t.slot, t.begun, t.beside = slot, time.Since(g.opened), l.running+1
	l.begin(f, t)
	g.running[&t.Job] = t
	g.memory += t.memory
	g.seats[slot].live++
	g.executor.Run(slot, &t.Job)
	return true
}

// free is the slot that has least to do and room for one more, or -1.
func (g *Gate) free(k kind) int {
	from, to, room := 0, g.slots, g.room()
	if k == whole {
		from, to, room = g.slots, len(g.seats), 1
	}
	least := -1
	for i := from; i < to; i++ {
		if live := g.seats[i].live; live < room && (least < 0 || live < g.seats[least].live) {
			least = i
		}
	}
	return least
}

// room is how many interleaving tasks one slot should hold: as many as each of the
// others, for two cores with four tasks each are done sooner than one with eight. Where
// all lanes are full, one more lies ready for the lane that is free next.
func (g *Gate) room() int {
	l := g.queue.lines[sliced]
	each := (l.running + l.count + g.slots - 1) / g.slots
	if each > g.kernel.Lanes {
		return g.kernel.Lanes + 1
	}
	return each
}

// share is how many places of a kind an address may have while others wait for one.
func (g *Gate) share(k kind) int {
	places := g.slots
	if k == sliced {
		places *= g.kernel.Lanes
	}
	among := max(g.queue.lines[k].active, 1)
	return (places + among - 1) / among
}

// fits reports whether what is kept for those who have nothing under way is left.
func (g *Gate) fits(f *flow, t *task) bool {
	if t.kind == sliced {
		return true
	}
	l, left := g.queue.lines[whole], g.memoryLimit-g.memory-t.memory
	if left < 0 || f.running > 0 && t.memory > 0 && left < min(LeastMemoryLimit, g.memoryLimit-LeastMemoryLimit) {
		return false
	}
	// One thread more than cores, where somebody has several.
	return l.running < g.slots || f.running == 0 && l.several > 0
}

// done takes what came of a running task.
func (g *Gate) done(j *Job, end Outcome) {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.running[j]
	if t == nil {
		return
	}
	l := g.queue.lines[t.kind]
	crowded := g.crowds(max(t.beside, l.running)) // Of those that begin at once the last end among few.
	delete(g.running, j)
	g.memory -= t.memory
	g.seats[t.slot].live--
	l.end(g.queue.flow(t), t)
	g.queue.leave(t)
	t.done <- end
	if !t.gone && end.Err == nil {
		g.learn(t, end.Took, crowded)
		g.shed()
	}
	g.dispatch()
	g.recrowd()
}
