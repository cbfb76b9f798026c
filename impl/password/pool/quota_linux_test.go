package pool

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password"
)

// TestQuota: the hashing process takes no more than its part of a quota, whichever way
// it hashes, answers as without one, and is held no longer than it has something to do.
func TestQuota(t *testing.T) {
	for name, h := range map[string]password.Hash{
		"interleaved": mustParse(t, "pbkdf2:sha256:2000000$k1Ud5dzh$"+derived(1)),
		"whole":       mustParse(t, "$2b$10$"+strings.Repeat(".", 53)),
	} {
		t.Run(name, func(t *testing.T) {
			const limit = 0.2
			var now atomic.Bool
			g := withChild(t, settings{Slots: 1, MaxWait: time.Minute, Niceness: 1, Quota: func() Quota {
				if now.Load() {
					return Quota{Cores: limit}
				}
				return Quota{}
			}})
			if r := <-verifyAll(t, g, mustParse(t, royHash), 1); !r.match || r.err != nil {
				t.Fatalf("Verify() = %v, %v", r.match, r.err)
			}
			serving(t, g)
			now.Store(true)
			before, start := childCPU(g), time.Now()
			if r := <-verifyAll(t, g, h, 1); r.match || r.err != nil {
				t.Errorf("Verify() = %v, %v", r.match, r.err)
			}
			took, passed := childCPU(g)-before, time.Since(start)
			if most := time.Duration(limit*float64(passed)) + 2*finest + time.Duration(limit*float64(usualPeriod)); took > most {
				t.Errorf("it took %v in %v, want %v at the most", took, passed, most)
			}
			idle(t, g)
			for deadline := time.Now().Add(testPatience); ; time.Sleep(finest) {
				g.pool.mu.Lock()
				c := g.pool.children.now
				free := !g.pool.children.quota.on && (c == nil || !c.held)
				g.pool.unlock()
				if free {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("with nothing to do it is held")
				}
			}
			// No quota any more, or one that changes: all goes on.
			results := verifyAll(t, g, h, 1)
			time.Sleep(usualPeriod)
			now.Store(false)
			if r := <-results; r.match || r.err != nil {
				t.Errorf("when the quota has gone, Verify() = %v, %v", r.match, r.err)
			}
		})
	}
}

// childCPU is the processor time of the child that is there now.
func childCPU(g hashing) time.Duration {
	g.pool.mu.Lock()
	defer g.pool.unlock()
	if c := g.pool.children.now; c != nil {
		return c.process.cpuTime()
	}
	return 0
}

// TestCloseWhileHeld: a process that is held ends with its pool.
func TestCloseWhileHeld(t *testing.T) {
	g := withChild(t, settings{Slots: 1, MaxWait: time.Minute, Niceness: 1, Quota: func() Quota { return Quota{Cores: 0.02} }})
	results := verifyAll(t, g, mustParse(t, royHash), 1)
	pid := serving(t, g)
	for deadline := time.Now().Add(testPatience); ; time.Sleep(finest) {
		g.pool.mu.Lock()
		held := g.pool.children.quota.held
		g.pool.unlock()
		if held {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it is not held")
		}
	}
	g.Close()
	ends(t, pid)
	if r := <-results; !r.match || r.err != nil { // in this process
		t.Errorf("Verify() = %v, %v", r.match, r.err)
	}
}

// TestMemory: the hashing process is told what it should keep within.
func TestMemory(t *testing.T) {
	for memory, want := range map[int64]string{0: "", 100 << 20: "GOMEMLIMIT=104857600"} {
		g := withChild(t, settings{Slots: 1, MaxWait: time.Minute, Niceness: 1, Memory: memory})
		results := verifyAll(t, g, mustParse(t, royHash), 1)
		env, err := os.ReadFile("/proc/" + strconv.Itoa(serving(t, g)) + "/environ")
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Trim(string(env), "\x00"); !strings.HasSuffix(got, want) || want == "" && strings.Contains(got, "GOMEMLIMIT") {
			t.Errorf("with %d bytes its environment is %q, want %q in it", memory, got, want)
		}
		<-results
	}
}
