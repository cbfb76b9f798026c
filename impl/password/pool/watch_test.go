package pool

import (
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password/gate"
)

// TestRaise: what a starving child has under way goes on in another with more
// priority, and later in one with less again.
func TestRaise(t *testing.T) {
	needChildren(t)
	g := withChild(t, settings{Slots: 1, MaxWait: always, Niceness: 1})
	results, low := stopped(t, g, endless(t))
	g.pool.mu.Lock()
	if c := g.pool.children.now; c.niceness == farthestBack { // else the machine is so busy that it has happened already
		g.pool.children.raise(c)
	}
	g.pool.children.raised.hold = time.Hour // It is let down when the test says so.
	g.pool.unlock()
	high := serving(t, g, low)
	g.pool.mu.Lock()
	if c := g.pool.children.now; c != nil && c.niceness != 1 || g.pool.children.deaths != 0 {
		t.Errorf("niceness %d after %d deaths, want 1 after none", c.niceness, g.pool.children.deaths)
	}
	g.pool.unlock()
	if r := <-results; r.match || r.err != nil {
		t.Errorf("Verify() = %v, %v", r.match, r.err)
	}
	results = verifyAll(t, g, mustParse(t, royHash), 1)
	g.pool.mu.Lock()
	if c := g.pool.children.now; c != nil && c.niceness != farthestBack { // else it took so long that it has happened already
		g.pool.children.letDown(c)
	}
	g.pool.unlock()
	if r := <-results; !r.match || r.err != nil {
		t.Errorf("while it changes Verify() = %v, %v", r.match, r.err)
	}
	if match, err := g.Verify(t.Context(), mustParse(t, royHash), "roy", gate.Client{}); !match || err != nil {
		t.Errorf("afterwards Verify() = %v, %v", match, err)
	}
	if alive(high) {
		idle(t, g)
		ends(t, high) // It was retired.
	}
	idle(t, g)
}

// TestJudge: what a child got, and for how long, decides on its priority.
func TestJudge(t *testing.T) {
	needChildren(t)
	g := withChild(t, settings{Slots: 1, MaxWait: always, Niceness: 1})
	for _, c := range []struct {
		raised  bool
		part    float64 // of a core
		since   time.Duration
		changes bool
	}{
		{false, starved - 0.001, starvedFor, true},
		{false, starved - 0.001, starvedFor - 1, false}, // not yet
		{false, starved + 0.001, time.Hour, false},
		{true, wellFed + 0.001, 4 * time.Second, true},    // which is its hold
		{true, wellFed + 0.001, 4*time.Second - 1, false}, // not yet
		{true, wellFed - 0.001, time.Hour, false},
	} {
		child := childAt(t, g, c.raised)
		now := time.Now()
		child.watch.since, child.watch.had, child.watch.got = now.Add(-c.since), time.Second, time.Duration(c.part*float64(time.Second))
		child.judge(now)
		if changed := g.pool.children.raised.is != c.raised; changed != c.changes {
			t.Errorf("raised %v, got %v of a core for %v: changed = %v, want %v", c.raised, c.part, c.since, changed, c.changes)
		}
		g.pool.unlock()
	}
}

// childAt is a child at the gate's niceness, or farthest back, and holds the gate's
// lock, so that nothing changes that any more. On a busy machine one that stands farthest
// back is raised before it has done anything, so it is looked for until then.
func childAt(t *testing.T, g hashing, raised bool) *child {
	t.Helper()
	served := verifyAll(t, g, mustParse(t, royHash), 1)
	for ; ; time.Sleep(time.Millisecond) {
		g.pool.mu.Lock()
		if c := g.pool.children.now; c != nil && (c.niceness != farthestBack) == raised && g.pool.children.raised.is == raised {
			g.pool.children.raised.hold = 4 * time.Second
			return c
		} else if c != nil {
			g.pool.children.retire(c)
		}
		g.pool.children.raised = raising{is: raised, since: time.Now(), hold: 4 * time.Second}
		g.pool.recruitAll()
		g.pool.unlock()
		if len(served) > 0 {
			<-served
			served = verifyAll(t, g, mustParse(t, royHash), 1)
		}
	}
}

// TestRaiseForLonger when it was not for long enough.
func TestRaiseForLonger(t *testing.T) {
	needChildren(t)
	g := withChild(t, settings{Slots: 1, MaxWait: always})
	last := raising{}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
		for g.pool.mu.Lock(); g.pool.children.now == nil; g.pool.mu.Lock() { // On a slow machine it may have been let down.
			g.pool.unlock()
			<-verifyAll(t, g, mustParse(t, royHash), 1)
		}
		g.pool.children.raised = last // A busy machine may have raised it meanwhile,
		if last.is {
			g.pool.children.raised.since = time.Now() // or taken long.
		}
		g.pool.children.raise(g.pool.children.now)
		last = g.pool.children.raised
		if last.hold != want*time.Second {
			t.Errorf("raised for %v, want %v", last.hold, want*time.Second)
		}
		g.pool.unlock()
	}
}
