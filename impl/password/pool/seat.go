package pool

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/restauth/restauth/impl/password/gate"
)

// sendWait is how long a child may leave a frame in its socket, which has room
// for more of them than it has lanes.
const sendWait = 5 * time.Second

// seat is one thread of a child: what a worker is to a pool in its own
// process, and a connection to one in the other. The pool's lock guards it.
type seat struct {
	child  *child
	slot   int
	conn   *os.File
	wake   chan struct{} // has room for one
	ended  chan struct{}
	closed bool
	live   map[uint32]*run // what the child has
	since  time.Time       // when it came to be busy, or was last looked at
	had    time.Duration   // for how long before that it was, since the last look
	lastID uint32
}

func newSeat(c *child, slot int, conn *os.File) *seat {
	return &seat{child: c, slot: slot, conn: conn, wake: make(chan struct{}, 1), ended: make(chan struct{}), live: make(map[uint32]*run)}
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

// pump sends what lies on its desk to the child, whenever there may be something.
func (s *seat) pump() {
	for {
		select {
		case <-s.ended:
			return
		case <-s.wake:
		}
		for r := s.take(); r != nil; r = s.take() {
			if err := s.begin(r); err != nil {
				s.child.fail(err)
				return
			}
		}
	}
}

// take is the next run for this seat, or nil.
func (s *seat) take() *run {
	p := s.child.all.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.child.retired {
		return nil
	}
	r := p.desks[s.slot].take(0)
	if r != nil && !r.local {
		s.enlist(r)
	}
	return r
}

// enlist counts a run among those that the child has.
func (s *seat) enlist(r *run) {
	now := time.Now()
	s.child.book()
	s.lastID++
	r.id = s.lastID
	if len(s.live) == 0 {
		s.since = now
	}
	s.live[r.id] = r
	s.child.begins(now)
}

// local runs what takes microseconds, or is too long to be sent, here and now. It reports
// whether the run goes on with what the child is to do.
func (s *seat) local(r *run) (goesOn bool) {
	p := s.child.all.pool
	for r.local {
		start := time.Now()
		outcome := verifyWhole(r.hash.VerifyAlone, r)
		r.cost += time.Since(start)
		if !r.goOn(outcome) {
			outcome.Took = r.cost
			p.done(r.of, outcome)
			return false
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.child.retired || s.closed {
		d := &p.desks[s.slot]
		d.waiting = slices.Insert(d.waiting, 0, r)
		p.recruit(s.slot)
		return false
	}
	s.enlist(r)
	return true
}

// begin sends a run.
func (s *seat) begin(r *run) error {
	if r.local && !s.local(r) {
		return nil
	}
	id := r.id // It may be another's by the time it is sent.
	hash, _ := r.hash.Encode()
	// What becomes of it first is done here, so that the other process needs no settings.
	f := frame{kind: kindBegin, id: id, hash: hash, password: r.hash.Prepare(r.password)}
	if r.own {
		f.kind = kindOwn
	}
	if pad, ok := r.hash.Pad(); ok {
		f.pad, _ = pad.Encode()
	}
	b := f.append(make([]byte, 0, frameHead+4+len(f.hash)+len(f.pad)+len(f.password)))
	err := s.send(b)
	clear(b) // It holds a password.
	if err == nil && r.gone.Load() {
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

// giveUp tells the child that nobody waits for a run. If that does not arrive
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

// answer takes an answer, which must be to what the child has.
func (s *seat) answer(f frame) error {
	p := s.child.all.pool
	p.mu.Lock()
	defer p.unlock()
	r := s.live[f.id]
	switch {
	case s.closed:
		return nil // It was given to another.
	case f.kind != kindDone || r == nil:
		return errFrame
	}
	s.child.book()
	s.tally(time.Now())
	delete(s.live, r.id)
	s.child.ends()
	outcome := gate.Outcome{Match: r.hash.Accepts(f.match, r.password), Took: r.cost}
	if f.fault != "" {
		outcome = gate.Outcome{Err: errors.New(f.fault)}
	}
	p.over = append(p.over, end{r.of, outcome})
	return nil
}

// leave is every run that the child had.
func (s *seat) leave() (left []*run) {
	for _, id := range slices.Sorted(maps.Keys(s.live)) {
		left = append(left, s.live[id])
	}
	clear(s.live)
	return left
}

// tally counts how long it was busy until now.
func (s *seat) tally(now time.Time) {
	if len(s.live) > 0 {
		s.had += now.Sub(s.since)
		s.since = now
	}
}

// charge books processor time on the runs it went into.
func (s *seat) charge(took time.Duration) {
	for _, r := range s.live {
		r.cost += took / time.Duration(len(s.live))
	}
}
