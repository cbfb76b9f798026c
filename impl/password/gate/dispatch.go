package gate

import (
	"math"
	"time"
)

// seat is a slot of the executor.
type seat struct{ live int } // without what has a place of its own

// dispatch gives the executor whatever it has room for.
func (g *Gate) dispatch() {
	for g.beginNext(sliced) || g.beginNext(whole) {
	}
}

// beginNext has one of those begin who ask for the like: of the known, unless they have
// half of the places already.
func (g *Gate) beginNext(strangers kind) bool {
	known := strangers.other()
	have := g.queue.lines[known].running
	if g.own[known] != nil {
		have--
	}
	if !g.hasOwn(known) && 2*(have+1) > g.places(known) {
		return g.begin(strangers) || g.begin(known)
	}
	return g.begin(known) || g.begin(strangers)
}

// hasOwn reports whether the place of their own is free that the known have. A thread,
// and the memory that it needs, they only have beside strangers: among themselves they
// would just have more of both at once.
func (g *Gate) hasOwn(k kind) bool {
	return k.known() && g.own[k] == nil && (k.shares() || g.queue.lines[k.other()].running > 0)
}

// ordinary is how many run in places that are anybody's.
func (g *Gate) ordinary(k kind) int {
	running, _ := g.queue.both(k)
	if g.own[k] != nil || g.own[k.other()] != nil {
		running--
	}
	return running
}

// short reports whether one of the known waits for memory and nothing else: strangers
// are not to take what becomes free.
func (g *Gate) short(k kind) bool {
	first := g.queue.lines[wholeKnown].heads.top()
	return k == whole && first != nil && g.own[wholeKnown] == nil && first.waiting[0].memory > 0
}

// begin has the next task of a kind begin, if there is one and room for it.
func (g *Gate) begin(k kind) bool {
	l := g.queue.lines[k]
	slot := g.free(k)
	if l.count == 0 || slot < 0 {
		return false
	}
	t, passing := l.next(g.share(k), g.short(k), g.fits)
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
	running, _ := g.queue.both(k)
	t.slot, t.begun, t.beside = slot, time.Since(g.opened), running+1
	if t.Own = g.hasOwn(k); t.Own {
		g.own[k] = t
	} else {
		g.seats[slot].live++
	}
	l.begin(f, t)
	g.running[&t.Job] = t
	g.memory += t.memory
	g.executor.Run(slot, &t.Job)
	return true
}

// free is the slot that has least to do and room for one more, or -1.
func (g *Gate) free(k kind) int {
	from, to, room, last := 0, g.slots, g.room(), len(g.seats)-1
	switch {
	case k == wholeKnown && g.hasOwn(k):
		return last
	case !k.shares():
		from, to, room = g.slots, last, 1
	case g.hasOwn(k):
		room = math.MaxInt
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
	_, waiting := g.queue.both(sliced)
	each := (g.ordinary(sliced) + waiting + g.slots - 1) / g.slots
	if each > g.kernel.Lanes {
		return g.kernel.Lanes + 1
	}
	return each
}

// places is how many are filled with what one asks for.
func (g *Gate) places(k kind) int {
	if k.shares() {
		return g.slots * g.kernel.Lanes
	}
	return g.slots
}

// share is how many places of a kind an address may have while others wait for one.
// The known and strangers have half of them each, if both are there.
func (g *Gate) share(k kind) int {
	places := g.places(k)
	if g.queue.lines[k.other()].active > 0 {
		places = (places + 1) / 2
	}
	among := max(g.queue.lines[k].active, 1)
	return (places + among - 1) / among
}

// fits reports whether what is kept for those who have nothing under way is left.
func (g *Gate) fits(f *flow, t *task) bool {
	if t.kind.shares() {
		return true
	}
	left := g.memoryLimit - g.memory - t.memory
	if left < 0 || f.running > 0 && t.memory > 0 && left < min(LeastMemoryLimit, g.memoryLimit-LeastMemoryLimit) {
		return false
	}
	// One thread more than cores, where somebody has several.
	several := g.queue.lines[whole].several + g.queue.lines[wholeKnown].several
	return g.hasOwn(t.kind) || g.ordinary(whole) < g.slots || f.running == 0 && several > 0
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
	running, _ := g.queue.both(t.kind)
	together := max(t.beside, running) // Of those that begin at once the last end among few.
	crowded := g.crowds(together)
	delete(g.running, j)
	g.memory -= t.memory
	if t.Own {
		g.own[t.kind] = nil
	} else {
		g.seats[t.slot].live--
	}
	l.end(g.queue.flow(t), t)
	g.queue.leave(t)
	t.done <- end
	if !t.gone && end.Err == nil {
		g.relevel(t, end, crowded && together > 1) // One lane in all is full with one.
		if _, padded := t.Hash.Pad(); !padded {
			g.learn(t, end.Took, crowded)
		}
		g.tally.add(end.Took)
		g.shed()
	}
	g.dispatch()
	g.recrowd()
}
