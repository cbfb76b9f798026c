package pool

import (
	"context"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
)

// TestStarving: a child that gets no processor time is noticed and another takes
// over at the gate's niceness, until that gets enough again, busy or not.
func TestStarving(t *testing.T) {
	for name, after := range map[string]password.Hash{
		"then little to do": mustParse(t, "$2b$04$"+strings.Repeat(".", 53)), // a millisecond
		"then much to do":   endless(t),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := withChild(t, settings{Slots: 1, MaxWait: always, Niceness: 1})
			low := stopLowest(t, g)
			if r := <-verifyAll(t, g, mustParse(t, royHash), 1); !r.match || r.err != nil {
				t.Errorf("Verify() = %v, %v", r.match, r.err)
			}
			g.pool.mu.Lock()
			if g.pool.children.raised.since.IsZero() { // On a slow machine it may have been let down since.
				t.Error("the priority was not raised")
			}
			g.pool.unlock()
			ends(t, low) // It dies as slowly as it does all else.
			for deadline := time.Now().Add(testPatience); g.priorityNow() != farthestBack; {
				if _, err := g.Verify(t.Context(), after, "", gate.Client{}); err != nil {
					t.Fatal(err)
				}
				if time.Now().After(deadline) {
					g.pool.mu.Lock()
					share := g.pool.children.pace.of()
					g.pool.unlock()
					if share > wellFed+0.1 { // On a machine that is really so busy it stays so, see TestJudge.
						t.Fatalf("raised for ever, although it gets %.2f of a core", share)
					}
					break
				}
			}
			idle(t, g)
		})
	}
}

// stopLowest stops a child that stands farthest back, as soon as there is one: on
// a busy machine it is raised before it has done anything.
func stopLowest(t *testing.T, g hashing) int {
	t.Helper()
	stop := func() (pid int) {
		g.pool.mu.Lock()
		defer g.pool.unlock()
		switch c := g.pool.children.now; {
		case c == nil:
		case c.niceness == farthestBack:
			pid = c.process.cmd.Process.Pid
			kill(t, pid, syscall.SIGSTOP)
		default:
			g.pool.children.letDown(c) // The next one stands there.
		}
		return pid
	}
	for deadline := time.Now().Add(testPatience); time.Now().Before(deadline); {
		served, pid := verifyAll(t, g, mustParse(t, royHash), 1), 0
		for len(served) == 0 && pid == 0 {
			time.Sleep(time.Millisecond)
			pid = stop()
		}
		if r := <-served; !r.match || r.err != nil {
			t.Fatalf("Verify() = %v, %v", r.match, r.err)
		}
		if pid != 0 {
			return pid
		}
	}
	t.Fatal("raised for ever")
	return 0
}

// TestBurst: many logins that come at once, while their child gets nothing for a moment,
// are all served. What may be forecast from such a moment TestPace says.
func TestBurst(t *testing.T) {
	g := withChild(t, settings{Slots: 2, MaxWait: always})
	keepPriority(g)
	h := mustParse(t, royHash)
	<-verifyAll(t, g, h, 1)
	child := serving(t, g)
	time.Sleep(2 * watchEvery) // Nobody looks then.
	kill(t, child, syscall.SIGSTOP)
	var burst sync.WaitGroup
	for range 100 {
		burst.Go(func() {
			if match, err := g.Verify(t.Context(), h, "roy", gate.Client{}); !match || err != nil {
				t.Errorf("Verify() = %v, %v", match, err)
			}
		})
	}
	time.Sleep(3 * watchEvery)
	kill(t, child, syscall.SIGCONT)
	burst.Wait()
	idle(t, g)
}

// TestHangs: a child that gets no processor time although it is not farthest back is
// replaced too, for what it has under way would never end.
func TestHangs(t *testing.T) {
	t.Parallel()
	log := new(logBuffer)
	g := withChild(t, settings{Slots: 1, MaxWait: always, Niceness: 1, Logger: log.logger()})
	keepPriority(g)
	<-verifyAll(t, g, mustParse(t, royHash), 1)
	stopped := serving(t, g)
	kill(t, stopped, syscall.SIGSTOP)
	if r := <-verifyAll(t, g, mustParse(t, royHash), 1); !r.match || r.err != nil {
		t.Errorf("Verify() = %v, %v", r.match, r.err)
	}
	if serving(t, g) == stopped || !strings.Contains(log.String(), "hangs") {
		t.Errorf("the stopped child goes on; logged: %s", log)
	}
	idle(t, g)
}

// TestPaceOfShort: what a child gets is learnt from hashes of a millisecond too.
func TestPaceOfShort(t *testing.T) {
	g := withChild(t, settings{Slots: 1, MaxWait: always, Niceness: 1})
	keepPriority(g)
	h := mustParse(t, "$2b$04$"+strings.Repeat(".", 53))
	<-verifyAll(t, g, h, 1)
	child := serving(t, g)
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for ctx.Err() == nil {
				_, _ = g.Verify(ctx, h, "roy", gate.Client{}) // How many are served is not the question.
			}
		})
	}
	pace := func() float64 {
		g.pool.mu.Lock()
		defer g.pool.unlock()
		return g.pool.children.pace.of()
	}
	for deadline := time.Now().Add(testPatience); pace() > 0.5; { // It gets a tenth of a core.
		if time.Now().After(deadline) {
			t.Errorf("the pace is taken to be %.2f", pace())
			break
		}
		kill(t, child, syscall.SIGSTOP)
		time.Sleep(18 * time.Millisecond)
		kill(t, child, syscall.SIGCONT)
		time.Sleep(2 * time.Millisecond)
	}
	stop()
	clients.Wait()
	idle(t, g)
}

// TestTakesOver: once a child is there the threads of this process end, however much
// goes on waiting, for the two together would hash twice as much as may be.
func TestTakesOver(t *testing.T) {
	g := withChild(t, settings{Slots: 1, MaxWait: always})
	g.pool.children.paused = time.Now().Add(100 * time.Millisecond)
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for range 20 {
		clients.Go(func() {
			for ctx.Err() == nil {
				_, _ = g.Verify(ctx, mustParse(t, "$2b$06$"+strings.Repeat(".", 53)), "roy", gate.Client{}) // Never an end to it.
			}
		})
	}
	workers := func() int {
		g.pool.mu.Lock()
		defer g.pool.unlock()
		return g.pool.works()
	}
	serving(t, g)
	for deadline := time.Now().Add(testPatience); workers() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("threads of this process go on beside the child")
			break
		}
	}
	stop()
	clients.Wait()
	idle(t, g)
}

func (g hashing) priorityNow() int {
	g.pool.mu.Lock()
	defer g.pool.unlock()
	return g.pool.children.priority()
}
