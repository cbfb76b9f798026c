package password

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/restauth/restauth/impl/password/internal/pbkdf2"
)

// quantum is how many iterations a worker runs between two looks at the queue:
// 0.1 ms of work with all lanes in use, one call into assembly.
const quantum = 256

// worker is one hashing thread. It holds up to a CPU's worth of interleaving
// tasks, and fills a lane as soon as it is free: the widest loop takes the same
// time for one lane as for all.
type worker struct {
	gate *Gate
	live []*task
	jobs []*pbkdf2.Job
	owed time.Duration // to the interleaving tasks, which a whole one held up
}

// work runs tasks until there are none.
func (g *Gate) work() {
	standBack(g.niceness)
	w := &worker{gate: g}
	for w.fill() {
		w.step()
	}
}

// fill takes what there is room for, and runs tasks that do not interleave to
// their end: at most half of the time while others wait in their lanes. It
// reports false when the worker has nothing and has been counted out.
func (w *worker) fill() bool {
	for {
		t := w.gate.take(len(w.live), len(w.live) == 0 || w.owed <= 0)
		switch {
		case t == nil:
			return len(w.live) > 0
		case t.shares:
			t.job = t.hash.begin(t.password)
			w.live = append(w.live, t)
		default:
			w.whole(t)
		}
	}
}

func (w *worker) whole(t *task) {
	start := time.Now()
	end := verifyWhole(t)
	took := time.Since(start)
	w.owed = took
	w.gate.charge([]*task{t}, took)
	w.gate.finish(t, end)
}

// verifyWhole keeps a fault in a hashing library, met by what somebody wrote
// into a row, from ending the process: no request's own guard is above it.
func verifyWhole(t *task) (end outcome) {
	defer func() {
		if cause := recover(); cause != nil {
			end = outcome{err: fmt.Errorf("password: verify %s: panic: %v\n%s", t.method, cause, debug.Stack())}
		}
	}()
	return outcome{match: t.hash.Verify(t.password)}
}

// step moves all lanes on, then lets go of what is done or given up.
func (w *worker) step() {
	w.jobs = w.jobs[:0]
	for _, t := range w.live {
		w.jobs = append(w.jobs, t.job)
	}
	start := time.Now()
	pbkdf2.Advance(w.jobs, quantum)
	took := time.Since(start)
	w.owed -= took
	w.gate.charge(w.live, took/time.Duration(len(w.live)))
	still := w.live[:0]
	for _, t := range w.live {
		switch {
		case t.gone.Load():
			t.job.Erase()
			w.gate.finish(t, outcome{})
		case t.job.Done():
			w.gate.finish(t, outcome{match: t.hash.end(t.job, t.password)})
		default:
			still = append(still, t)
		}
	}
	clear(w.live[len(still):]) // Passwords are not kept longer than they must.
	w.live = still
}
