package account

import (
	"time"

	"github.com/restauth/restauth/impl/userid"
)

// note remembers that the user has logged in from the address just now.
func (a *addresses) note(user userid.ID, address string) {
	if a.age == 0 || address == "" {
		return
	}
	now := a.now()
	seen := Sighting{a.key(user, address), dayOf(now)}
	a.mu.Lock()
	defer a.mu.Unlock()
	var before sightings
	if got := a.users.Get(user); got != nil {
		before = *got
	}
	for _, one := range before.all {
		if one == seen {
			return
		}
	}
	before.all = with(before.all, seen)
	a.users.Set(user, before)
	where := a.place(address)
	a.places.Set(where, place{day: seen.Day, asked: now})
	if a.book == nil || a.closed || len(a.unwritten) >= mostUnwritten {
		return
	}
	row := a.row(user)
	a.unwritten[sighted{row, seen.Address}] = Visit{row, seen, where}
	if !a.writing {
		a.writing = true
		a.working.Go(a.write)
	}
}

// write writes down what waits, until nothing does.
func (a *addresses) write() {
	for {
		next, ok := a.next()
		if !ok {
			return
		}
		err := a.book.Sight(a.life, next, mostAddresses)
		if err == nil {
			a.answered(a.life)
			a.written(next)
			a.prune()
			continue
		}
		a.failed(a.life, err)
		select {
		case <-a.life.Done():
			return
		case <-time.After(bookRests):
		}
	}
}

// next is one that waits; without one the writing ends.
func (a *addresses) next() (Visit, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, visit := range a.unwritten {
		return visit, true
	}
	a.writing = false
	return Visit{}, false
}

// written takes one out, unless it was seen again on a later day meanwhile.
func (a *addresses) written(visit Visit) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if key := (sighted{visit.UserID, visit.Address}); a.unwritten[key] == visit {
		delete(a.unwritten, key)
	}
}

// prune forgets what is too old, some of it each time.
func (a *addresses) prune() {
	now := a.now()
	if now.Sub(a.pruned) < pruneEvery {
		return
	}
	more, err := a.book.PruneSightings(a.life, a.since(now))
	if err != nil {
		a.failed(a.life, err)
	}
	if !more {
		a.pruned = now
	}
}

// close writes down what waits, if that is soon done.
func (a *addresses) close() {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	late := time.AfterFunc(flushWithin, a.end)
	defer late.Stop()
	a.working.Wait()
	a.end()
}
