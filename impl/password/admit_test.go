package password

import (
	"errors"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"
)

// kernels are the processors that a gate may find itself on: of AVX-512 and SHA
// instructions, of the latter alone, and of neither.
var kernels = map[string]kernel{"avx512": {true, 16}, "sha": {true, 4}, "none": {false, 1}}

// onEveryKernel runs a test as on every processor, whatever this one is, and in time
// that moves only when the test sleeps, however busy the machine.
func onEveryKernel(t *testing.T, test func(*testing.T, kernel)) {
	t.Helper()
	for name, k := range kernels {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, k) })
		})
	}
}

// waitingGate is a gate of one slot, never working, where a hash of royHash's
// method takes 100 ms and one may wait for a second.
func waitingGate(t *testing.T, k kernel) *Gate {
	t.Helper()
	g := inProcess(t, GateConfig{Slots: 1, QueueLimit: 100})
	g.kernel = k
	g.workers = g.slots // So that none is started.
	t.Cleanup(func() { g.workers = 0 })
	g.takes(mustParse(t, royHash), 100*time.Millisecond)
	return g
}

// takes has the gate believe what a hash's method costs, alone and among others.
func (g *Gate) takes(h Hash, each time.Duration) {
	for _, crowded := range []bool{false, true} {
		g.costs[pricing{h.Method(), crowded}] = cost{mean: each, seen: costMemory}
	}
}

// ask has a client ask for a hash, and returns its task, nil if refused.
func ask(t *testing.T, g *Gate, encoded, address, account string) *task {
	t.Helper()
	asked := newTask(mustParse(t, encoded), "roy", Client{address, account})
	if g.admit(asked) != nil {
		return nil
	}
	return asked
}

// run has the first that waits begin.
func (g *Gate) run() *task {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.next(0, true)
}

// put has a client ask, so long ago, and returns its task, nil if refused.
func put(t *testing.T, g *Gate, address string, ago time.Duration) *task {
	t.Helper()
	asked := newTask(mustParse(t, royHash), "roy", Client{address, address})
	asked.arrived = time.Now().Add(-ago)
	if g.admit(asked) != nil {
		return nil
	}
	return asked
}

// refused reports whether it was, after it had been admitted.
func (t *task) refused() bool {
	select {
	case end := <-t.done:
		var busy *BusyError
		return errors.As(end.err, &busy)
	default:
		return false
	}
}

// TestAdmitTurns: a client's later logins must have time for the turns of all
// others who are there.
func TestAdmitTurns(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		for _, address := range []string{"a", "b", "c", "d"} {
			if put(t, g, address, 0) == nil {
				t.Errorf("the first login of %s was refused", address)
			}
		}
		for i, admitted := range []bool{true, true, false} { // After 4, 8 and 12 others.
			if got := put(t, g, "a", 0) != nil; got != admitted {
				t.Errorf("login %d of a admitted = %v, want %v", i+2, got, admitted)
			}
		}
		if put(t, g, "e", 0) == nil {
			t.Error("the first login of e was refused")
		}
	})
}

// TestAdmitShared: an account that many addresses share may use the whole gate
// while nobody else wants it, and stands back behind whoever does.
func TestAdmitShared(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		for i := range 12 {
			if got := ask(t, g, royHash, strconv.Itoa(i), "shared") != nil; got != (i <= 10) {
				t.Errorf("login %d at the shared account admitted = %v", i, got)
			}
		}
		if ask(t, g, royHash, "a", "own") == nil {
			t.Error("another account was refused for the shared one")
		}
		if second := g.queue.waiting[1].client.Account; second != "own" { // After one who was first.
			t.Error("the shared account goes before another")
		}
		g = waitingGate(t, k)
		for _, own := range []string{"a", "b", "c", "d"} {
			ask(t, g, royHash, own, own)
		}
		for i, admitted := range []bool{true, true, true, false} { // After 4, 8 and 12 others with those who share.
			if got := ask(t, g, royHash, strconv.Itoa(i), "shared") != nil; got != admitted {
				t.Errorf("login %d at the shared account beside others admitted = %v, want %v", i, got, admitted)
			}
		}
	})
}

// TestShed: a cost that turns out higher refuses who came a moment ago.
func TestShed(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		old, other, young := put(t, g, "a", 200*time.Millisecond), put(t, g, "b", 200*time.Millisecond), put(t, g, "c", 0)
		for method := range g.costs {
			g.costs[method] = cost{mean: time.Second}
		}
		g.mu.Lock()
		g.shed()
		g.mu.Unlock()
		if old.refused() || other.refused() || !young.refused() {
			t.Error("not who came last, and only he, was refused")
		}
	})
}

// TestPromise: nobody is let in before one who has waited for long, unless that
// one has more than a fair share.
func TestPromise(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		put(t, g, "a", 1350*time.Millisecond)
		second := put(t, g, "a", 1350*time.Millisecond)
		if put(t, g, "b", 0) == nil {
			t.Error("b was refused for one who has more than a fair share")
		}
		g = waitingGate(t, k)
		for _, address := range []string{"a", "b", "c"} {
			put(t, g, address, 1201*time.Millisecond) // a moment more than leaves time for one more
		}
		g.queue.waiting[2].tag++ // As if many tried that account.
		if put(t, g, "d", 0) != nil {
			t.Error("d was let in before one who has waited for 1.2 s and may for 1.5")
		}
		if second.refused() {
			t.Error("who waited was refused")
		}
	})
}

// TestPassedBy: a task that begins before those that need what is not free yet does
// not take the clock along, or newcomers would stand behind all of them.
func TestPassedBy(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		g.takes(mustParse(t, argonHash), 35*time.Millisecond)
		for i := range 25 {
			ask(t, g, argonHash, "flood", strconv.Itoa(i))
		}
		passing := ask(t, g, weakHash, "flood", "other")
		if g.run() == passing {
			t.Fatal("the first was not first")
		}
		g.mu.Lock()
		begun := g.queue.next(func(t *task) bool { return t == passing })
		g.queue.serve(begun)
		g.mu.Unlock()
		newcomer := ask(t, g, argonHash, "newcomer", "newcomer")
		if i := slices.Index(g.queue.waiting, newcomer); i > 1 {
			t.Errorf("a newcomer stands behind %d of the flood", i)
		}
	})
}

// TestPassing: an address whose tasks pass others by, on what those cannot use, is not
// made to wait for it later.
func TestPassing(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		g.takes(mustParse(t, royHash), 10*time.Millisecond)
		g.takes(mustParse(t, argonHash), 35*time.Millisecond)
		ask(t, g, argonHash, "dear", "0")
		ask(t, g, royHash, "office", "always there")
		ask(t, g, argonHash, "dear", "1")
		g.mu.Lock()
		g.next(0, false)
		g.mu.Unlock()
		for round := range 40 {
			for i := range 5 {
				asked := ask(t, g, royHash, "office", strconv.Itoa(i))
				if asked == nil {
					t.Fatalf("round %d: refused although there is a lane for it", round)
				}
				g.mu.Lock()
				begun := g.queue.next(func(t *task) bool { return t == asked })
				g.queue.serve(begun)
				g.queue.leave(begun)
				g.mu.Unlock()
			}
			g.mu.Lock()
			whole := g.next(1, true)
			g.end(whole, outcome{})
			g.mu.Unlock()
			if whole.client.Address != "dear" {
				t.Fatalf("round %d: %v goes before those that were there", round, whole.client)
			}
			g.takes(mustParse(t, argonHash), 35*time.Millisecond)
			ask(t, g, argonHash, "dear", strconv.Itoa(round+2))
		}
	})
}

// TestPassingAgain: a task that passed others by and is begun anew, as the process that
// had it ended, does so once more without a trace.
func TestPassingAgain(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		ask(t, g, argonHash, "dear", "0")
		passing := ask(t, g, royHash, "office", "0")
		g.mu.Lock()
		defer g.mu.Unlock()
		for range 3 {
			if g.next(0, false) != passing {
				t.Fatal("it did not pass the first")
			}
			g.again(passing)
		}
		if got := g.queue.addresses["office"].clock; got != passing.tag && got != g.queue.clock {
			t.Errorf("the address's clock is %d", got)
		}
		next := newTask(mustParse(t, royHash), "roy", Client{"office", "1"})
		if g.queue.tag(next); next.tag != g.queue.clock+1 {
			t.Errorf("its next stands at %d, want %d", next.tag, g.queue.clock+1)
		}
	})
}

// TestHeldUp: what a task that runs to its end holds up leaves no place soon.
func TestHeldUp(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		g.takes(mustParse(t, royHash), 10*time.Millisecond)
		g.takes(mustParse(t, argonHash), 1900*time.Millisecond)
		ask(t, g, royHash, "sliced", "sliced")
		g.run().cost = 10 * time.Millisecond
		ask(t, g, argonHash, "whole", "whole")
		g.run()
		late := newTask(mustParse(t, argonHash), "roy", Client{"late", "late"})
		g.queue.tag(late)
		if got := g.wait(late); got != 1900*time.Millisecond {
			t.Errorf("wait = %v, want 1.9s", got)
		}
	})
}

// TestLeft: who went away, or was refused later, does not count against those who
// come from the same address.
func TestLeft(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		g.takes(mustParse(t, royHash), 10*time.Millisecond)
		ask(t, g, royHash, "office", "0")
		g.run()
		for i := range 300 {
			asked := ask(t, g, royHash, "office", strconv.Itoa(i+1))
			if asked == nil {
				t.Fatalf("alone, and nothing waits: login %d was refused", i+2)
			}
			g.abandon(asked)
		}
	})
}

// TestAdmitMethods: turns of others cost what theirs do, not what one's own does.
func TestAdmitMethods(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		g.takes(mustParse(t, royHash), 10*time.Millisecond)
		g.takes(mustParse(t, argonHash), 35*time.Millisecond)
		for i := range 60 {
			ask(t, g, royHash, "office", strconv.Itoa(i))
		}
		if ask(t, g, argonHash, "office", "new") == nil {
			t.Errorf("alone, %v of work waits: refused", g.waitOfAll())
		}
		g = waitingGate(t, k)
		g.takes(mustParse(t, weakHash), time.Millisecond)
		for _, address := range []string{"a", "b", "c", "d", "e"} {
			ask(t, g, royHash, address, address)
		}
		for i, admitted := range []bool{true, true, false} { // After 5, 5 and 10 others.
			if got := ask(t, g, weakHash, "cheap", strconv.Itoa(i)) != nil; got != admitted {
				t.Errorf("cheap login %d admitted = %v, want %v", i+1, got, admitted)
			}
		}
	})
}

// TestAdmitPlace: whoever would begin at once is admitted whatever is under way, but
// nobody fills all places with what takes long.
func TestAdmitPlace(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		g.takes(mustParse(t, royHash), 600*time.Millisecond)
		if k.lanes == 1 { // One after the other.
			for i, admitted := range []bool{true, true, false} {
				client := strconv.Itoa(i)
				if got := ask(t, g, royHash, client, client) != nil; got != admitted {
					t.Errorf("login %d admitted = %v, want %v", i+1, got, admitted)
				}
			}
			return
		}
		for i, admitted := range []bool{true, true, false} {
			if got := ask(t, g, royHash, "flood", strconv.Itoa(i)) != nil; got != admitted {
				t.Errorf("login %d of one address admitted = %v, want %v", i+1, got, admitted)
			}
			g.run()
		}
		if ask(t, g, royHash, "other", "other") == nil {
			t.Error("refused although there is a lane for it")
		}
		g.run()
		if ask(t, g, royHash, "slow", "slow") == nil {
			t.Error("refused although there is a lane for it")
		}
		g.run()
		if ask(t, g, royHash, "late", "late") != nil {
			t.Error("admitted although what is under way takes more than twice the bound")
		}
	})
}

// TestRetryAfter is never later than the last of those admitted is served or refused.
func TestRetryAfter(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k kernel) {
		g := waitingGate(t, k)
		for i := range 10 {
			put(t, g, strconv.Itoa(i), 0)
		}
		g.takes(mustParse(t, royHash), time.Minute)
		if got := g.refusal(newTask(mustParse(t, royHash), "", Client{})).RetryAfter; got != 5*time.Second {
			t.Errorf("RetryAfter = %v, want 5s", got)
		}
	})
}
