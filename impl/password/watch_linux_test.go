package password

import (
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
			kill(t, low, syscall.SIGSTOP)
			if r := <-verifyAll(t, g, mustParse(t, royHash), 1); !r.match || r.err != nil {
				t.Errorf("Verify() = %v, %v", r.match, r.err)
			}
			if g.priorityNow() != 1 || alive(low) {
				t.Errorf("niceness %d, the stopped child lives: %v", g.priorityNow(), alive(low))
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

func (g *Gate) priorityNow() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.children.priority()
}
