package account

import (
	"context"
	"sync"
	"time"

	"github.com/restauth/restauth/impl/userid"
)

const (
	// mostAhead is how many users one question ahead is about.
	mostAhead = 256
	// parts of an age: who comes again when what is known of him is fromPart of it old is
	// asked for at atPart, with all others of that part. The parts behind it are for the
	// database to answer in.
	parts, fromPart, atPart = 32, 12, 28
	// mostAheadWaiting bounds how many wait. There are more than are remembered only where
	// some were forgotten meanwhile.
	mostAheadWaiting = mostIdentities
)

// ahead asks for users who are asked for all the time before what is known of them is
// too old, and for many of them in one question, while requests go on with what is
// known. Thousands of users in turn so cost a question for each 256 of them, and none of
// their requests waits. It asks as late as it may: each question a user has less in an
// age is one less for the database. What it cannot find out is asked by a request in its
// time, as everything is without it, so that it needs to know nothing of outages.
//
//	nobody waits ──want──▶ waits for a part ◀──┐
//	      ▲                  │    ▲    └───────┘ somebody is due sooner
//	      │          it begins    none is due now
//	      │                  ▼    │
//	      └──none waits───── asking ◀──┐
//	                              └────┘ more are due
type ahead struct {
	several Several
	part    time.Duration
	now     func() time.Time
	epoch   time.Time // when part 0 began
	begin   func(func(context.Context)) bool
	tell    func(id userid.ID, answer identity)

	mu      sync.Mutex
	due     [parts][]userid.ID // mu: whom to ask for when a part begins, by its number modulo parts
	waiting int                // mu: in all of them
	first   int64              // mu: no earlier part has any
	until   int64              // mu: the part that run waits for
	running bool               // mu
	sooner  chan struct{}      // told when somebody is due before that
}

// newAhead returns nil, which wants nothing, where the table has no such questions.
func newAhead(several Several, maxAge time.Duration, now func() time.Time, begin func(func(context.Context)) bool, tell func(userid.ID, identity)) *ahead {
	if several == nil || maxAge < parts {
		return nil
	}
	return &ahead{
		several: several, part: maxAge / parts, now: now, epoch: now(), begin: begin, tell: tell, sooner: make(chan struct{}, 1),
	}
}

// want is told of a user who was asked for, with what is known of him.
func (a *ahead) want(id userid.ID, known *remembered, now time.Time) {
	if a == nil || now.Sub(known.asked) < fromPart*a.part || !known.found || !known.takeNote() {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting >= mostAheadWaiting {
		return
	}
	current := a.partAt(now)
	if !a.running {
		a.first, a.until = current, current
		a.running = a.begin(a.run)
	}
	// Not at once, as more may come; and now may be of a while ago, before run went on.
	due := max(a.partAt(known.asked)+atPart, current+1, a.first)
	a.due[due%parts] = append(a.due[due%parts], id)
	a.waiting++
	if due < a.until {
		a.until = due
		select {
		case a.sooner <- struct{}{}:
		default: // told already
		}
	}
}

// partAt is the number of the part that is or was at a time.
func (a *ahead) partAt(t time.Time) int64 { return int64(max(t.Sub(a.epoch), 0) / a.part) }

// run asks until nobody waits.
func (a *ahead) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-a.sooner:
		case <-ctx.Done():
			a.end()
			return
		}
		ids, wait, more := a.next()
		if !more {
			return
		}
		a.ask(ctx, ids)
		timer.Reset(wait)
	}
}

func (a *ahead) ask(ctx context.Context, ids []userid.ID) {
	if len(ids) == 0 {
		return
	}
	asked := a.now()
	found, err := findSeveral(ctx, a.several, ids)
	if err != nil {
		return
	}
	for _, id := range ids {
		user, ok := found[id]
		answer := identity{found: ok, asked: asked}
		if ok {
			answer.person = personOf(user)
		}
		a.tell(id, answer)
	}
}

// next takes up to mostAhead of those who are due, or else says how long to wait until
// some are. Where nobody waits there is no more, and run has ended.
func (a *ahead) next() (ids []userid.ID, wait time.Duration, more bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == 0 {
		a.running = false
		return nil, 0, false
	}
	now := a.now()
	current := a.partAt(now)
	for ; a.first <= current && len(ids) < mostAhead; a.first++ {
		due := &a.due[a.first%parts]
		n := min(len(*due), mostAhead-len(ids))
		ids, *due = append(ids, (*due)[:n]...), (*due)[n:]
		if len(*due) > 0 {
			break
		}
		*due = nil
	}
	a.waiting -= len(ids)
	if len(ids) > 0 {
		return ids, 0, true
	}
	for a.until = a.first; len(a.due[a.until%parts]) == 0; a.until++ {
	}
	return nil, a.epoch.Add(time.Duration(a.until) * a.part).Sub(now), true
}

// end is for a run that leaves some unasked, at the server's end.
func (a *ahead) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.running = false
}
