package gate

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/impl/password"
)

// mostStrangers is how many addresses a botnet has here.
const mostStrangers = 500

// bot is a login of one of them, at the account that it has of the known or another.
func bot(random *rand.Rand, hashes []password.Hash) *task {
	address := fmt.Sprint("bot", random.IntN(mostStrangers))
	return newTask(hashes[random.IntN(len(hashes))], address, Client{Address: address, Account: fmt.Sprint("known", random.IntN(8))})
}

// knownTask is a login of one of the known.
func knownTask(h password.Hash, name string) *task {
	return newTask(h, name, Client{Address: name, Account: name, Known: true})
}

// botnet fills a gate with strangers: twice what there is room for.
func botnet(random *rand.Rand, g *Gate, hashes []password.Hash) {
	for range 2 * g.queueLimit {
		_ = g.admit(bot(random, hashes)) // or refused
	}
}

// TestKnownFirst: one of the known, alone among 500 addresses of strangers that never
// rest, begins at once, whatever the form; and where memory is short before any stranger
// that needs some.
func TestKnownFirst(t *testing.T) {
	hashes := mixture(t)
	onMixtures(t, func(t *testing.T, random *rand.Rand, h *hall, g *Gate) {
		botnet(random, g, hashes)
		for round := range 30 {
			asked := knownTask(hashes[random.IntN(len(hashes))], fmt.Sprint("known", random.IntN(8)))
			if err := g.admit(asked); err != nil {
				t.Fatalf("round %d: a %v is refused: %v", round, asked.Hash, err)
			}
			if g.queue.holds(asked) && asked.memory == 0 {
				t.Fatalf("round %d: a %v waits", round, asked.Hash)
			}
			before := g.memory
			for g.queue.holds(asked) { // for memory
				_ = g.admit(bot(random, hashes))
				h.end(h.running[random.IntN(len(h.running))], Outcome{Took: 100 * time.Millisecond})
				if g.queue.holds(asked) && g.memory > before {
					t.Fatalf("round %d: strangers take the memory that a %v waits for", round, asked.Hash)
				}
				before = g.memory
			}
			h.end(&asked.Job, Outcome{Took: 100 * time.Millisecond})
			if faults := g.check(); len(faults) > 0 {
				t.Fatalf("the gate's counts: %q", faults)
			}
		}
	})
}

// TestKnownTurn: among the known there are turns by address, as among strangers, and those
// do not come between them: whoever is first of the known has a place after as many ends
// as places are anybody's, at the most.
func TestKnownTurn(t *testing.T) {
	const mostTurns = 2
	hashes := mixture(t)
	onMixtures(t, func(t *testing.T, random *rand.Rand, h *hall, g *Gate) {
		botnet(random, g, hashes)
		for range 20 { // One of the known that wants all.
			_ = g.admit(knownTask(hashes[random.IntN(len(hashes))], "greedy"))
		}
		for round := range 10 {
			asked := knownTask(hashes[random.IntN(len(hashes))], fmt.Sprint("known", round))
			if g.admit(asked) != nil {
				h.release(min(1, h.runs()), 100*time.Millisecond)
				continue
			}
			begun, seen := 0, make(map[*task]bool)
			look := func(count bool) {
				for _, r := range g.running {
					if count && !seen[r] && r.kind == asked.kind && (asked.memory == 0 || r.memory > 0) && r.client.Address == "greedy" {
						begun++
					}
					seen[r] = true
				}
			}
			look(false)
			for g.queue.holds(asked) {
				_ = g.admit(knownTask(hashes[random.IntN(len(hashes))], "greedy"))
				_ = g.admit(bot(random, hashes))
				look(true)
				h.end(h.running[random.IntN(len(h.running))], Outcome{Took: 100 * time.Millisecond})
				look(g.queue.holds(asked))
				if begun > mostTurns {
					t.Fatalf("round %d: a %v still waits, and another of the known had %d turns since", round, asked.Hash, begun)
				}
			}
		}
	})
}

// TestKnownLeaveHalf: the known, however many logins they have, leave strangers half of
// the places, and a stranger with nothing under way is served.
func TestKnownLeaveHalf(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		for _, encoded := range []string{royHash, bcryptHash} {
			h := newHall(2)
			g := in(t, h, Config{QueueLimit: 100, MaxWait: time.Hour})
			g.kernel = k
			hash := mustParse(t, encoded)
			for i := range 100 {
				_ = g.admit(knownTask(hash, fmt.Sprint("known", i)))
			}
			asked := newTask(hash, "stranger", Client{Address: "stranger", Account: "stranger"})
			if err := g.admit(asked); err != nil {
				t.Fatalf("%v: a stranger is refused: %v", hash, err)
			}
			ends := 0
			for ; g.queue.holds(asked); ends++ {
				_ = g.admit(knownTask(hash, fmt.Sprint("late", ends)))
				h.release(1, time.Millisecond)
			}
			if most := h.runs(); ends > most {
				t.Errorf("%v: a stranger waits for %d ends, want at most %d", hash, ends, most)
			}
		}
	})
}

// TestKnownPlaces: strangers fill the queue but for the quarter that the known have beside
// it, and who is known takes no stranger's place with that.
func TestKnownPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(1)
		g := in(t, h, Config{QueueLimit: 100, MaxWait: time.Hour})
		hash := mustParse(t, bcryptHash)
		for i := range 300 {
			name := fmt.Sprint("bot", i)
			_ = g.admit(newTask(hash, "", Client{Address: name, Account: name}))
		}
		for i := range 100 {
			_ = g.admit(knownTask(hash, fmt.Sprint("known", i)))
		}
		check := func() {
			t.Helper()
			if strangers, known := g.queue.waitingOf(false), g.queue.waitingOf(true); strangers != 100 || known != 25 {
				t.Errorf("%d strangers and %d of the known wait, want 100 and 25", strangers, known)
			}
		}
		check()
		if g.admit(newTask(hash, "", Client{Address: "late", Account: "late"})) == nil {
			t.Error("a stranger has a place that the known have for themselves")
		}
		check()
	})
}

// TestKnownAccount: attackers at an account from many addresses do not keep its owner
// back where he is known.
func TestKnownAccount(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		g := waitingGate(t, k)
		for i := range 5 {
			ask(t, g, bcryptHash, fmt.Sprint("attacker", i), "ann")
		}
		own, other := knownTask(mustParse(t, bcryptHash), "ann"), knownTask(mustParse(t, bcryptHash), "bob")
		for _, asked := range []*task{own, other} {
			g.queue.tag(asked)
		}
		if own.due != other.due || own.tries != 1 {
			t.Errorf("ann, whom others attack, is due in round %d, bob in %d", own.due, other.due)
		}
	})
}
