package gate

import (
	"time"

	"github.com/restauth/restauth/impl/password"
)

const (
	// mostCosts bounds how many methods costs are remembered of; a table has a few.
	mostCosts = 256
	// costMemory is over how many verifications a cost is averaged: enough to follow a
	// machine that gets busier within a few dozen logins.
	costMemory = 8
)

// costs is what a verification by each method took of a worker's time lately. Of a
// method that interleaves one alone takes more than one of many.
type costs map[pricing]cost

type pricing struct {
	method  string
	crowded bool
}

type cost struct {
	mean   time.Duration
	seen   int           // up to costMemory
	priced time.Duration // the mean by which those that wait were priced last
}

// of is what the task will take. Until one like it was seen, that is estimated from
// one of the same method, or from its parameters.
func (c costs) of(t *task, crowded bool, k password.Kernel) time.Duration {
	crowded = crowded && t.kind.shares()
	if known, ok := c[pricing{t.method, crowded}]; ok {
		return known.mean
	}
	estimate := k.Estimate(t.priced, crowded)
	if other, ok := c[pricing{t.method, !crowded}]; ok {
		return time.Duration(float64(other.mean) * float64(estimate) / float64(k.Estimate(t.priced, !crowded)))
	}
	return estimate
}

// learn takes a finished task in. The first few count alike: the very first
// includes what it takes to start hashing. It reports whether the mean has moved far
// from what those that wait were priced by.
func (c costs) learn(t *task, took time.Duration, crowded bool) bool {
	key := pricing{t.method, crowded && t.kind.shares()}
	known, ok := c[key]
	if !ok && len(c) >= mostCosts {
		return false
	}
	known.seen = min(known.seen+1, costMemory)
	known.mean += (took - known.mean) / time.Duration(known.seen)
	far := (known.mean - known.priced).Abs() > known.priced/8
	if far {
		known.priced = known.mean
	}
	c[key] = known
	return far
}

// learn brings the prices of those that wait up to date.
func (g *Gate) learn(t *task, took time.Duration, crowded bool) {
	if g.costs.learn(t, took, crowded) {
		g.reprice()
	}
}

// cost is what the task will take, as things are.
func (g *Gate) cost(t *task) time.Duration {
	crowded := g.crowded
	if t.kind.shares() {
		running, waiting := g.queue.both(sliced)
		crowded = g.crowds(running + waiting)
	}
	return g.costs.of(t, crowded, g.kernel)
}

// crowds reports whether so many interleaving tasks fill more than half of the
// lanes.
func (g *Gate) crowds(n int) bool { return 2*n > g.slots*g.kernel.Lanes }

// recrowd prices those that wait anew when they have come to be many, or few. That
// happens when about as many are there as half of the lanes, so it is soon done.
func (g *Gate) recrowd() {
	running, waiting := g.queue.both(sliced)
	if crowded := g.crowds(running + waiting); crowded != g.crowded {
		g.crowded = crowded
		g.reprice()
	}
}

// reprice brings all sums up to date with what tasks cost now.
func (g *Gate) reprice() {
	for t := g.queue.first; t != nil; t = t.later {
		l, f := g.queue.lines[t.kind], g.queue.flow(t)
		was := t.cost
		t.cost = g.costs.of(t, g.crowded, g.kernel)
		f.work += t.cost - was
		l.work += t.cost - was
	}
}
