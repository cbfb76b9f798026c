package password

import "time"

// mostCosts bounds how many methods costs are remembered of; a table has a few.
const mostCosts = 256

// costs is what a verification by each method took of a worker's time lately.
type costs map[string]time.Duration

// of is what the task will take, 0 while its method is new.
func (c costs) of(t *task) time.Duration { return c[t.method] }

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
