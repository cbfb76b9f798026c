package password

import (
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestStarving: a child that gets no processor time is noticed and another takes
// over at the gate's niceness, until that gets enough again, busy or not.
func TestStarving(t *testing.T) {
	for name, after := range map[string]Hash{
		"then little to do": mustParse(t, weakHash),
		"then much to do":   endless(t),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := withChild(t, GateConfig{Slots: 1, MaxWait: time.Minute, Niceness: 1})
			<-verifyAll(t, g, mustParse(t, royHash), 1)
			low := serving(t, g)
			g.mu.Lock()
			stopped := g.children.priority() == farthestBack
			if stopped { // else the machine is so busy that it has happened already
				kill(t, low, syscall.SIGSTOP)
			}
			g.mu.Unlock()
			if r := <-verifyAll(t, g, mustParse(t, royHash), 1); !r.match || r.err != nil {
				t.Errorf("Verify() = %v, %v", r.match, r.err)
			}
			if stopped && g.priorityNow() != 1 {
				t.Errorf("niceness %d, want 1", g.priorityNow())
			}
			for deadline := time.Now().Add(10 * time.Second); stopped && alive(low); time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) { // It dies as slowly as it does all else.
					t.Fatal("the stopped child lives")
				}
			}
			for deadline := time.Now().Add(time.Minute); g.priorityNow() != farthestBack; {
				if _, err := g.Verify(t.Context(), after, "", Client{}); err != nil || time.Now().After(deadline) {
					t.Fatalf("raised for ever, %v", err)
				}
			}
			idle(t, g)
		})
	}
}

// TestBurst: who brings many logins at once, and with that keeps the machine busy
// for a moment, may still use the whole gate.
func TestBurst(t *testing.T) {
	g := withChild(t, GateConfig{Slots: 2, MaxWait: 20 * time.Second})
	h := mustParse(t, royHash)
	<-verifyAll(t, g, h, 1)
	child := serving(t, g)
	time.Sleep(2 * watchEvery) // Nobody looks then.
	kill(t, child, syscall.SIGSTOP)
	var burst sync.WaitGroup
	for range 100 {
		burst.Go(func() {
			if match, err := g.Verify(t.Context(), h, "roy", Client{}); !match || err != nil {
				t.Errorf("Verify() = %v, %v", match, err)
			}
		})
	}
	time.Sleep(3 * watchEvery)
	kill(t, child, syscall.SIGCONT)
	burst.Wait()
	idle(t, g)
}

func (g *Gate) priorityNow() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.children.priority()
}
