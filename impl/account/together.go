package account

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/restauth/restauth/impl/userid"
)

const (
	// mostTogether is how many users a question is about that requests wait for. It is
	// fewer than mostAhead: rows that have to be read from a disk take their time.
	mostTogether = 64
	// mostAlone is how many questions are under way before others wait for each other.
	mostAlone = 2
	// waitTogether is how long a question waits for others, at most: nobody stands
	// behind a database that keeps one waiting.
	waitTogether = 5 * time.Millisecond
)

// question is about a user, and several requests may wait for it. Where many questions
// come at once they are asked together:
//
//	           fewer than mostAlone groups
//	ask ──┬─────────────────────────────────────────────▶ group of one ──┐
//	      └──▶ waiting ──a group ends, or waitTogether──▶ group ──────────▶ answered
//	                                                        └─fails, and the database
//	                                                          is there──▶ each alone ──▶ answered
type question struct {
	id     userid.ID
	asked  time.Time
	waits  time.Time     // since when it waits for others, by no test's clock
	done   chan struct{} // closed when answer and err are there
	answer identity
	err    error
}

// ask puts the question, or joins one that is not too old. It does not end
// with the caller: others may wait for the answer too. The store bounds it.
func (i *identities) ask(ctx context.Context, id userid.ID, now time.Time) (identity, error) {
	i.mu.Lock()
	// The question that was under way may have been answered since the caller looked.
	if last := i.known.Get(id); last.within(i.maxAge, now) {
		i.mu.Unlock()
		return last.identity, nil
	}
	q := i.loading[id]
	if q == nil || now.Sub(q.asked) > i.maxAge {
		q = &question{id: id, asked: now, done: make(chan struct{})}
		i.loading[id] = q
		if !i.putLocked(q) {
			delete(i.loading, id)
			q.err = errClosed
			close(q.done)
		}
	}
	i.mu.Unlock()
	select {
	case <-q.done:
		return q.answer, q.err
	case <-ctx.Done():
		return identity{}, ctx.Err()
	}
}

// putLocked begins a question or has it wait for others, unless close was called.
// While any wait there are groups under way, each of which looks for them at its end.
func (i *identities) putLocked(q *question) bool {
	if i.several == nil || i.groups < mostAlone {
		return i.groupLocked([]*question{q})
	}
	q.waits = time.Now()
	i.waiting = append(i.waiting, q)
	if len(i.waiting) == 1 {
		i.boundLocked()
	}
	return true
}

// boundLocked keeps the first of those that wait from waiting for longer than
// waitTogether.
func (i *identities) boundLocked() {
	first := i.waiting[0]
	time.AfterFunc(waitTogether-time.Since(first.waits), func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if !i.closed && len(i.waiting) > 0 && i.waiting[0] == first {
			i.groupLocked(i.takeLocked())
		}
	})
}

// groupLocked begins a group, and then those that wait by then.
func (i *identities) groupLocked(group []*question) bool {
	begun := i.beginLocked(func(ctx context.Context) {
		for ; len(group) > 0; group = i.next() {
			i.answerAll(ctx, group)
		}
	})
	if begun {
		i.groups++
	}
	return begun
}

// next is a group of what waits; without any, one group less is under way.
func (i *identities) next() []*question {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.waiting) == 0 {
		i.groups--
		return nil
	}
	return i.takeLocked()
}

func (i *identities) takeLocked() []*question {
	n := min(len(i.waiting), mostTogether)
	group := i.waiting[:n:n]
	i.waiting = i.waiting[n:]
	if len(i.waiting) > 0 {
		i.boundLocked()
	} else {
		i.waiting = nil // lest it keeps what was answered
	}
	return group
}

// answerAll asks for the users of a group in one question. One that fails does not say
// which of them it failed for, so each is asked for then, unless the database is found
// not to answer at all: nobody goes on by an old yes for another's row.
func (i *identities) answerAll(ctx context.Context, group []*question) {
	if len(group) == 1 {
		i.answer(ctx, group[0])
		return
	}
	ids := make([]userid.ID, len(group))
	for n, q := range group {
		ids[n] = q.id
	}
	before := i.outage.ask()
	found, err := findSeveral(ctx, i.several, ids)
	if err == nil && ctx.Err() == nil {
		i.outage.answer()
		for _, q := range group {
			user, ok := found[q.id]
			q.is(user, ok)
			i.settle(q)
		}
		return
	}
	if ctx.Err() == nil && (!unanswered(err) || !i.outage.confirmed(ctx, before)) {
		if !unanswered(err) {
			i.oddly.Do(func() {
				i.outage.logger.WarnContext(ctx, "users cannot be asked for together; each is asked for alone", "error", err)
			})
		}
		var each sync.WaitGroup
		for _, q := range group {
			each.Go(func() { i.answer(ctx, q) })
		}
		each.Wait()
		return
	}
	for _, q := range group {
		i.conclude(ctx, q, User{}, err, before)
	}
}

// answer asks the database and tells all who wait.
func (i *identities) answer(ctx context.Context, q *question) {
	before := i.outage.ask()
	user, err := i.read(ctx, q.id)
	i.conclude(ctx, q, user, err, before)
}

// conclude tells all who wait what the database said to a question, before which it had
// answered so many.
func (i *identities) conclude(ctx context.Context, q *question, user User, err error, before uint64) {
	if ctx.Err() != nil {
		err = errClosed // It was cut off, which is nobody's going away.
	}
	switch {
	case err == nil || errors.Is(err, ErrUserNotFound):
		q.is(user, err == nil)
		i.outage.answer()
	case unanswered(err):
		q.err = err
		i.outage.noAnswer(q.id, before)
	case errors.Is(err, ErrUnusable):
		q.err = err
		i.outage.answer()
	default:
		q.err = err
	}
	i.settle(q)
}

// is sets the answer.
func (q *question) is(user User, found bool) {
	q.answer = identity{found: found, asked: q.asked}
	if found {
		q.answer.person = personOf(user)
	}
}

// settle hands the answer out, and remembers it.
func (i *identities) settle(q *question) {
	i.mu.Lock()
	if i.loading[q.id] == q {
		delete(i.loading, q.id)
		if q.err == nil {
			i.remember(q.id, q.answer)
		}
	}
	i.mu.Unlock()
	close(q.done)
}

// read keeps a fault in a driver, met by what stands in a row, from ending the
// process: no request's own guard is above it.
func (i *identities) read(ctx context.Context, id userid.ID) (user User, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("account: read user %q: panic: %v\n%s", id, cause, debug.Stack())
		}
	}()
	return i.users.FindByID(ctx, id)
}

// findSeveral is FindByIDs, kept from ending the process in the same way.
func findSeveral(ctx context.Context, several Several, ids []userid.ID) (found map[userid.ID]User, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("account: read %d users: panic: %v\n%s", len(ids), cause, debug.Stack())
		}
	}()
	return several.FindByIDs(ctx, ids)
}
