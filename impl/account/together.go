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
	// mostTogether is how many users one question is about.
	mostTogether = 256
	// mostAlone is how many questions are under way before others wait for each other.
	mostAlone = 2
	// waitTogether is how long a question waits for others, at most: nobody stands
	// behind a database that keeps one waiting.
	waitTogether = 5 * time.Millisecond
	// slowFailure is what a question takes that failed by time. It is not asked again
	// for each of its users.
	slowFailure = 250 * time.Millisecond
)

// question is about a user, and several requests may wait for it. Where many questions
// come at once they are asked together:
//
//	           fewer than mostAlone groups
//	ask ──┬───────────────────────────────────────────────▶ group of one ──┐
//	      └──▶ waiting ──a group ends, or waitTogether──▶ group ──fails─┐  │
//	                                                        │   one by one │
//	                                                        ▼           ▼  ▼
//	                                                       answered, all of it
type question struct {
	id     userid.ID
	asked  time.Time
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
		return *last, nil
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
	time.AfterFunc(waitTogether, func() {
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
	}
	return group
}

// answerAll asks for the users of a group in one question. One that fails does not say
// which of them it failed for, so each is asked for then.
func (i *identities) answerAll(ctx context.Context, group []*question) {
	if len(group) == 1 {
		i.answer(ctx, group[0])
		return
	}
	ids := make([]userid.ID, len(group))
	for n, q := range group {
		ids[n] = q.id
	}
	before, begun := i.outage.ask(), time.Now()
	found, err := findSeveral(ctx, i.several, ids)
	if err != nil && ctx.Err() == nil && (!unanswered(err) || time.Since(begun) < slowFailure) {
		var each sync.WaitGroup
		for _, q := range group {
			each.Go(func() { i.answer(ctx, q) })
		}
		each.Wait()
		return
	}
	for _, q := range group {
		user, ok := found[q.id]
		if err == nil && !ok {
			i.conclude(ctx, q, user, ErrUserNotFound, before)
			continue
		}
		i.conclude(ctx, q, user, err, before)
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
		q.answer = identity{found: err == nil, asked: q.asked}
		if q.answer.found {
			q.answer.person = personOf(user)
		}
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
