package pool

import (
	"crypto/pbkdf2"
	"crypto/sha512"
	"fmt"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
)

// royLong is roy's hash of the most iterations that are let through.
const royLong = "pbkdf2:sha256:5000000$k1Ud5dzh$3c37d903ad407c9e3f87a29f5e934db67d9414a79e4f9353ab838d51a5d9f9b2"

// royWhole is one of roy's hashes that do not interleave.
func royWhole(t testing.TB, iterations int) password.Hash {
	t.Helper()
	key, err := pbkdf2.Key(sha512.New, "roy", []byte("k1Ud5dzh"), iterations, sha512.Size)
	if err != nil {
		t.Fatal(err)
	}
	return mustParse(t, fmt.Sprintf("pbkdf2:sha512:%d$k1Ud5dzh$%x", iterations, key))
}

// testGivesUp: who is given up is done without a result, wherever he is: lying on a desk,
// among those that a thread runs together, or under way in a thread of his own, which is
// done with him at its end and goes on with others.
func testGivesUp(t *testing.T, newGate maker) {
	g := newGate(t, settings{Slots: 1})
	p := g.pool
	if p.children != nil {
		keepPriority(g)
	}
	ends := make(chan end, 100)
	p.done = func(j *gate.Job, outcome gate.Outcome) { ends <- end{j, outcome} } // Nothing was run yet.
	for name, tt := range map[string]struct {
		slot, jobs int
		hash       password.Hash
		mayEnd     int // how many may come to their ends
	}{
		"one that interleaves":       {0, 1, mustParse(t, royLong), 0},
		"as many as are let through": {0, lanes() + 1, mustParse(t, royLong), 0},
		"one of its own thread":      {1, 1, royWhole(t, 100_000), 1},
		"and others behind it":       {1, 3, royWhole(t, 100_000), 1},
	} {
		t.Run(name, func(t *testing.T) {
			// While this process is kept from giving up they may all come to their ends.
			for deadline := time.Now().Add(testPatience); ; {
				ended := giveUpAll(p, ends, tt.slot, tt.jobs, tt.hash)
				if ended <= tt.mayEnd {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("%d of %d that were given up came to their ends, each time", ended, tt.jobs)
				}
			}
			p.Run(tt.slot, &gate.Job{Hash: mustParse(t, royHash), Password: "roy"})
			if e := <-ends; !e.outcome.Match || e.outcome.Err != nil {
				t.Errorf("the next = %+v", e.outcome)
			}
			idle(t, g)
		})
	}
}

// testOwn: what has a lane of its own does not wait until one of the others is free.
func testOwn(t *testing.T, newGate maker) {
	g := newGate(t, settings{Slots: 1})
	p := g.pool
	if p.children != nil {
		keepPriority(g)
	}
	ends := make(chan end, 100)
	p.done = func(j *gate.Job, outcome gate.Outcome) { ends <- end{j, outcome} } // Nothing was run yet.
	long, short := mustParse(t, royLong), mustParse(t, royHash)
	others := make([]*gate.Job, lanes()+1)
	for i := range others {
		others[i] = &gate.Job{Hash: long, Password: "roy"}
		p.Run(0, others[i])
	}
	own := &gate.Job{Hash: short, Password: "roy", Own: true}
	p.Run(0, own)
	if e := <-ends; e.job != own || !e.outcome.Match || e.outcome.Err != nil {
		t.Errorf("the first of all is not done first: %+v", e.outcome)
	}
	for _, j := range others {
		p.GiveUp(0, j)
	}
	for range others {
		<-ends
	}
	idle(t, g)
}

// giveUpAll runs so many jobs, gives them up when the first has been taken, and says how
// many nevertheless came to their ends.
func giveUpAll(p *Pool, ends <-chan end, slot, n int, h password.Hash) (ended int) {
	jobs := make([]*gate.Job, n)
	for i := range jobs {
		jobs[i] = &gate.Job{Hash: h, Password: "roy"}
		p.Run(slot, jobs[i])
	}
	for !p.taken(slot) && len(ends) == 0 {
		time.Sleep(time.Millisecond)
	}
	for _, j := range jobs {
		p.GiveUp(slot, j)
	}
	for range jobs {
		if e := <-ends; e.outcome.Match {
			ended++
		}
	}
	return ended
}

// taken reports whether something of a slot's is under way.
func (p *Pool) taken(slot int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.children != nil && p.children.now != nil {
		return len(p.children.now.seats[slot].live) > 0
	}
	return len(p.desks[slot].live) > 0
}

// script is a dispatcher of what a test wrote.
type script struct {
	runs     []*run
	charged  int
	onCharge func(charged int)
	ends     []gate.Outcome
}

func (s *script) take(int) *run {
	if len(s.runs) == 0 {
		return nil
	}
	r := s.runs[0]
	s.runs = s.runs[1:]
	return r
}

func (s *script) charge([]*run, time.Duration) { s.charged++; s.onCharge(s.charged) }

func (s *script) finish(_ *run, outcome gate.Outcome) { s.ends = append(s.ends, outcome) }

// TestWorkerGivesUp between two looks, not later, and begins nothing that was given up.
func TestWorkerGivesUp(t *testing.T) {
	long := newRun(&gate.Job{Hash: mustParse(t, royLong), Password: "roy"})
	late := newRun(&gate.Job{Hash: mustParse(t, royLong), Password: "roy"})
	whole := newRun(&gate.Job{Hash: royWhole(t, 10), Password: "roy"})
	for _, r := range []*run{late, whole} {
		r.gone.Store(true)
	}
	s := &script{runs: []*run{late, whole, long}, onCharge: func(n int) {
		if n == 2 {
			long.gone.Store(true)
		}
	}}
	w := &worker{from: s, quantum: quantum}
	w.run()
	if s.charged != 2 || len(s.ends) != 3 {
		t.Errorf("%d steps and %d ends, want 2 and 3", s.charged, len(s.ends))
	}
	for i, outcome := range s.ends {
		if outcome.Match || outcome.Err != nil {
			t.Errorf("end %d = %+v, want none", i, outcome)
		}
	}
}
