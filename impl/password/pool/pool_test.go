package pool

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
)

const (
	royHash   = "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e"
	argonHash = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw" // nobody's
	weakHash  = "sha1$ofeFms0S$9f0b7ba72147f46e78f0d50c0d13a6c17db5bee2"               // correct horse
)

// testPatience is how long a test waits for what takes milliseconds on an idle machine.
const testPatience = 3 * time.Minute

// always is the bound of a gate that is to admit everyone, however slow the machine and
// however busy: what a hash takes there is for no test to say.
const always = 24 * time.Hour

// settings are of a pool and the gate that it hashes for.
type settings struct {
	Slots, QueueLimit, Niceness int
	MaxWait                     time.Duration
	Child                       []string
	Logger                      *slog.Logger
	Quota                       func() Quota
	Periods                     func(string) (uint64, bool)
	Memory                      int64
}

// hashing is both.
type hashing struct {
	*gate.Gate
	pool *Pool
}

// maker makes them, of one kind.
type maker func(testing.TB, settings) hashing

// inProcess hashes in this process.
func inProcess(t testing.TB, s settings) hashing {
	t.Helper()
	p, err := New(Config{Slots: s.Slots, Niceness: s.Niceness, Child: s.Child, Logger: s.Logger, Quota: s.Quota, Periods: s.Periods, Memory: s.Memory})
	if err != nil {
		t.Fatal(err)
	}
	g, err := gate.New(gate.Config{QueueLimit: s.QueueLimit, MaxWait: s.MaxWait}, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return hashing{g, p}
}

// withChild hashes in a child.
func withChild(t testing.TB, s settings) hashing {
	t.Helper()
	if len(s.Child) == 0 {
		s.Child = []string{childArg}
	}
	g := inProcess(t, s)
	if g.pool.children == nil {
		t.Fatal("the pool has no children")
	}
	return g
}

// TestPool is what holds wherever a pool hashes.
func TestPool(t *testing.T) {
	makers := map[string]maker{"in this process": inProcess}
	if canStartChildren {
		makers["in a child"] = withChild
	}
	tests := map[string]func(*testing.T, maker){
		"Verifies": testVerifies,
		"Beside":   testBeside,
		"Cancel":   testCancel,
		"GivesUp":  testGivesUp,
		"Own":      testOwn,
		"Storm":    testStorm,

		"Forms": testForms, "Padded": testPadded, "PaddedTakes": testPaddedTakes, "PaddedEnds": testPaddedEnds,
	}
	for where, newGate := range makers {
		for name, test := range tests {
			t.Run(where+"/"+name, func(t *testing.T) { test(t, newGate) })
		}
	}
}

func mustParse(t testing.TB, encoded string) password.Hash {
	t.Helper()
	h, err := password.Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// result is what one Verify came to.
type result struct {
	match bool
	err   error
}

// works is how many threads of this process do.
func (p *Pool) works() (n int) {
	for _, d := range p.desks {
		if d.works {
			n++
		}
	}
	return n
}

// underWay is what a pool has been given.
func underWay(g hashing) (n int) {
	g.pool.mu.Lock()
	defer g.pool.unlock()
	for _, d := range g.pool.desks {
		n += len(d.waiting)
	}
	if g.pool.children != nil {
		for _, c := range g.pool.children.all() {
			n += c.runs
		}
	}
	return n
}

// idle waits until the pool has nothing left and no thread.
func idle(t testing.TB, g hashing) {
	t.Helper()
	for deadline := time.Now().Add(testPatience); ; time.Sleep(time.Millisecond) {
		left := underWay(g)
		g.pool.mu.Lock()
		left += g.pool.works() + len(g.pool.over)
		g.pool.unlock()
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the pool is not empty: %d", left)
		}
	}
}

// derived is roy's digest after so many iterations, by crypto/pbkdf2's own way.
func derived(iterations int) string {
	key, err := pbkdf2.Key(sha256.New, "roy", []byte("k1Ud5dzh"), iterations, 32)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%x", key)
}

// testVerifies what Hash.Verify does, many at once, of all kinds.
func testVerifies(t *testing.T, newGate maker) {
	g := newGate(t, settings{Slots: 2, QueueLimit: 1000, MaxWait: always, Niceness: 5})
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
				got, err := g.Verify(t.Context(), h, typed, gate.Client{Address: fmt.Sprint(i)})
				if err != nil || got != (typed == right) {
					t.Errorf("Verify(%s, %q) = %v, %v", h, typed, got, err)
				}
				if got, err := g.Verify(t.Context(), h.Decoy(), typed, gate.Client{}); got || err != nil {
					t.Errorf("Verify(decoy of %s) = %v, %v", h, got, err)
				}
			})
		}
	}
	verifying.Wait()
	if match, err := g.Verify(t.Context(), password.Hash{}, "", gate.Client{}); match || err != nil {
		t.Errorf("Verify(zero) = %v, %v", match, err)
	}
	idle(t, g)
}

// testBeside: a hash that goes on in slices has its part of the time beside those
// that run to their end, of which there is always another.
func testBeside(t *testing.T, newGate maker) {
	g := newGate(t, settings{Slots: 1, MaxWait: always})
	whole := mustParse(t, argonHash)
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for i := range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				_, _ = g.Verify(ctx, whole, "roy", gate.Client{Address: fmt.Sprint(i)}) // Only that it goes on counts.
			}
		})
	}
	sliced, late := context.WithTimeout(t.Context(), testPatience)
	defer late()
	h := mustParse(t, "pbkdf2:sha256:300000$k1Ud5dzh$"+derived(300000))
	if match, err := g.Verify(sliced, h, "roy", gate.Client{Address: "sliced"}); !match || err != nil {
		t.Errorf("Verify() = %v, %v", match, err)
	}
	stop()
	clients.Wait()
	idle(t, g)
}

// testStorm throws everything at a small gate at once.
func testStorm(t *testing.T, newGate maker) {
	g := newGate(t, settings{Slots: 2, QueueLimit: 20, MaxWait: 30 * time.Millisecond, Niceness: 1})
	hashes := []password.Hash{mustParse(t, "pbkdf2:sha256:3000$k1Ud5dzh$"+derived(3000)), mustParse(t, "scrypt:1024:8:1$salt$"+fmt.Sprintf("%0128d", 0))}
	var verified, busied, gone atomic.Int32
	var storming sync.WaitGroup
	// A child takes longer to start than anybody here has testPatience; the storm is
	// to meet one that runs.
	for until := time.Now().Add(testPatience); ; {
		_, err := g.Verify(t.Context(), hashes[0], "roy", gate.Client{})
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
				match, err := g.Verify(ctx, h, "roy", gate.Client{Address: fmt.Sprint(random.IntN(9)), Account: fmt.Sprint(random.IntN(9))})
				var busy *gate.BusyError
				switch {
				case err == nil && match == h.Interleaves():
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

// testCancel: who goes away leaves the queue, and work already begun for
// him is given up between two chunks.
func testCancel(t *testing.T, newGate maker) {
	g := newGate(t, settings{Slots: 1, MaxWait: always})
	long := mustParse(t, "pbkdf2:sha256:5000000$k1Ud5dzh$"+derived(1)) // It goes on for a good part of a second.
	ctx, cancel := context.WithCancel(t.Context())
	var verifying sync.WaitGroup
	for range 40 {
		verifying.Go(func() {
			if match, err := g.Verify(ctx, long, "roy", gate.Client{}); match || !errors.Is(err, context.Canceled) {
				t.Errorf("Verify() = %v, %v", match, err)
			}
		})
	}
	for deadline := time.Now().Add(testPatience); underWay(g) == 0 && !works(g); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is under way")
		}
	}
	cancel()
	verifying.Wait()
	idle(t, g)
}

func works(g hashing) bool {
	g.pool.mu.Lock()
	defer g.pool.unlock()
	return g.pool.works() > 0
}

// TestSurvives a fault in a hashing library.
func TestSurvives(t *testing.T) {
	r := newRun(&gate.Job{Hash: mustParse(t, royHash)})
	faulty := func(string) bool { panic("index out of range") }
	if got := verifyWhole(faulty, r); got.Match || got.Err == nil {
		t.Errorf("verifyWhole() = %+v", got)
	}
}

// TestNew refuses what could never work.
func TestNew(t *testing.T) {
	for _, cfg := range []Config{{Slots: -1}, {Niceness: -1}, {Niceness: 20}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("New(%+v) is no error", cfg)
		}
	}
	if _, err := NewGate(Config{}, gate.Config{MaxWait: -1}); err == nil {
		t.Error("NewGate with a bound that cannot be is no error")
	}
}
