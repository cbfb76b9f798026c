package password

import "time"

const (
	// mostCosts bounds how many methods costs are remembered of; a table has a few.
	mostCosts = 256
	// costMemory is over how many verifications a cost is averaged: enough to follow a
	// machine that gets busier within a few dozen logins.
	costMemory = 8
)

// costs is what a verification by each method took of a worker's time lately.
type costs map[string]cost

type cost struct {
	mean time.Duration
	seen int // up to costMemory
}

// of is what the task will take, by its parameters until one of its method was seen.
func (c costs) of(t *task) time.Duration {
	if known, ok := c[t.method]; ok {
		return known.mean
	}
	return t.hash.estimate()
}

// learn takes a finished task in. The first few count alike: the very first
// includes what it takes to start hashing.
func (c costs) learn(t *task) {
	known, ok := c[t.method]
	if !ok && len(c) >= mostCosts {
		return
	}
	known.seen = min(known.seen+1, costMemory)
	known.mean += (t.cost - known.mean) / time.Duration(known.seen)
	c[t.method] = known
}
