package password

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// testGateCancel: who goes away leaves the queue, and work already begun for
// him is given up between two chunks.
func testGateCancel(t *testing.T, newGate maker) {
	g := newGate(t, GateConfig{Slots: 1, MaxWait: time.Minute})
	// It would go on for weeks; a child takes none but those that take a second.
	long := mustParse(t, "pbkdf2:sha256:5000000$k1Ud5dzh$"+derived(1))
	if g.children == nil {
		s, _ := long.scheme.(pbkdf2Scheme)
		s.iterations = 1 << 40
		long.scheme = s
		g.takes(long, time.Millisecond) // or it would not be let in
	}
	ctx, cancel := context.WithCancel(t.Context())
	var verifying sync.WaitGroup
	for range 40 {
		verifying.Go(func() {
			if match, err := g.Verify(ctx, long, "roy", Client{}); match || !errors.Is(err, context.Canceled) {
				t.Errorf("Verify() = %v, %v", match, err)
			}
		})
	}
	for deadline := time.Now().Add(testPatience); !strings.HasPrefix(g.counts(), "40 ") || len(underWay(g)) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not all are admitted: %s", g.counts())
		}
	}
	before := childTime(g)
	cancel()
	verifying.Wait()
	idle(t, g)
	// To the end it would be seconds. What it gets of a busy machine does not count.
	if took := childTime(g) - before; took > 200*time.Millisecond {
		t.Errorf("giving up took %v of a processor", took)
	}
}

// underWay is what a gate has begun.
func underWay(g *Gate) []*task {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Collect(maps.Keys(g.running))
}

// childTime is how much processor time the gate's child has had, if there is one.
func childTime(g *Gate) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.children == nil || g.children.now == nil {
		return 0
	}
	return g.children.now.process.cpuTime()
}

// testGateMaxWait: nobody waits for longer than five times, and once a cost is
// known nobody is let in who would have to wait for longer than once.
func testGateMaxWait(t *testing.T, newGate maker) {
	g := newGate(t, GateConfig{Slots: 1, MaxWait: 50 * time.Millisecond})
	maxWait(t, g, testPatience)
	idle(t, g)
}

// TestGateMaxWaitExactly is the same where the machine takes no time.
func TestGateMaxWaitExactly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := inProcess(t, GateConfig{Slots: 1, MaxWait: 50 * time.Millisecond})
		maxWait(t, g, 0)
		idle(t, g)
	})
}

// maxWait runs it for a gate of 50 ms, on a machine that may be so much late.
func maxWait(t *testing.T, g *Gate, late time.Duration) {
	t.Helper()
	h := newHeld(0)
	first := start(t, g, h.hash(), Client{"1", "1"})
	h.wait(1)
	r := <-start(t, g, h.hash(), Client{"2", "2"})
	if _, ok := r.busy(); !ok || r.took < 250*time.Millisecond || r.took > 250*time.Millisecond+late {
		t.Errorf("waiting = %v after %v, want 250ms", r.err, r.took)
	}
	time.Sleep(100 * time.Millisecond)
	h.release(1)
	if r := <-first; r.err != nil {
		t.Fatal(r.err)
	}
	again := start(t, g, h.hash(), Client{"1", "1"})
	h.wait(1)
	r = <-start(t, g, h.hash(), Client{"2", "2"})
	if _, ok := r.busy(); !ok || r.took > late {
		t.Errorf("hopeless = %v after %v", r.err, r.took)
	}
	// The first took 350 ms or more, and who is admitted is served or refused in 250.
	var busy *BusyError
	if errors.As(r.err, &busy); busy == nil || busy.RetryAfter != 250*time.Millisecond {
		t.Errorf("hopeless = %+v, want RetryAfter 250ms", busy)
	}
	h.finishAll()
	<-again
}
