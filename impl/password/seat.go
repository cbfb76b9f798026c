package password

import (
	"errors"
	"fmt"
	"os"
	"time"
)

// sendWait is how long a child may leave a frame in its socket, which has room
// for more of them than it has lanes.
const sendWait = 5 * time.Second

// seat is a slot of a Gate in a child: what a worker is to a gate in its own
// process, and a connection to one in the other. The gate's lock guards it.
type seat struct {
	child  *child
	conn   *os.File
	wake   chan struct{} // has room for one
	ended  chan struct{}
	closed bool
	live   map[uint32]*task // interleaving ones
	whole  *task            // or one of another method, which holds those up
	owed   time.Duration    // to those, on the whole one's account
	since  time.Time        // when it came to be busy, or was last looked at
	had    time.Duration    // for how long before that it was, since the last look
	lastID uint32
}

func newSeat(c *child, conn *os.File) *seat {
	return &seat{child: c, conn: conn, wake: make(chan struct{}, 1), ended: make(chan struct{}), live: make(map[uint32]*task)}
}

func (s *seat) signal() {
	select {
	case s.wake <- struct{}{}:
	default: // It has not heard the one before yet.
	}
}

func (s *seat) close() {
	if !s.closed {
		s.closed = true
		close(s.ended)
		_ = s.conn.Close() // Nothing is written that has not arrived.
	}
}

// pump sends tasks to the child as long as it may have more, whenever that may
// have changed.
func (s *seat) pump() {
	for {
		select {
		case <-s.ended:
			return
		case <-s.wake:
		}
		for t, id := s.take(); t != nil; t, id = s.take() {
			if err := s.begin(t, id); err != nil {
				s.child.fail(err)
				return
			}
		}
	}
}

// take is the next task for this seat and its id there, or nil.
func (s *seat) take() (*task, uint32) {
	g := s.child.all.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.child.retired || s.whole != nil {
		return nil, 0
	}
	now := time.Now()
	s.child.book()
	live := len(s.live)
	if live == g.kernel.lanes {
		live-- // One more lies ready for the lane that is free next.
	}
	t := g.next(live, len(s.live) == 0 || s.owed <= 0)
	if t == nil {
		if s.owed > 0 && len(s.live) > 0 && len(g.queue.waiting) > 0 {
			time.AfterFunc(max(s.owed, time.Millisecond), s.signal) // It may get little.
		}
		return nil, 0
	}
	s.lastID++
	t.id, t.seat = s.lastID, s
	if !s.busy() {
		s.since = now
	}
	if t.shares && t.sent != "" {
		s.live[t.id] = t
	} else {
		s.whole = t
	}
	s.child.begins(now)
	g.recruit() // Several signals may have come as one.
	return t, t.id
}

// begin sends a task. One that takes microseconds, or is too long to be sent, is
// run here and now.
func (s *seat) begin(t *task, id uint32) error {
	if t.sent == "" {
		start := time.Now()
		end := verifyWhole(t)
		s.child.all.gate.charge([]*task{t}, time.Since(start))
		s.finish(t, end)
		return nil
	}
	f := frame{kind: kindBegin, id: id, hash: t.sent, password: t.password}
	b := f.append(make([]byte, 0, frameHead+2+len(f.hash)+len(f.password)))
	err := s.send(b)
	clear(b) // It holds a password.
	if err == nil && t.gone.Load() {
		s.giveUp(id) // It may have been told so before it began.
	}
	return err
}

func (s *seat) send(b []byte) error {
	// Of a closed connection it fails, and so does Write then.
	_ = s.conn.SetWriteDeadline(time.Now().Add(sendWait))
	if _, err := s.conn.Write(b); err != nil {
		return fmt.Errorf("send to the hashing process: %w", err)
	}
	return nil
}

// giveUp tells the child that nobody waits for a task. If that does not arrive
// it is run to its end.
func (s *seat) giveUp(id uint32) {
	_ = s.send(frame{kind: kindGiveUp, id: id}.append(nil))
}

// read hands over what the child sends, until it ends.
func (s *seat) read() {
	b := make([]byte, maxFrame+1)
	for {
		n, err := s.conn.Read(b)
		if err != nil {
			if !errors.Is(err, os.ErrClosed) {
				s.gone()
			}
			return
		}
		f, err := parseFrame(b[:n])
		if err == nil {
			err = s.answer(f)
		}
		if err != nil {
			s.child.fail(err)
			return
		}
	}
}

// gone is for a child that closed its side. Why, its exit tells better.
func (s *seat) gone() {
	select {
	case <-s.child.process.done:
	case <-time.After(time.Second):
		s.child.fail(ErrEnded)
	}
}

// answer takes an answer, which must be to a task that the child has.
func (s *seat) answer(f frame) error {
	g := s.child.all.gate
	g.mu.Lock()
	t := s.live[f.id]
	if s.whole != nil && s.whole.id == f.id && s.whole.sent != "" {
		t = s.whole
	}
	closed := s.closed
	g.mu.Unlock()
	switch {
	case closed:
		return nil // It was given to another.
	case f.kind != kindDone || t == nil:
		return errFrame
	}
	end := outcome{match: t.hash.accepts(f.match, t.password)}
	if f.fault != "" {
		end = outcome{err: errors.New(f.fault)}
	}
	s.finish(t, end)
	return nil
}

// finish is Gate.finish for a task of this seat.
func (s *seat) finish(t *task, end outcome) {
	g := s.child.all.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if t.seat != s || s.whole != t && s.live[t.id] != t {
		return // The child was lost meanwhile, and with it the task.
	}
	s.child.book()
	s.tally(time.Now())
	if s.whole == t {
		s.whole, s.owed = nil, t.cost
	}
	delete(s.live, t.id)
	t.seat = nil
	s.child.ends(t)
	g.end(t, end)
	s.signal()
}

// leave is every task that the child had.
func (s *seat) leave() (left []*task) {
	for _, t := range s.live {
		left = append(left, t)
	}
	if s.whole != nil && s.whole.sent != "" {
		left = append(left, s.whole)
		s.whole = nil
	}
	clear(s.live)
	for _, t := range left {
		t.seat = nil
	}
	return left
}

// busy reports whether the child has something from it.
func (s *seat) busy() bool { return len(s.live) > 0 || s.whole != nil && s.whole.sent != "" }

// tally counts how long it was busy until now.
func (s *seat) tally(now time.Time) {
	if s.busy() {
		s.had += now.Sub(s.since)
		s.since = now
	}
}

// charge books processor time on the tasks it went into.
func (s *seat) charge(took time.Duration) {
	switch {
	case s.whole != nil:
		s.whole.cost += took
	case len(s.live) > 0:
		s.owed -= took
		for _, t := range s.live {
			t.cost += took / time.Duration(len(s.live))
		}
	}
}
