package gate

import "time"

// Stats is what a Gate has done, and what it is doing.
type Stats struct {
	// Waiting is how many verifications wait for a thread, and Running how many are
	// under way.
	Waiting, Running int
	// Hashed is how many have ended, whatever came of them, and Work the processor time
	// that they took.
	Hashed uint64
	Work   time.Duration
	// Within is how many of them took no longer than each of some bounds.
	Within map[time.Duration]uint64
}

const mostBounds = 12

// bounds are those of Stats.Within. They reach from a digest to the dearest hash that
// is let through.
func bounds() [mostBounds]time.Duration {
	const ms = time.Millisecond
	return [mostBounds]time.Duration{ms, 2 * ms, 5 * ms, 10 * ms, 20 * ms, 50 * ms, 100 * ms, 200 * ms, 500 * ms, 1000 * ms, 2000 * ms, 5000 * ms}
}

// tally is what Stats is made of; the Gate's lock guards it.
type tally struct {
	hashed uint64
	work   time.Duration
	within [mostBounds]uint64 // of each bound alone, not of those below it
}

func (t *tally) add(took time.Duration) {
	t.hashed++
	t.work += took
	for i, bound := range bounds() {
		if took <= bound {
			t.within[i]++
			return
		}
	}
}

// Stats returns what has been counted. It may be called at any time.
func (g *Gate) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	stats := Stats{
		Waiting: g.queue.waiting, Running: len(g.running),
		Hashed: g.tally.hashed, Work: g.tally.work, Within: make(map[time.Duration]uint64, mostBounds),
	}
	sum := uint64(0)
	for i, bound := range bounds() {
		sum += g.tally.within[i]
		stats.Within[bound] = sum
	}
	return stats
}
