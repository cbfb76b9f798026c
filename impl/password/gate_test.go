package password

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	royHash   = "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e"
	argonHash = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw" // nobody's
	weakHash  = "sha1$ofeFms0S$9f0b7ba72147f46e78f0d50c0d13a6c17db5bee2"               // correct horse
)

// testPatience is how long a test waits for what takes milliseconds on an idle machine.
const testPatience = time.Minute

// held is a hash that is under way until the test lets it go.
type held struct {
	bytes   int64
	begun   chan string // the passwords
	letGo   chan struct{}
	running *atomic.Int32
}

func newHeld(bytes int64) held {
	return held{bytes, make(chan string, 1000), make(chan struct{}), new(atomic.Int32)}
}

func (h held) hash() Hash    { return Hash{scheme: h} }
func (held) method() string  { return "held" }
func (h held) memory() int64 { return h.bytes }
func (held) weak() bool      { return false }
func (h held) release(n int) { send(h.letGo, n) }
func (h held) finishAll()    { close(h.letGo) }

func (h held) verify(password string, _, _ []byte) bool {
	h.running.Add(1)
	defer h.running.Add(-1)
	h.begun <- password
	<-h.letGo
	return true
}

// wait waits for the next n to begin and returns their passwords.
func (h held) wait(n int) (passwords []string) {
	for range n {
		passwords = append(passwords, <-h.begun)
	}
	return passwords
}

func send(c chan<- struct{}, n int) {
	for range n {
		c <- struct{}{}
	}
}

// maker makes a gate of one kind.
type maker func(testing.TB, GateConfig) *Gate

// inProcess makes gates that hash in this process.
func inProcess(t testing.TB, cfg GateConfig) *Gate {
	t.Helper()
	g, err := NewGate(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// TestGate is what holds wherever a gate hashes.
func TestGate(t *testing.T) {
	makers := map[string]maker{"in this process": inProcess}
	if canStartChildren {
		makers["in a child"] = withChild
	}
	tests := map[string]func(*testing.T, maker){
		"Verifies":          testGateVerifies,
		"Slots":             testGateSlots,
		"MemoryIsNoDeadEnd": testGateMemoryIsNoDeadEnd,
		"Full":              testGateFull,
		"IsFair":            testGateIsFair,
		"OwnerAndAttacker":  testGateOwnerAndAttacker,
		"Cancel":            testGateCancel,
		"MaxWait":           testGateMaxWait,
		"Survives":          testGateSurvives,
		"Beside":            testGateBeside,
		"Storm":             testGateStorm,
	}
	for where, newGate := range makers {
		for name, test := range tests {
			t.Run(where+"/"+name, func(t *testing.T) { test(t, newGate) })
		}
	}
}

func mustParse(t testing.TB, encoded string) Hash {
	t.Helper()
	h, err := Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// result is what one Verify came to.
type result struct {
	client Client
	match  bool
	err    error
	took   time.Duration
}

func (r result) busy() (oneClient, ok bool) {
	var busy *BusyError
	ok = errors.As(r.err, &busy)
	return ok && busy.OneClient, ok
}

// start verifies the client's address as the password, in the background, and returns when the task has been admitted
// or refused.
func start(t testing.TB, g *Gate, h Hash, client Client) <-chan result {
	t.Helper()
	before := g.counts()
	c := make(chan result, 1)
	go func() {
		begin := time.Now()
		match, err := g.Verify(context.WithoutCancel(t.Context()), h, client.Address, client)
		c <- result{client, match, err, time.Since(begin)}
	}()
	for len(c) == 0 && g.counts() == before {
		time.Sleep(50 * time.Microsecond)
	}
	return c
}

// counts changes whenever a task is admitted.
func (g *Gate) counts() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return fmt.Sprint(g.queue.all, g.queue.waiting)
}

func (t *task) String() string { return fmt.Sprintf("%p", t) }

// idle waits until the gate has nothing left and no thread.
func idle(t testing.TB, g *Gate) {
	t.Helper()
	for deadline := time.Now().Add(testPatience); ; time.Sleep(time.Millisecond) {
		g.mu.Lock()
		left := []int{g.workers, g.lanes, int(g.memory), g.queue.all, len(g.queue.waiting), len(g.queue.addresses), len(g.queue.accounts), g.queue.pairs, len(g.running)}
		if g.children != nil {
			for _, c := range g.children.all() {
				left = append(left, c.tasks)
			}
		}
		g.mu.Unlock()
		sum := 0
		for _, n := range left {
			sum += n
		}
		if sum == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the gate is not empty: %v", left)
		}
	}
}

// testGateVerifies what Hash.Verify does, many at once, of all kinds.
func testGateVerifies(t *testing.T, newGate maker) {
	g := newGate(t, GateConfig{Slots: 2, QueueLimit: 1000, MaxWait: time.Minute, Niceness: 5})
	encoded := map[string]string{
		royHash:                                  "roy",
		weakHash:                                 "correct horse",
		"pbkdf2:sha256:1$k1Ud5dzh$" + derived(1): "roy",
		"pbkdf2:sha256:257$k1Ud5dzh$" + derived(257): "roy",
	}
	var verifying sync.WaitGroup
	for hash, right := range encoded {
		h := mustParse(t, hash)
		for i := range 20 {
			typed := right
			if i%4 == 1 {
				typed = []string{"wrong", right + "\x00", ""}[i%3]
			}
			verifying.Go(func() {
				got, err := g.Verify(t.Context(), h, typed, Client{Address: fmt.Sprint(i)})
				if err != nil || got != (typed == right) {
					t.Errorf("Verify(%s, %q) = %v, %v", h, typed, got, err)
				}
				if got, err := g.Verify(t.Context(), h.Decoy(), typed, Client{}); got || err != nil {
					t.Errorf("Verify(decoy of %s) = %v, %v", h, got, err)
				}
			})
		}
	}
	verifying.Wait()
	if match, err := g.Verify(t.Context(), Hash{}, "", Client{}); match || err != nil {
		t.Errorf("Verify(zero) = %v, %v", match, err)
	}
	idle(t, g)
}

// derived is roy's digest after so many iterations.
func derived(iterations int) string {
	alg, err := findAlgorithm("sha-256") // an alias, for crypto/pbkdf2's own way
	if err != nil {
		panic(err)
	}
	alg.name = "apart"
	return fmt.Sprintf("%x", derivePBKDF2(alg, "roy", []byte("k1Ud5dzh"), iterations))
}

// testGateSlots: never more at once than slots, or than memory for.
func testGateSlots(t *testing.T, newGate maker) {
	for _, c := range []struct {
		name        string
		slots, want int
		bytes       int64
	}{
		{"slots", 3, 3, 0},
		{"memory", 8, 2, 100 << 20},
		{"memory for one", 8, 1, LeastMemoryLimit},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGate(t, GateConfig{Slots: c.slots, MaxWait: time.Minute, MemoryLimit: 210 << 20})
			h := newHeld(c.bytes)
			results := make([]<-chan result, 10)
			for i := range results {
				results[i] = start(t, g, h.hash(), Client{Address: fmt.Sprint(i)})
			}
			h.wait(c.want)
			time.Sleep(10 * time.Millisecond)
			if n := h.running.Load(); int(n) != c.want {
				t.Errorf("%d at once, want %d", n, c.want)
			}
			for range results {
				h.release(1)
				if n := h.running.Load(); int(n) > c.want {
					t.Errorf("%d at once, want %d", n, c.want)
				}
			}
			for i, r := range results {
				if r := <-r; !r.match || r.err != nil {
					t.Errorf("%d: %v, %v", i, r.match, r.err)
				}
			}
			idle(t, g)
		})
	}
}

// testGateMemoryIsNoDeadEnd: what needs much is not passed by for ever, and
// what needs none does not wait for it.
func testGateMemoryIsNoDeadEnd(t *testing.T, newGate maker) {
	g := newGate(t, GateConfig{Slots: 3, MaxWait: time.Minute, MemoryLimit: LeastMemoryLimit})
	first, big, small, none := newHeld(1<<20), newHeld(LeastMemoryLimit), newHeld(1<<20), newHeld(0)
	start(t, g, first.hash(), Client{Address: "1", Account: "1"})
	first.wait(1)
	start(t, g, big.hash(), Client{Address: "2", Account: "2"})
	start(t, g, small.hash(), Client{Address: "3", Account: "3"})
	start(t, g, none.hash(), Client{Address: "4", Account: "4"})
	none.wait(1)
	if len(small.begun)+len(big.begun) != 0 {
		t.Error("a small one passed the big one by")
	}
	first.finishAll()
	big.wait(1)
	big.finishAll()
	small.wait(1)
	small.finishAll()
	none.finishAll()
	idle(t, g)
}

// testGateFull: what does not fit is refused at once, with the way to go on.
func testGateFull(t *testing.T, newGate maker) {
	g := newGate(t, GateConfig{Slots: 1, QueueLimit: 4, MaxWait: time.Minute})
	h := newHeld(0)
	for i := range 5 {
		start(t, g, h.hash(), Client{fmt.Sprint(i), fmt.Sprint(i)})
		if i == 0 {
			h.wait(1)
		}
	}
	r := <-start(t, g, h.hash(), Client{"6", "6"}) // Nothing ends before this.
	if one, ok := r.busy(); !ok || one || r.took > g.maxWait {
		t.Errorf("the sixth = %v after %v", r.err, r.took)
	}
	h.finishAll()
	idle(t, g)
}

// testGateIsFair: neither an address nor an account takes the whole queue where
// others wait, and whoever has asked for less goes first.
func testGateIsFair(t *testing.T, newGate maker) {
	for name, flood := range map[string]func(i int) Client{
		"one address": func(i int) Client { return Client{"flood", fmt.Sprint(i)} },
		"one account": func(i int) Client { return Client{fmt.Sprint(i), "flood"} },
		"both":        func(int) Client { return Client{"flood", "flood"} },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t, GateConfig{Slots: 1, QueueLimit: 10, MaxWait: time.Minute})
			h := newHeld(0)
			var flooding []<-chan result
			for i := range 11 { // Alone it may have the slot and the queue.
				flooding = append(flooding, start(t, g, h.hash(), flood(i)))
				if i == 0 {
					h.wait(1)
				}
			}
			if one, ok := (<-start(t, g, h.hash(), flood(99))).busy(); !ok || !one {
				t.Errorf("one more = busy %v, one client %v", ok, one)
			}
			for i := range 6 {
				start(t, g, h.hash(), Client{fmt.Sprint("other", i/2), fmt.Sprint("user", i/2)})
				// It took the place of the latest of the flood.
				if one, ok := (<-flooding[10-i]).busy(); !ok || !one {
					t.Errorf("%d of the flood = busy %v, one client %v", 10-i, ok, one)
				}
			}
			if one, ok := (<-start(t, g, h.hash(), flood(99))).busy(); !ok || !one {
				t.Errorf("the flood again = busy %v, one client %v", ok, one)
			}
			var order []string
			for range 10 {
				h.release(1)
				order = append(order, h.wait(1)...)
			}
			for i := range order { // Everyone's first, then everyone's second.
				if !strings.HasPrefix(order[i], "other") {
					order[i] = "flood"
				}
			}
			want := []string{"flood", "other0", "other1", "other2", "flood", "other0", "other1", "other2", "flood", "flood"}
			if name == "one account" { // Its second address stands where others' second login does.
				want = []string{"other0", "other1", "other2", "flood", "other0", "other1", "other2", "flood", "flood", "flood"}
			}
			if diff := cmp.Diff(want, order); diff != "" {
				t.Errorf("served (-want +got):\n%s", diff)
			}
			h.finishAll()
			idle(t, g)
		})
	}
}

// testGateOwnerAndAttacker: one address that floods an account moves its owner
// back by one place, wherever the owner comes from.
func testGateOwnerAndAttacker(t *testing.T, newGate maker) {
	g := newGate(t, GateConfig{Slots: 1, QueueLimit: 10, MaxWait: time.Minute})
	h := newHeld(0)
	for i := range 9 {
		start(t, g, h.hash(), Client{"attacker", "ann"})
		if i == 0 {
			h.wait(1)
		}
	}
	start(t, g, h.hash(), Client{"home", "ann"})
	start(t, g, h.hash(), Client{"elsewhere", "bob"})
	var order []string
	for range 4 {
		h.release(1)
		order = append(order, h.wait(1)...)
	}
	if diff := cmp.Diff([]string{"attacker", "elsewhere", "attacker", "home"}, order); diff != "" {
		t.Errorf("served (-want +got):\n%s", diff)
	}
	h.finishAll()
	idle(t, g)
}

// testGateBeside: a hash that goes on in slices has its part of the time beside those
// that run to their end, of which there is always another.
func testGateBeside(t *testing.T, newGate maker) {
	g := newGate(t, GateConfig{Slots: 1, MaxWait: time.Minute})
	whole := mustParse(t, argonHash)
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				_, _ = g.Verify(ctx, whole, "roy", Client{Address: fmt.Sprint(i)}) // Only that it goes on counts.
			}
		})
	}
	sliced, late := context.WithTimeout(t.Context(), testPatience)
	defer late()
	h := mustParse(t, "pbkdf2:sha256:300000$k1Ud5dzh$"+derived(300000))
	if match, err := g.Verify(sliced, h, "roy", Client{Address: "sliced"}); !match || err != nil {
		t.Errorf("Verify() = %v, %v", match, err)
	}
	stop()
	clients.Wait()
	idle(t, g)
}

// faulty is a scheme with a bug.
type faulty struct{ plainScheme }

func (faulty) verify(string, []byte, []byte) bool { panic("index out of range") }

// testGateSurvives a fault in a hashing library.
func testGateSurvives(t *testing.T, newGate maker) {
	g := newGate(t, GateConfig{Slots: 1, MaxWait: time.Minute})
	if match, err := g.Verify(t.Context(), Hash{scheme: faulty{}}, "", Client{}); match || err == nil {
		t.Errorf("Verify() = %v, %v", match, err)
	}
	if match, err := g.Verify(t.Context(), mustParse(t, weakHash), "correct horse", Client{}); !match || err != nil {
		t.Errorf("afterwards Verify() = %v, %v", match, err)
	}
	idle(t, g)
}

// testGateStorm throws everything at a small gate at once.
func testGateStorm(t *testing.T, newGate maker) {
	g := newGate(t, GateConfig{Slots: 2, QueueLimit: 20, MaxWait: 30 * time.Millisecond, Niceness: 1})
	hashes := []Hash{mustParse(t, "pbkdf2:sha256:3000$k1Ud5dzh$"+derived(3000)), mustParse(t, "scrypt:1024:8:1$salt$"+fmt.Sprintf("%0128d", 0))}
	var verified, busied, gone atomic.Int32
	var storming sync.WaitGroup
	// A child takes longer to start than anybody here has testPatience; the storm is
	// to meet one that runs.
	for until := time.Now().Add(testPatience); ; {
		_, err := g.Verify(t.Context(), hashes[0], "roy", Client{})
		if err == nil {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("Verify() = %v before the storm", err)
		}
	}
	// On a machine that other tests keep busy it takes longer until each of the
	// three has happened.
	all := func() bool { return verified.Load() > 0 && busied.Load() > 0 && gone.Load() > 0 }
	until := time.Now().Add(testPatience)
	for i := range 60 {
		storming.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			for n := 0; n < 30 || !all() && time.Now().Before(until); n++ {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(60))*time.Millisecond)
				h := hashes[random.IntN(2)]
				match, err := g.Verify(ctx, h, "roy", Client{fmt.Sprint(random.IntN(9)), fmt.Sprint(random.IntN(9))})
				var busy *BusyError
				switch {
				case err == nil && match == h.interleaves():
					verified.Add(1)
				case errors.As(err, &busy) && !match:
					busied.Add(1)
					// Callers that never rest would leave hashing, which stands back
					// behind them, nothing of the processors.
					time.Sleep(5 * time.Millisecond)
				case errors.Is(err, context.DeadlineExceeded) && !match:
					gone.Add(1)
				default:
					t.Errorf("Verify() = %v, %v", match, err)
				}
				cancel()
			}
		})
	}
	storming.Wait()
	idle(t, g)
	if !all() {
		t.Errorf("%d verified, %d refused, %d gone: not all happened", verified.Load(), busied.Load(), gone.Load())
	}
}

// TestNewGate refuses what could never work.
func TestNewGate(t *testing.T) {
	for _, cfg := range []GateConfig{
		{Slots: -1}, {QueueLimit: -1}, {MaxWait: -1}, {MemoryLimit: LeastMemoryLimit - 1}, {Niceness: -1}, {Niceness: 20},
	} {
		if _, err := NewGate(cfg); err == nil {
			t.Errorf("NewGate(%+v) is no error", cfg)
		}
	}
}
