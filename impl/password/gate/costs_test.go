package gate

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password"
)

// TestUnknownCost: before a hash was seen to take its time, no more are let in
// than could be served by what its parameters say.
func TestUnknownCost(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		// roy's takes 12 ms alone, the dear one 400; among many 9 and 300 by the SHA
		// instructions, which three of four lanes are. Without them 37.5 ms and 1.25 s.
		roy, dear := 100, 4
		switch {
		case !k.Accelerated:
			roy, dear = 27, 1
		case k.Lanes > password.SharedLanes: // too few to be many
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
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		c, asked := make(costs), newTask(mustParse(t, royHash), "roy", Client{})
		for i, want := range []time.Duration{48, 30, 24, 21} { // And then 12 each.
			took := 12 * time.Millisecond
			if i == 0 {
				took = 48 * time.Millisecond
			}
			c.learn(asked, took, true)
			if got := c.of(asked, true, k); got != want*time.Millisecond {
				t.Errorf("after %d = %v, want %v ms", i+1, got, int64(want))
			}
		}
		for range 100 {
			c.learn(asked, 12*time.Millisecond, true)
		}
		c.learn(asked, 20*time.Millisecond, true)
		if got := c.of(asked, true, k).Round(time.Millisecond / 10); got != 13*time.Millisecond {
			t.Errorf("one of 20 ms after many of 12: %v, want 13 ms", got)
		}
	})
}

// TestCostsCrowded: what one takes alone is no measure for one of many, but what
// there is to go by until one of many was seen.
func TestCostsCrowded(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		c, asked := make(costs), newTask(mustParse(t, royHash), "roy", Client{})
		c.learn(asked, 24*time.Millisecond, false)
		alone, crowded := k.Estimate(asked.Hash, false), k.Estimate(asked.Hash, true)
		want := time.Duration(float64(24*time.Millisecond) * float64(crowded) / float64(alone))
		if got := c.of(asked, true, k); got != want {
			t.Errorf("among many = %v, want %v", got, want)
		}
		c.learn(asked, 10*time.Millisecond, true)
		if alone, crowded := c.of(asked, false, k), c.of(asked, true, k); alone != 24*time.Millisecond || crowded != 10*time.Millisecond {
			t.Errorf("alone %v, among many %v; want 24ms, 10ms", alone, crowded)
		}
		h := newHall(1)
		g := openGate(t, h, k)
		clear(g.costs)
		for i := range k.Lanes {
			ask(t, g, royHash, strconv.Itoa(i), strconv.Itoa(i))
		}
		h.release(k.Lanes, 5*time.Millisecond) // One after the other, as it must be.
		if got := g.costs.of(asked, true, k); got != 5*time.Millisecond {
			t.Errorf("of those that filled all lanes = %v, want 5ms", got)
		}
		whole := newTask(mustParse(t, argonHash), "roy", Client{})
		c.learn(whole, time.Second, true)
		if got := c.of(whole, false, k); got != time.Second {
			t.Errorf("of a method that does not interleave = %v, want 1s", got)
		}
	})
}
