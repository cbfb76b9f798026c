package gate

import (
	"context"
	"time"

	"github.com/restauth/restauth/impl/password"
)

const (
	// dearer is how many times as much as the usual one a hash is thought to take that is
	// not levelled: no work added makes it cheaper. No filler is thought to take more than
	// that either. What is thought may be half wrong.
	dearer = 3
	// leastStep is by what part of it a median moves with each that was seen.
	leastStep = 1. / 256
	// mostStep is that too, after it went one way more than longRun times.
	mostStep = 1. / 8
	longRun  = 4
)

// levels is what is known of hashes that are made to take as long as the usual one, where
// parameters cannot be compared: scrypt and PBKDF2, say.
//
// Of the usual method that is the median of what it took, and of another what a wrong
// password took of that before the filler, by which filler it was too much as often as
// too little. It is time as it passes, from the begin to the end, and not a processor's:
// that is what who times logins sees, and a busy machine stretches one method more than
// another. It is the median and no mean: such a one asks which of two is longer, and a
// mean is drawn away by those few that met a busy moment.
type levels struct {
	took map[string]*median // by method
	own  map[levelled]*median
}

type levelled struct{ method, usual string }

// median follows what it is shown (Robbins and Monro, 1951): it goes up with each that
// is above it and down with each that is not, by as much.
type median struct {
	at   time.Duration
	seen int
	up   bool // it went last
	run  int  // how often one way
}

// move goes up or down by a part of another time, never below nothing. It goes far at
// first, for what it starts from is a guess; and where it goes one way again and again,
// for then it is far off: a machine that was busy at first is not so for ever.
func (m *median) move(up bool, of time.Duration) {
	if m.run++; up != m.up {
		m.up, m.run = up, 0
	}
	m.seen = min(m.seen+1, 1<<20)
	part := max(leastStep, 1/float64(4*m.seen+4))
	part = min(part*float64(uint(1)<<min(max(m.run-longRun, 0), 8)), mostStep)
	by := time.Duration(float64(of) * part)
	if !up {
		by = -by
	}
	m.at = max(m.at+by, 0)
}

func newLevels() levels {
	return levels{took: make(map[string]*median), own: make(map[levelled]*median)}
}

// learn takes what a hash of a method took, alone or among a few.
func (l *levels) learn(method string, took time.Duration) {
	if m := l.took[method]; m != nil {
		m.move(took > m.at, m.at)
	} else if len(l.took) < mostCosts {
		l.took[method] = &median{at: took}
	}
}

// corrected takes what a wrong password took with its filler.
func (l *levels) corrected(key levelled, took time.Duration) {
	usual, own := l.took[key.usual], l.own[key]
	if usual == nil || own == nil {
		return
	}
	own.move(took > usual.at, usual.at)
	own.at = min(own.at, usual.at)
}

// VerifyAs is Verify, and a wrong password costs what it would against the usual hash, in
// the same turn: it waits where that would, is priced as that, and has the work done that
// the hash lacks of it. A right one is answered as soon as by Verify. A hash that takes
// longer by itself is left as it is.
func (g *Gate) VerifyAs(ctx context.Context, h, usual password.Hash, typed string, client Client) (bool, error) {
	t := newTask(h, typed, client)
	if h.Method() != usual.Method() {
		t.usual = usual
	}
	return g.verify(ctx, t)
}

// level makes a task one whose wrong password costs what the usual hash does.
func (g *Gate) level(t *task) {
	if t.usual.Method() == "" {
		return
	}
	estimate := func(h password.Hash) time.Duration { return g.kernel.Estimate(h, false) }
	if estimate(t.Hash) >= dearer*estimate(t.usual) {
		t.usual = password.Hash{}
		return
	}
	rest, exact := t.Hash.Remainder(t.usual)
	if !exact {
		t.filled = true
		// What was seen while the machine was busy is time in which little was done. A
		// filler is work: as much of it would take many times as long.
		rest = g.kernel.Filler(min(g.lacks(t), dearer*estimate(t.usual)))
	}
	if rest.Method() == "" { // It lacks nothing, as far as is known.
		if exact {
			t.usual = password.Hash{}
		}
		return
	}
	t.Hash = t.Hash.Padded(rest)
	t.priced, t.method = t.usual, t.usual.Method()
	t.memory = max(t.Hash.Memory(), t.usual.Memory())
	if of := kindOf(t.usual, t.client.Known); !of.shares() {
		t.kind = of
	}
}

// lacks is how much less than the usual hash the task's takes.
func (g *Gate) lacks(t *task) time.Duration {
	usual := g.kernel.Estimate(t.usual, false)
	if m := g.levels.took[t.usual.Method()]; m != nil {
		usual = m.at
	}
	key := t.levelled()
	own := g.levels.own[key]
	if own == nil {
		own = &median{at: min(g.kernel.Estimate(t.Hash, false), usual)}
		if len(g.levels.own) < mostCosts {
			g.levels.own[key] = own
		}
	}
	return usual - own.at
}

func (t *task) levelled() levelled { return levelled{t.Hash.Method(), t.usual.Method()} }

// relevel learns from a task that has ended. Among many it takes longer.
func (g *Gate) relevel(t *task, end Outcome, crowded bool) {
	took := time.Since(g.opened) - t.begun
	switch {
	case crowded:
	case t.usual.Method() == "":
		g.levels.learn(t.method, took)
	case t.filled && !end.Match:
		g.levels.corrected(t.levelled(), took)
	}
}
