package password

import "time"

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
	mean time.Duration
	seen int // up to costMemory
}

// of is what the task will take. Until one like it was seen, that is estimated from
// one of the same method, or from its parameters.
func (c costs) of(t *task, crowded bool, k kernel) time.Duration {
	crowded = crowded && t.shares
	if known, ok := c[pricing{t.method, crowded}]; ok {
		return known.mean
	}
	estimate := k.estimate(t.hash, crowded)
	if other, ok := c[pricing{t.method, !crowded}]; ok {
		return time.Duration(float64(other.mean) * float64(estimate) / float64(k.estimate(t.hash, !crowded)))
	}
	return estimate
}

// learn takes a finished task in. The first few count alike: the very first
// includes what it takes to start hashing.
func (c costs) learn(t *task, crowded bool) {
	key := pricing{t.method, crowded && t.shares}
	known, ok := c[key]
	if !ok && len(c) >= mostCosts {
		return
	}
	known.seen = min(known.seen+1, costMemory)
	known.mean += (t.cost - known.mean) / time.Duration(known.seen)
	c[key] = known
}

// cost is what the task will take, as things are.
func (g *Gate) cost(t *task) time.Duration {
	return g.costs.of(t, g.crowds(g.lanes+g.queue.sharing), g.kernel)
}

// crowds reports whether so many interleaving tasks fill more than half of the
// lanes.
func (g *Gate) crowds(sharing int) bool { return 2*sharing > g.slots*g.kernel.lanes }
