package password

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/restauth/restauth/impl/password/internal/pbkdf2"
)

// How many iterations a worker runs between two looks at what else there is to
// do: with four lanes 0.07 ms of work beside requests, in a process of its own
// half a millisecond, for nobody there waits for it.
const (
	quantum      = 256
	childQuantum = 2048
)

// dispatcher is where a worker's tasks come from and what came of them goes: the
// Gate itself, or its connection to a process of its own.
type dispatcher interface {
	// take gives a worker that holds so many interleaving tasks one more. Nil
	// means that there is none for it now; with none of its own it then ends.
	take(live int, whole bool) *task
	// charge books a worker's time on the tasks it went into.
	charge(tasks []*task, each time.Duration)
	// finish hands over what came of a task.
	finish(t *task, end outcome)
}

// worker is one hashing thread. It holds up to a CPU's worth of interleaving
// tasks, and fills a lane as soon as it is free: the widest loop takes the same
// time for one lane as for all.
type worker struct {
	from    dispatcher
	quantum int
	live    []*task
	jobs    []*pbkdf2.Job
	owed    time.Duration // to the interleaving tasks, which a whole one held up
}

// run runs tasks until there are none.
func (w *worker) run() {
	for w.fill() {
		w.step()
	}
}

// fill takes what there is room for, and runs tasks that do not interleave to
// their end: at most half of the time while others wait in their lanes. It
// reports false when the worker has nothing and has been counted out.
func (w *worker) fill() bool {
	for {
		t := w.from.take(len(w.live), len(w.live) == 0 || w.owed <= 0)
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
	w.from.charge([]*task{t}, took)
	w.from.finish(t, end)
}

// verifyWhole keeps a fault in a hashing library, met by what somebody wrote
// into a row, from ending the process: nothing above it recovers, as a request's handler would.
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
	pbkdf2.Advance(w.jobs, w.quantum)
	took := time.Since(start)
	w.owed -= took
	w.from.charge(w.live, took/time.Duration(len(w.live)))
	still := w.live[:0]
	for _, t := range w.live {
		switch {
		case t.gone.Load():
			t.job.Erase()
			w.from.finish(t, outcome{})
		case t.job.Done():
			w.from.finish(t, outcome{match: t.hash.end(t.job, t.password)})
		default:
			still = append(still, t)
		}
	}
	clear(w.live[len(still):]) // Passwords are not kept longer than they must.
	w.live = still
}
