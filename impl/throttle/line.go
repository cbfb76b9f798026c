package throttle

import (
	"context"
	"slices"
	"time"
)

const (
	// mostUnderWay bounds who hold places of a counter or wait for one, where some wait.
	mostUnderWay = 128
	// patience is how many times Config.MaxWait an attempt waits that was to wait: as in
	// package gate, who was let in is served, unless the machine became as slow as that.
	patience = 5
)

// waiter is an attempt that waits at a counter, where the last places are held by others
// that have not ended. The Limiter's lock guards it.
//
//	try ─no place─► in line ─one ends─► called ─► try ─► has a place
//
// The first is called when a place becomes free, and all when what failed refuses them.
// Who was called and leaves a place over calls the next, so none is left free while
// somebody waits.
type waiter struct {
	counter *counter
	ahead   int           // who wait before it
	turn    chan struct{} // closed when it is called
}

// stand puts one into the line: at its end, or where it was called and found its place
// taken nevertheless, before all others.
func (c *counter) stand(first bool) *waiter {
	w := &waiter{counter: c, turn: make(chan struct{})}
	if first {
		c.line = slices.Insert(c.line, 0, w)
		return w
	}
	w.ahead = len(c.line) + c.called
	c.line = append(c.line, w)
	return w
}

// waiting is how many wait, those included that have been called just now.
func (c *counter) waiting() int { return len(c.line) + c.called }

// call calls who may go on.
func (c *counter) call(b Budget, now int64) {
	n := 0
	switch {
	case c.until <= now:
		n = min(1, len(c.line))
	case c.refusing(b, now):
		n = len(c.line)
	}
	for _, w := range c.line[:n] {
		close(w.turn)
	}
	c.called += n
	c.line = slices.Delete(c.line, 0, n)
}

// wait waits for a place and takes it.
func (l *Limiter) wait(ctx context.Context, r *Reservation, a Attempt, keys keyed, w *waiter) (err error) {
	if a.MayWait != nil {
		if err := a.MayWait(w.counter.kind, w.ahead); err != nil {
			l.leave(w)
			return err
		}
	}
	late := time.NewTimer(patience * l.maxWait)
	defer late.Stop()
	for w != nil && err == nil {
		select {
		case <-w.turn:
			w, err = l.try(r, a, keys, w)
		case <-late.C:
			l.leave(w)
			return l.crowded(w.counter)
		case <-ctx.Done():
			l.leave(w)
			return ctx.Err()
		}
	}
	return err
}

// leave takes one out of the line. If it has been called the next one is.
func (l *Limiter) leave(w *waiter) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := w.counter
	if i := slices.Index(c.line, w); i >= 0 {
		c.line = slices.Delete(c.line, i, i+1)
		return
	}
	c.called--
	c.call(l.budget(c.kind), l.now().Unix())
}
