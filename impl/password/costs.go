package password

import "time"

// mostCosts bounds how many methods costs are remembered of; a table has a few.
const mostCosts = 256

// costs is what a verification by each method took of a worker's time lately.
type costs map[string]time.Duration

// unknownCost is what a verification is taken to cost before one was seen.
const unknownCost = 20 * time.Millisecond

// of is what the task will take.
func (c costs) of(t *task) time.Duration {
	if cost, known := c[t.method]; known {
		return cost
	}
	return unknownCost
}

// learn takes a finished task in, an eighth at a time: enough to follow a
// machine that gets busier within a few dozen logins.
func (c costs) learn(t *task) {
	before, known := c[t.method]
	switch {
	case known:
		c[t.method] = before + (t.cost-before)/8
	case len(c) < mostCosts:
		c[t.method] = t.cost
	}
}
