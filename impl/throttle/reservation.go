package throttle

// Reservation is an attempt that may be evaluated. One of its methods ends it; what comes
// after that does nothing. They may be called on nil, which holds nothing.
type Reservation struct {
	limiter          *Limiter
	account, address place
	digest           uint64
	ended            bool
}

// place is one in a counter.
type place struct {
	counter *counter
	at      uint32
	version uint64 // the counter's with it
}

func (p place) is() bool { return p.counter != nil }

// Succeed gives back what was reserved: the password was right.
func (r *Reservation) Succeed() { r.end(false) }

// Cancel gives back what was reserved: the password was not evaluated.
func (r *Reservation) Cancel() { r.end(false) }

// Fail keeps it: the password was wrong. One that is known to be wrong, which it reports,
// takes nothing from the account's budget.
func (r *Reservation) Fail() (stale bool) { return r.end(true) }

func (r *Reservation) end(failed bool) (stale bool) {
	if r == nil || r.ended {
		return false
	}
	r.ended = true
	l := r.limiter
	l.mu.Lock()
	if c := r.account.counter; c != nil {
		stale = failed && c.isStale(r.digest)
		l.end(r.account, failed && !stale)
	}
	if r.address.is() {
		l.end(r.address, failed)
	}
	l.mu.Unlock()
	if l.share != nil {
		l.share.tell()
	}
	return stale
}

// end is for one place; it wants the lock. A counter with nothing in it goes at once:
// each login that goes well makes one.
func (l *Limiter) end(p place, failed bool) {
	c := p.counter
	b := l.budget(c.kind)
	c.end(b, p.at, failed)
	c.call(b, l.now().Unix())
	if l.share != nil {
		l.share.changed(c)
	}
	if len(c.failed)+len(c.open)+len(c.others)+len(c.stale) > 0 || c.waiting() > 0 || c.dirty {
		return
	}
	for _, t := range [...]*table{&l.users, &l.names, &l.addresses} {
		if t.counters[c.key] == c {
			delete(t.counters, c.key)
			return
		}
	}
}
