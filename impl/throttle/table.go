package throttle

// samples is among how many counters the one is looked for that has to go.
const samples = 8

// table holds counters up to a bound. What goes when it is full is the one of a few that
// has least to lose: whoever wants to push out a counter has to make as many that are as
// hot, and each failure in them costs a guess.
type table struct {
	most     int
	counters map[Key]*counter
}

func newTable(most int) table { return table{most, make(map[Key]*counter)} }

// add puts a counter in, and takes out one that is idle, or has to go, if it meets one.
// Maps are gone through from a random place on.
func (t *table) add(c *counter, budget func(Kind) Budget, now int64) {
	var (
		coolest *counter
		least   int64
		looked  int
	)
	for _, other := range t.counters {
		if looked++; looked > samples {
			break
		}
		b := budget(other.kind)
		if other.idle(b, now) {
			delete(t.counters, other.key)
			continue
		}
		if other.pinned() {
			continue
		}
		if heat := other.heat(b, now); coolest == nil || heat < least || heat == least && other.used < coolest.used {
			coolest, least = other, heat
		}
	}
	if len(t.counters) >= t.most && coolest != nil {
		delete(t.counters, coolest.key)
	}
	t.counters[c.key] = c
}
