package throttle

import "context"

// hot reports that an attempt has to be confirmed by the store: something but it has
// been counted there. Users that are known may log in many times at once; and behind one
// address so many mistype that only what comes near the bound is worth a question.
func (l *Limiter) hot(c *counter) bool {
	counted := len(c.failed) + len(c.others)
	switch c.kind {
	case KindKnown:
		return counted > 0
	case KindAddress:
		return c.heat(l.address, l.now().Unix()) > l.address.forget()*int64(l.address.Free/4)
	default:
		return counted+len(c.open) > 1 // the attempt itself is one
	}
}

// confirm asks the others about an attempt that this process would let pass.
func (s *share) confirm(ctx context.Context, r *Reservation) error {
	if s.alone.Load() != 0 {
		return nil
	}
	l := s.limiter
	var hot []place
	l.mu.Lock()
	for _, p := range [...]place{r.account, r.address} { // in the order in which they are locked
		if p.is() && l.hot(p.counter) {
			hot = append(hot, p)
		}
	}
	l.mu.Unlock()
	if len(hot) == 0 {
		return nil
	}
	// Not under the client's own context: whoever goes away has still reserved.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.wait)
	defer cancel()
	if err := s.exchangeFor(ctx, hot); err != nil {
		s.failed(ctx, err)
		return nil
	}
	return s.judge(r)
}

// exchangeFor exchanges counters that nobody has since the places in them were taken.
func (s *share) exchangeFor(ctx context.Context, places []place) error {
	var late []*counter
	for _, p := range places {
		p.counter.sharing.Lock()
		defer p.counter.sharing.Unlock()
		if p.counter.published < p.version {
			late = append(late, p.counter)
		}
	}
	if len(late) == 0 {
		return nil
	}
	return s.exchange(ctx, late)
}

// judge looks again, at all but the attempt itself.
func (s *share) judge(r *Reservation) error {
	l, now := s.limiter, s.limiter.now()
	l.mu.Lock()
	var refused *counter
	for _, p := range [...]place{r.address, r.account} {
		if p.is() && refused == nil && p.counter.nextBut(l.budget(p.counter.kind), p.at) > now.Unix() {
			refused = p.counter
		}
	}
	l.mu.Unlock()
	if refused == nil {
		return nil
	}
	r.end(false)
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refusal(refused, now)
}

// nextBut is from when a guess may be evaluated, one that was reserved then left out.
func (c *counter) nextBut(b Budget, at uint32) int64 {
	var buffer [128]uint32
	return b.next(remove(c.events(buffer[:], c.failed, c.open, c.others), at))
}
