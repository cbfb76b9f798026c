package gate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/impl/password"
)

// kernels are the processors that a gate may find itself on: of AVX-512 and SHA
// instructions, of the latter alone, and of neither.
var kernels = map[string]password.Kernel{"avx512": {Accelerated: true, Lanes: 16}, "sha": {Accelerated: true, Lanes: 4}, "none": {Lanes: 1}}

// onEveryKernel runs a test as on every processor, whatever this one is, and in time
// that moves only when the test sleeps, however busy the machine.
func onEveryKernel(t *testing.T, test func(*testing.T, password.Kernel)) {
	t.Helper()
	for name, k := range kernels {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, k) })
		})
	}
}

// openGate is a gate of one slot where a hash of royHash's method takes 100 ms and one
// may wait for a second.
func openGate(t *testing.T, h *hall, k password.Kernel) *Gate {
	t.Helper()
	g := in(t, h, Config{QueueLimit: 100})
	g.kernel = k
	g.takes(mustParse(t, royHash), 100*time.Millisecond)
	return g
}

// waitingGate is one that never works.
func waitingGate(t *testing.T, k password.Kernel) *Gate {
	t.Helper()
	g := openGate(t, newHall(1), k)
	for i := range g.seats {
		g.seats[i].live = 1000
	}
	return g
}

// takes has the gate believe what a hash's method costs, alone and among others.
func (g *Gate) takes(h password.Hash, each time.Duration) {
	for _, crowded := range []bool{false, true} {
		g.costs[pricing{h.Method(), crowded}] = cost{mean: each, seen: costMemory, priced: each}
	}
}

// ask has a client ask for a hash, and returns its task, nil if refused.
func ask(t *testing.T, g *Gate, encoded, address, account string) *task {
	t.Helper()
	asked := newTask(mustParse(t, encoded), address, Client{Address: address, Account: account})
	err := g.admit(asked)
	if faults := g.check(); len(faults) > 0 {
		t.Fatalf("the gate's counts: %q", faults)
	}
	if err != nil {
		return nil
	}
	return asked
}

// put has a client ask, so long ago, and returns its task, nil if refused.
func put(t *testing.T, g *Gate, address string, ago time.Duration) *task {
	t.Helper()
	asked := newTask(mustParse(t, royHash), "roy", Client{Address: address, Account: address})
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
		return errors.As(end.Err, &busy)
	default:
		return false
	}
}

// TestAdmitTurns: a client's later logins must have time for the turns of all
// others who are there.
func TestAdmitTurns(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
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
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		g := waitingGate(t, k)
		for i := range 12 {
			if got := ask(t, g, royHash, strconv.Itoa(i), "shared") != nil; got != (i <= 10) {
				t.Errorf("login %d at the shared account admitted = %v", i, got)
			}
		}
		if ask(t, g, royHash, "a", "own") == nil {
			t.Error("another account was refused for the shared one")
		}
		for i, want := range []string{"shared", "own", "shared"} { // After one who was first.
			l := g.queue.lines[sliced]
			next, _ := l.next(1, false, g.fits)
			if next.client.Account != want {
				t.Errorf("turn %d is of account %s, want %s", i, next.client.Account, want)
			}
			g.drop(next, nil)
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
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		g := waitingGate(t, k)
		old, other, young := put(t, g, "a", 200*time.Millisecond), put(t, g, "b", 200*time.Millisecond), put(t, g, "c", 0)
		g.takes(mustParse(t, royHash), time.Second)
		g.mu.Lock()
		g.reprice()
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
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
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
		if put(t, g, "d", 0) != nil {
			t.Error("d was let in before one who has waited for 1.2 s and may for 1.5")
		}
		if second.refused() {
			t.Error("who waited was refused")
		}
	})
}

// TestPassedBy: a task that begins before those that need what is not free yet does
// not take the round along, or newcomers would stand behind all of them.
func TestPassedBy(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		h := newHall(2)
		g := in(t, h, Config{QueueLimit: 100, MaxWait: time.Minute, MemoryLimit: LeastMemoryLimit})
		g.kernel = k
		const big = "$argon2id$v=19$m=131072,t=1,p=1$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw"
		for i := range 25 {
			ask(t, g, big, "flood", strconv.Itoa(i))
		}
		for i := range 5 {
			ask(t, g, bcryptHash, "passing", strconv.Itoa(i))
			if i > 0 {
				h.end(h.running[1], Outcome{}) // What needs no memory passes the flood by.
			}
		}
		newcomer := ask(t, g, big, "newcomer", "newcomer")
		h.wait(len(h.begun))
		h.finishTurns(t, "newcomer", 3) // Of one that runs, of the passing one, of the flood's next.
		if g.queue.holds(newcomer) {
			t.Error("a newcomer stands behind the flood")
		}
	})
}

// finishTurns ends what began first until the client's job begins, within so many.
func (h *hall) finishTurns(t *testing.T, client string, most int) {
	t.Helper()
	for i := range most {
		h.release(1, time.Millisecond)
		for len(h.begun) > 0 {
			if <-h.begun == client {
				return
			}
		}
		if i == most-1 {
			t.Errorf("%s has not begun within %d turns", client, most)
		}
	}
}

// TestTwoKinds: an address whose logins need no thread of their own does not hold up
// those that do, however many it has, nor the other way round.
func TestTwoKinds(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		h := newHall(1)
		g := openGate(t, h, k)
		g.takes(mustParse(t, royHash), 10*time.Millisecond)
		g.takes(mustParse(t, argonHash), 35*time.Millisecond)
		for round := range 40 {
			if ask(t, g, argonHash, "dear", strconv.Itoa(round)) == nil {
				t.Fatalf("round %d: the dear one was refused", round)
			}
			for i := range 5 {
				if ask(t, g, royHash, "office", strconv.Itoa(i)) == nil {
					t.Fatalf("round %d: the office was refused", round)
				}
			}
			h.finishAll()
		}
	})
}

// TestHeldUp: what a task that runs to its end holds up leaves no place soon; what
// does not need its thread is not held up.
func TestHeldUp(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		g := openGate(t, newHall(1), k)
		g.takes(mustParse(t, royHash), 10*time.Millisecond)
		g.takes(mustParse(t, argonHash), 1900*time.Millisecond)
		ask(t, g, royHash, "sliced", "sliced")
		ask(t, g, argonHash, "whole", "whole")
		late := newTask(mustParse(t, argonHash), "roy", Client{Address: "late", Account: "late"})
		g.queue.tag(late)
		if got := g.wait(late, nil) + g.untilPlace(late, nil); got != 1900*time.Millisecond {
			t.Errorf("wait = %v, want 1.9s", got)
		}
		if ask(t, g, royHash, "another", "another") == nil {
			t.Error("one that shares a thread was refused for one that has a thread to itself")
		}
	})
}

// TestLeft: who went away, or was refused later, does not count against those who
// come from the same address.
func TestLeft(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		g := waitingGate(t, k)
		g.takes(mustParse(t, royHash), 10*time.Millisecond)
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
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
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
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		g := waitingGate(t, k)
		if k.Lanes > 1 {
			g = openGate(t, newHall(1), k)
		}
		g.takes(mustParse(t, royHash), 600*time.Millisecond)
		if k.Lanes == 1 { // One after the other.
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
		}
		if ask(t, g, royHash, "other", "other") == nil {
			t.Error("refused although there is a lane for it")
		}
		if ask(t, g, royHash, "slow", "slow") == nil {
			t.Error("refused although there is a lane for it")
		}
		if ask(t, g, royHash, "late", "late") != nil {
			t.Error("admitted although what is under way takes more than twice the bound")
		}
		cheap := "pbkdf2:sha256:1000$salt$" + strings.Repeat("0", 64)
		if ask(t, g, cheap, "late", "late") == nil {
			t.Error("one that takes less was refused for what takes long")
		}
	})
}

// TestRetryAfter is never later than the last of those admitted is served or refused.
func TestRetryAfter(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		g := waitingGate(t, k)
		for i := range 10 {
			put(t, g, strconv.Itoa(i), 0)
		}
		g.takes(mustParse(t, royHash), time.Minute)
		g.reprice()
		if got := g.refusal(newTask(mustParse(t, royHash), "", Client{})).RetryAfter; got != 5*time.Second {
			t.Errorf("RetryAfter = %v, want 5s", got)
		}
	})
}

// TestRefusesBehind: of a client's that are not here yet as many are counted as it says,
// and one behind them takes nobody's place.
func TestRefusesBehind(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		g := waitingGate(t, k)
		hash, client := mustParse(t, royHash), Client{Address: "a", Account: "a"}
		for behind, refused := range map[int]bool{0: false, 5: false, 10: false, 11: true, 200: true} { // A second for each ten.
			if err := g.Refuses(hash, client, behind); (err != nil) != refused {
				t.Errorf("behind %d others: %v, want refused = %v", behind, err, refused)
			}
		}
		for i := range 4 {
			ask(t, g, royHash, fmt.Sprint("other", i), fmt.Sprint("other", i))
		}
		for behind, refused := range map[int]bool{0: false, 1: false, 2: false, 3: true} { // Each has the others' turns before it.
			if err := g.Refuses(hash, client, behind); (err != nil) != refused {
				t.Errorf("behind %d and four others: %v, want refused = %v", behind, err, refused)
			}
		}
		narrow := in(t, newHall(1), Config{QueueLimit: 3, MaxWait: time.Hour})
		for i := range narrow.seats {
			narrow.seats[i].live = 1000
		}
		for range 3 {
			ask(t, narrow, royHash, "greedy", "greedy")
		}
		if narrow.Refuses(hash, client, 0) != nil || narrow.Refuses(hash, client, 1) == nil {
			t.Error("a newcomer takes a place of whoever has most in a full queue, but none for one behind it")
		}
	})
}

// TestPromised: who was let wait elsewhere is admitted, however long the wait has become,
// as long as there is a place.
func TestPromised(t *testing.T) {
	onEveryKernel(t, func(t *testing.T, k password.Kernel) {
		g := waitingGate(t, k)
		for put(t, g, "a", 0) != nil { // until there is a second of work
		}
		asked := newTask(mustParse(t, royHash), "", Client{Address: "a", Account: "b", Promised: true})
		if err := g.admit(asked); err != nil {
			t.Errorf("who was promised a turn is refused: %v", err)
		}
		for range g.queueLimit {
			_ = g.admit(newTask(mustParse(t, royHash), "", Client{Address: "a", Account: "b", Promised: true}))
		}
		if g.queue.waiting != g.queueLimit {
			t.Errorf("%d wait, want %d", g.queue.waiting, g.queueLimit)
		}
	})
}
