package account

import (
	"context"
	"sync"
	"time"

	"github.com/restauth/restauth/impl/userid"
)

const (
	// mostAhead is how many users one question ahead is about, and bounds how many wait
	// for one.
	mostAhead, mostAheadWaiting = 256, 4096
	// gatherAhead is how long a question ahead waits for others to join it, at most.
	gatherAhead = 25 * time.Millisecond
)

// ahead asks for users who are asked for all the time before what is known of them is
// too old, and for many of them in one question, while requests go on with what is
// known. Thousands of users in turn so cost a question for each 256 of them, and none of
// their requests waits. What it cannot find out is asked by a request in its time, as
// everything is without it, so that it needs to know nothing of outages.
//
//	nobody waits ──want──▶ gathering ──gatherAhead, or mostAhead wait──▶ asking
//	      ▲                    ▲                                            │
//	      └────none wait───────┴───────────────some wait────────────────────┘
type ahead struct {
	several Several
	after   time.Duration // the age from which it is worth while
	gather  time.Duration
	now     func() time.Time
	begin   func(func(context.Context)) bool
	tell    func(id userid.ID, answer identity)

	mu      sync.Mutex
	waiting map[userid.ID]struct{} // mu: to be asked for next
	asking  map[userid.ID]struct{} // mu: asked for just now
	running bool                   // mu
	full    chan struct{}          // mu: told when mostAhead wait
}

// newAhead returns nil, which wants nothing, where the table has no such questions.
func newAhead(several Several, maxAge time.Duration, now func() time.Time, begin func(func(context.Context)) bool, tell func(userid.ID, identity)) *ahead {
	if several == nil || maxAge == 0 {
		return nil
	}
	return &ahead{
		several: several, after: maxAge - maxAge*3/8, gather: min(gatherAhead, maxAge/16), now: now, begin: begin, tell: tell,
		waiting: make(map[userid.ID]struct{}), full: make(chan struct{}, 1),
	}
}

// want is told of a user who was asked for, with what is known of him.
func (a *ahead) want(id userid.ID, known *identity, now time.Time) {
	if a == nil || now.Sub(known.asked) < a.after || !known.found {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, under := a.asking[id]; under || len(a.waiting) >= mostAheadWaiting {
		return
	}
	a.waiting[id] = struct{}{}
	if len(a.waiting) == mostAhead {
		select {
		case a.full <- struct{}{}:
		default: // told already
		}
	}
	if !a.running {
		a.running = a.begin(a.run)
	}
}

// run asks until nobody waits.
func (a *ahead) run(ctx context.Context) {
	timer := time.NewTimer(a.gather)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-a.full:
		case <-ctx.Done():
		}
		ids := a.next()
		if len(ids) == 0 || ctx.Err() != nil {
			a.end()
			return
		}
		asked := a.now()
		if found, err := findSeveral(ctx, a.several, ids); err == nil {
			for _, id := range ids {
				user, ok := found[id]
				answer := identity{found: ok, asked: asked}
				if ok {
					answer.person = personOf(user)
				}
				a.tell(id, answer)
			}
		}
		timer.Reset(a.gather)
	}
}

// next takes up to mostAhead of those who wait; without any, run has ended.
func (a *ahead) next() []userid.ID {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asking = make(map[userid.ID]struct{}, mostAhead)
	ids := make([]userid.ID, 0, mostAhead)
	for id := range a.waiting {
		if len(ids) == mostAhead {
			break
		}
		delete(a.waiting, id)
		a.asking[id] = struct{}{}
		ids = append(ids, id)
	}
	if len(a.waiting) >= mostAhead {
		select {
		case a.full <- struct{}{}:
		default: // told already
		}
	}
	a.running = len(ids) > 0
	return ids
}

// end is for a run that leaves some unasked, at the server's end.
func (a *ahead) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running, a.asking = false, nil
}
