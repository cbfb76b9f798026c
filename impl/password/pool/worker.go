package pool

import (
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/internal/pbkdf2"
)

// How many iterations a worker runs between two looks at what else there is to
// do: with four lanes 0.07 ms of work beside requests, in a process of its own
// half a millisecond, for nobody there waits for it.
const (
	quantum      = 256
	childQuantum = 2048
)

// run is one job on its way through a Pool, or a child.
type run struct {
	of       *gate.Job // in a child nil
	hash     password.Hash
	password string
	shares   bool          // it interleaves
	own      bool          // in a lane of its own, where all others are full
	job      *pbkdf2.Job   // a worker's own
	cost     time.Duration // a thread's time that went into it so far
	gone     atomic.Bool   // nobody waits for it any more

	local   bool   // no child is asked: it takes microseconds, or is too long to be sent
	id      uint32 // by which both know it
	retried bool   // a child ended over it
}

func newRun(j *gate.Job) *run {
	return &run{of: j, hash: j.Hash, password: j.Password, shares: j.Hash.Interleaves(), own: j.Own,
		local: j.Hash.Weak() || len(j.Password) > maxSent}
}

// fits reports whether a worker that holds so many interleaving runs has a lane for it.
func (r *run) fits(live int) bool {
	return !r.shares || live < lanes() || r.own && live == lanes()
}

// goOn makes a run whose password was wrong one of what is to be verified too, if there
// is such.
func (r *run) goOn(outcome gate.Outcome) bool {
	pad, ok := r.hash.Pad()
	if !ok || outcome.Match || outcome.Err != nil {
		return false
	}
	r.hash, r.shares = pad, pad.Interleaves()
	r.local = pad.Weak() || len(r.password) > maxSent
	return true
}

// lanes is how many runs that share a thread it works on at once.
func lanes() int { return pbkdf2.Lanes() }

// dispatcher is where a worker's runs come from and what came of them goes: a desk of
// this process, or a connection to the one that started it.
type dispatcher interface {
	// take gives a worker that holds so many interleaving runs one more. Nil
	// means that there is none for it now; with none of its own it then ends.
	take(live int) *run
	// charge books a worker's time on the runs it went into.
	charge(runs []*run, each time.Duration)
	// finish hands over what came of a run.
	finish(r *run, outcome gate.Outcome)
}

// worker is one hashing thread. It holds up to a CPU's worth of interleaving
// runs, and fills a lane as soon as it is free: the widest loop takes the same
// time for one lane as for all. What does not interleave it runs to its end.
type worker struct {
	from    dispatcher
	quantum int
	live    []*run
	jobs    []*pbkdf2.Job
}

// run runs what there is until there is nothing.
func (w *worker) run() {
	for w.fill() {
		w.step()
	}
}

// fill takes what there is room for. It reports false when the worker has nothing and
// has been counted out.
func (w *worker) fill() bool {
	for {
		r := w.from.take(len(w.live))
		switch {
		case r == nil:
			return len(w.live) > 0
		case r.gone.Load():
			w.from.finish(r, gate.Outcome{})
		case r.shares:
			w.begin(r)
		default:
			w.whole(r)
		}
	}
}

func (w *worker) begin(r *run) {
	r.job = r.hash.Begin(r.password)
	w.live = append(w.live, r)
}

// whole runs what does not interleave.
func (w *worker) whole(r *run) {
	for {
		start := time.Now()
		outcome := verifyWhole(r.hash.VerifyAlone, r)
		w.from.charge([]*run{r}, time.Since(start))
		switch {
		case !r.goOn(outcome):
			w.from.finish(r, outcome)
			return
		case r.shares:
			w.begin(r)
			return
		}
	}
}

// verifyWhole keeps a fault in a hashing library, met by what somebody wrote
// into a row, from ending the process: nothing above it recovers, as a request's handler would.
func verifyWhole(verify func(string) bool, r *run) (outcome gate.Outcome) {
	defer func() {
		if cause := recover(); cause != nil {
			outcome = gate.Outcome{Err: fmt.Errorf("pool: verify %s: panic: %v\n%s", r.hash, cause, debug.Stack())}
		}
	}()
	return gate.Outcome{Match: verify(r.password)}
}

// step moves all lanes on, then lets go of what is done or given up.
func (w *worker) step() {
	w.jobs = w.jobs[:0]
	for _, r := range w.live {
		w.jobs = append(w.jobs, r.job)
	}
	start := time.Now()
	pbkdf2.Advance(w.jobs, w.quantum)
	took := time.Since(start)
	w.from.charge(w.live, took/time.Duration(len(w.live)))
	still := w.live[:0]
	for _, r := range w.live {
		switch {
		case r.gone.Load():
			r.job.Erase()
			w.from.finish(r, gate.Outcome{})
		case r.job.Done():
			outcome := gate.Outcome{Match: r.hash.End(r.job, r.password)}
			switch {
			case !r.goOn(outcome):
				w.from.finish(r, outcome)
			case r.shares:
				r.job = r.hash.Begin(r.password)
				still = append(still, r)
			default:
				w.whole(r) // It has no pad of its own, and ends here.
			}
		default:
			still = append(still, r)
		}
	}
	clear(w.live[len(still):]) // Passwords are not kept longer than they must.
	w.live = still
}
