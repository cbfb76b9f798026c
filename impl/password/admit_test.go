package password

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password/internal/pbkdf2"
)

// waitingGate is a gate of one slot, never working, where a hash of royHash's
// method takes 100 ms and one may wait for a second.
func waitingGate(t *testing.T) *Gate {
	t.Helper()
	g := inProcess(t, GateConfig{Slots: 1, QueueLimit: 100})
	g.workers = g.slots // So that none is started.
	t.Cleanup(func() { g.workers = 0 })
	g.takes(t, royHash, 100*time.Millisecond)
	return g
}

// takes has the gate believe what a hash's method costs, alone and among others.
func (g *Gate) takes(t *testing.T, encoded string, each time.Duration) {
	t.Helper()
	for _, crowded := range []bool{false, true} {
		g.costs[pricing{mustParse(t, encoded).Method(), crowded}] = cost{mean: each, seen: costMemory}
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
	g := waitingGate(t)
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
}

// TestAdmitShared: an account that many addresses share may use the whole gate
// while nobody else wants it, and stands back behind whoever does.
func TestAdmitShared(t *testing.T) {
	g := waitingGate(t)
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
	g = waitingGate(t)
	for _, own := range []string{"a", "b", "c", "d"} {
		ask(t, g, royHash, own, own)
	}
	for i, admitted := range []bool{true, true, true, false} { // After 4, 8 and 12 others with those who share.
		if got := ask(t, g, royHash, strconv.Itoa(i), "shared") != nil; got != admitted {
			t.Errorf("login %d at the shared account beside others admitted = %v, want %v", i, got, admitted)
		}
	}
}

// TestShed: a cost that turns out higher refuses who came a moment ago.
func TestShed(t *testing.T) {
	g := waitingGate(t)
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
}

// TestPromise: nobody is let in before one who has waited for long, unless that
// one has more than a fair share.
func TestPromise(t *testing.T) {
	g := waitingGate(t)
	put(t, g, "a", 1350*time.Millisecond)
	second := put(t, g, "a", 1350*time.Millisecond)
	if put(t, g, "b", 0) == nil {
		t.Error("b was refused for one who has more than a fair share")
	}
	g = waitingGate(t)
	for _, address := range []string{"a", "b", "c"} {
		put(t, g, address, 1200*time.Millisecond)
	}
	g.queue.waiting[2].tag++ // As if many tried that account.
	if put(t, g, "d", 0) != nil {
		t.Error("d was let in before one who has waited for 1.2 s and may for 1.5")
	}
	if second.refused() {
		t.Error("who waited was refused")
	}
}

// TestPassedBy: a task that begins before those that need what is not free yet does
// not take the clock along, or newcomers would stand behind all of them.
func TestPassedBy(t *testing.T) {
	g := waitingGate(t)
	g.takes(t, argonHash, 35*time.Millisecond)
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
}

// TestPassing: an address whose tasks pass others by, on what those cannot use, is not
// made to wait for it later.
func TestPassing(t *testing.T) {
	g := waitingGate(t)
	g.takes(t, royHash, 10*time.Millisecond)
	g.takes(t, argonHash, 35*time.Millisecond)
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
		g.takes(t, argonHash, 35*time.Millisecond)
		ask(t, g, argonHash, "dear", strconv.Itoa(round+2))
	}
}

// TestPassingAgain: a task that passed others by and is begun anew, as the process that
// had it ended, does so once more without a trace.
func TestPassingAgain(t *testing.T) {
	g := waitingGate(t)
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
}

// TestHeldUp: what a task that runs to its end holds up leaves no place soon.
func TestHeldUp(t *testing.T) {
	g := waitingGate(t)
	g.takes(t, royHash, 10*time.Millisecond)
	g.takes(t, argonHash, 1900*time.Millisecond)
	ask(t, g, royHash, "sliced", "sliced")
	g.run().cost = 10 * time.Millisecond
	ask(t, g, argonHash, "whole", "whole")
	g.run()
	late := newTask(mustParse(t, argonHash), "roy", Client{"late", "late"})
	g.queue.tag(late)
	if got := g.wait(late); got != 1900*time.Millisecond {
		t.Errorf("wait = %v, want 1.9s", got)
	}
}

// TestLeft: who went away, or was refused later, does not count against those who
// come from the same address.
func TestLeft(t *testing.T) {
	g := waitingGate(t)
	g.takes(t, royHash, 10*time.Millisecond)
	ask(t, g, royHash, "office", "0")
	g.run()
	for i := range 300 {
		asked := ask(t, g, royHash, "office", strconv.Itoa(i+1))
		if asked == nil {
			t.Fatalf("alone, and nothing waits: login %d was refused", i+2)
		}
		g.abandon(asked)
	}
}

// TestAdmitMethods: turns of others cost what theirs do, not what one's own does.
func TestAdmitMethods(t *testing.T) {
	g := waitingGate(t)
	g.takes(t, royHash, 10*time.Millisecond)
	g.takes(t, argonHash, 35*time.Millisecond)
	for i := range 60 {
		ask(t, g, royHash, "office", strconv.Itoa(i))
	}
	if ask(t, g, argonHash, "office", "new") == nil {
		t.Errorf("alone, %v of work waits: refused", g.waitOfAll())
	}
	g = waitingGate(t)
	g.takes(t, weakHash, time.Millisecond)
	for _, address := range []string{"a", "b", "c", "d", "e"} {
		ask(t, g, royHash, address, address)
	}
	for i, admitted := range []bool{true, true, false} { // After 5, 5 and 10 others.
		if got := ask(t, g, weakHash, "cheap", strconv.Itoa(i)) != nil; got != admitted {
			t.Errorf("cheap login %d admitted = %v, want %v", i+1, got, admitted)
		}
	}
}

// TestAdmitPlace: whoever would begin at once is admitted whatever is under way, but
// nobody fills all places with what takes long.
func TestAdmitPlace(t *testing.T) {
	if pbkdf2.Lanes() < 3 {
		t.Log("hashes do not interleave on this processor")
		return
	}
	g := waitingGate(t)
	g.takes(t, royHash, 600*time.Millisecond)
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
}

// TestRetryAfter is never later than the last of those admitted is served or refused.
func TestRetryAfter(t *testing.T) {
	g := waitingGate(t)
	for i := range 10 {
		put(t, g, strconv.Itoa(i), 0)
	}
	g.takes(t, royHash, time.Minute)
	if got := g.refusal(newTask(mustParse(t, royHash), "", Client{})).RetryAfter; got != 5*time.Second {
		t.Errorf("RetryAfter = %v, want 5s", got)
	}
}

// TestUnknownCost: before a hash was seen to take its time, no more are let in
// than could be served by what its parameters say.
func TestUnknownCost(t *testing.T) {
	roy, dear := 100, 3 // At most 12 and 400 ms each, and less among many.
	if !pbkdf2.Accelerated() {
		roy, dear = 27, 1 // 37.5 ms and 1.25 s
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
		g := waitingGate(t)
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
}

// TestCosts: a dear first one is soon made up for, and later ones are an average.
func TestCosts(t *testing.T) {
	c, asked := make(costs), newTask(mustParse(t, royHash), "roy", Client{})
	for i, want := range []time.Duration{48, 30, 24, 21} { // And then 12 each.
		asked.cost = 12 * time.Millisecond
		if i == 0 {
			asked.cost = 48 * time.Millisecond
		}
		c.learn(asked, true)
		if got := c.of(asked, true); got != want*time.Millisecond {
			t.Errorf("after %d = %v, want %v ms", i+1, got, int64(want))
		}
	}
	for range 100 {
		c.learn(asked, true)
	}
	asked.cost = 20 * time.Millisecond
	c.learn(asked, true)
	if got := c.of(asked, true).Round(time.Millisecond / 10); got != 13*time.Millisecond {
		t.Errorf("one of 20 ms after many of 12: %v, want 13 ms", got)
	}
}

// TestCostsCrowded: what one takes alone is no measure for one of many, but what
// there is to go by until one of many was seen.
func TestCostsCrowded(t *testing.T) {
	c, asked := make(costs), newTask(mustParse(t, royHash), "roy", Client{})
	asked.cost = 24 * time.Millisecond
	c.learn(asked, false)
	alone, crowded := asked.hash.estimate(false), asked.hash.estimate(true)
	want := time.Duration(float64(asked.cost) * float64(crowded) / float64(alone))
	if got := c.of(asked, true); got != want {
		t.Errorf("among many = %v, want %v", got, want)
	}
	asked.cost = 10 * time.Millisecond
	c.learn(asked, true)
	if alone, crowded := c.of(asked, false), c.of(asked, true); alone != 24*time.Millisecond || crowded != asked.cost {
		t.Errorf("alone %v, among many %v; want 24ms, 10ms", alone, crowded)
	}
	g := waitingGate(t)
	clear(g.costs)
	tasks := make([]*task, pbkdf2.Lanes())
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
	if got := g.costs.of(asked, true); got != 5*time.Millisecond {
		t.Errorf("of those that filled all lanes = %v, want 5ms", got)
	}
	whole := newTask(mustParse(t, argonHash), "roy", Client{})
	whole.cost = time.Second
	c.learn(whole, true)
	if got := c.of(whole, false); got != time.Second {
		t.Errorf("of a method that does not interleave = %v, want 1s", got)
	}
}

// TestPace: what is short of processor time takes longer.
func TestPace(t *testing.T) {
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
}
