package password

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestUnknownCost: before a hash was seen to take its time, no more are let in
// than could be served by what its parameters say.
func TestUnknownCost(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		// roy's takes 12 ms alone, the dear one 400; among many 9 and 300 by the SHA
		// instructions, which three of four lanes are. Without them 37.5 ms and 1.25 s.
		roy, dear := 100, 4
		switch {
		case !k.accelerated:
			roy, dear = 27, 1
		case k.lanes > sharedLanes: // too few to be many
			dear = 3
		}
		for encoded, want := range map[string]int{
			royHash: roy,
			"pbkdf2:sha256:5000000$salt$" + strings.Repeat("0", 64): dear,
			"pbkdf2:sha512:25000$salt$" + strings.Repeat("0", 128):  100, // 6.25 ms
			"scrypt:32768:8:1$salt$" + strings.Repeat("0", 128):     16,  // 65.5 ms
			argonHash:                                29, // 35 ms
			"$2b$12$" + strings.Repeat(".", 53):      5,  // 205 ms
			"sha256$salt$" + strings.Repeat("0", 64): 100,
		} {
			g := waitingGate(t, k)
			clear(g.costs)
			admitted := 0
			for i := range 100 {
				if client := strconv.Itoa(i); ask(t, g, encoded, client, client) != nil {
					admitted++
				}
			}
			if admitted != want {
				t.Errorf("%s: %d admitted, want %d", mustParse(t, encoded).Method(), admitted, want)
			}
		}
	})
}

// TestCosts: a dear first one is soon made up for, and later ones are an average.
func TestCosts(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		c, asked := make(costs), newTask(mustParse(t, royHash), "roy", Client{})
		for i, want := range []time.Duration{48, 30, 24, 21} { // And then 12 each.
			asked.cost = 12 * time.Millisecond
			if i == 0 {
				asked.cost = 48 * time.Millisecond
			}
			c.learn(asked, true)
			if got := c.of(asked, true, k); got != want*time.Millisecond {
				t.Errorf("after %d = %v, want %v ms", i+1, got, int64(want))
			}
		}
		for range 100 {
			c.learn(asked, true)
		}
		asked.cost = 20 * time.Millisecond
		c.learn(asked, true)
		if got := c.of(asked, true, k).Round(time.Millisecond / 10); got != 13*time.Millisecond {
			t.Errorf("one of 20 ms after many of 12: %v, want 13 ms", got)
		}
	})
}

// TestCostsCrowded: what one takes alone is no measure for one of many, but what
// there is to go by until one of many was seen.
func TestCostsCrowded(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		c, asked := make(costs), newTask(mustParse(t, royHash), "roy", Client{})
		asked.cost = 24 * time.Millisecond
		c.learn(asked, false)
		alone, crowded := k.estimate(asked.hash, false), k.estimate(asked.hash, true)
		want := time.Duration(float64(asked.cost) * float64(crowded) / float64(alone))
		if got := c.of(asked, true, k); got != want {
			t.Errorf("among many = %v, want %v", got, want)
		}
		asked.cost = 10 * time.Millisecond
		c.learn(asked, true)
		if alone, crowded := c.of(asked, false, k), c.of(asked, true, k); alone != 24*time.Millisecond || crowded != asked.cost {
			t.Errorf("alone %v, among many %v; want 24ms, 10ms", alone, crowded)
		}
		g := waitingGate(t, k)
		clear(g.costs)
		tasks := make([]*task, k.lanes)
		for i := range tasks {
			tasks[i] = ask(t, g, royHash, strconv.Itoa(i), strconv.Itoa(i))
			g.run()
		}
		g.mu.Lock()
		for _, together := range tasks { // One after the other, as it must be.
			together.cost = 5 * time.Millisecond
			g.end(together, outcome{})
		}
		g.mu.Unlock()
		if got := g.costs.of(asked, true, k); got != 5*time.Millisecond {
			t.Errorf("of those that filled all lanes = %v, want 5ms", got)
		}
		whole := newTask(mustParse(t, argonHash), "roy", Client{})
		whole.cost = time.Second
		c.learn(whole, true)
		if got := c.of(whole, false, k); got != time.Second {
			t.Errorf("of a method that does not interleave = %v, want 1s", got)
		}
	})
}

// TestPace: what is short of processor time takes longer.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		if got := p.of(); got != 1 {
			t.Errorf("at first = %v, want 1", got)
		}
		for i, want := range []float64{0.875, 0.77, 0.67, 0.59, 0.51} { // A quarter of a second.
			p.learn(0, 100*time.Millisecond)
			if got := p.of(); math.Abs(got-want) > 0.01 {
				t.Errorf("after %d looks = %.3f, want %v", i+1, got, want)
			}
		}
		for range 60 {
			p.learn(10*time.Millisecond, 100*time.Millisecond)
		}
		if got := p.of(); math.Abs(got-0.1) > 0.01 {
			t.Errorf("after three seconds = %v, want 0.1", got)
		}
		for range 60 {
			p.learn(0, 100*time.Millisecond)
		}
		if got := p.of(); got != leastPace {
			t.Errorf("starved = %v, want %v", got, leastPace)
		}
		p.at = p.at.Add(-paceLasts - time.Second)
		if got := p.of(); got != 1 {
			t.Errorf("later = %v, want 1", got)
		}
	})
}
