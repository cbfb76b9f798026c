package gate

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/impl/password"
)

// mixture is what strangers may choose from: all forms, short and about a second long.
func mixture(t testing.TB) (hashes []password.Hash) {
	t.Helper()
	zeros := strings.Repeat("0", 128)
	for _, encoded := range []string{
		royHash, argonHash, weakHash, bcryptHash,
		"pbkdf2:sha256:5000000$salt$" + zeros[:64],
		"$2b$14$" + strings.Repeat(".", 53),
		"pbkdf2:sha512:1500000$salt$" + zeros,
		"scrypt:32768:8:8$salt$" + zeros,
		"$argon2id$v=19$m=131072,t=4,p=1$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw",
	} {
		hashes = append(hashes, mustParse(t, encoded))
	}
	return hashes
}

// seeds are of the mixtures that are tried; more by hand.
var seeds = []uint64{1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597}

// onMixtures runs a test on each seed, processor and number of cores.
func onMixtures(t *testing.T, test func(*testing.T, *rand.Rand, *hall, *Gate)) {
	t.Helper()
	for name, k := range kernels {
		for _, seed := range seeds {
			for _, slots := range []int{1, 2, 8} {
				t.Run(fmt.Sprintf("%s/%d/seed %d", name, slots, seed), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						h := newHall(slots)
						g := in(t, h, Config{QueueLimit: 100, MaxWait: 10 * time.Second})
						g.kernel = k
						test(t, rand.New(rand.NewPCG(seed, uint64(slots))), h, g)
					})
				})
			}
		}
	}
}

// stranger is a login from one of a few addresses, at one of a few accounts.
func stranger(random *rand.Rand, hashes []password.Hash) *task {
	address := fmt.Sprint("stranger", random.IntN(1+random.IntN(6)))
	account := fmt.Sprint(random.IntN(20))
	return newTask(hashes[random.IntN(len(hashes))], address, Client{Address: address, Account: account})
}

// step has somebody come, something end, or somebody go, as chance has it.
func step(t *testing.T, random *rand.Rand, h *hall, g *Gate, hashes []password.Hash) {
	t.Helper()
	switch n := random.IntN(10); {
	case n < 6:
		_ = g.admit(stranger(random, hashes)) // or refused
	case n < 9 && h.runs() > 0:
		h.end(h.running[random.IntN(len(h.running))], Outcome{Took: time.Duration(random.IntN(1000)) * time.Millisecond})
	case g.queue.first != nil:
		g.abandon(g.queue.first)
	}
	if faults := g.check(); len(faults) > 0 {
		t.Fatalf("the gate's counts: %q", faults)
	}
}

// TestTurn: whatever mixture of forms and addresses arrives, an address with one
// login waiting is served within its turn: before any other address of its line has
// had more than two, that of the round under way and that of the honest one's, however
// those that come later press.
func TestTurn(t *testing.T) {
	const mostTurns = 2
	hashes := mixture(t)
	onMixtures(t, func(t *testing.T, random *rand.Rand, h *hall, g *Gate) {
		for range 60 {
			step(t, random, h, g, hashes)
		}
		for round := range 10 {
			name := fmt.Sprint("honest", round)
			honest := newTask(hashes[random.IntN(len(hashes))], name, Client{Address: name, Account: name})
			if g.admit(honest) != nil {
				h.release(min(1, h.runs()), 100*time.Millisecond)
				continue
			}
			begun, seen := make(map[string]int), make(map[*task]bool)
			look := func(count bool) {
				for _, r := range g.running {
					// What needs no memory passes by what waits for some.
					if count && !seen[r] && r.kind == honest.kind && (honest.memory == 0 || r.memory > 0) {
						begun[r.client.Address]++
					}
					seen[r] = true
				}
			}
			look(false)
			for g.queue.holds(honest) {
				_ = g.admit(stranger(random, hashes)) // or refused
				look(true)
				if h.runs() == 0 {
					t.Fatal("nothing runs, and it waits")
				}
				h.end(h.running[random.IntN(len(h.running))], Outcome{Took: 100 * time.Millisecond})
				look(g.queue.holds(honest))
				for address, n := range begun {
					if n > mostTurns {
						t.Fatalf("a %v still waits, and %s had %d turns of its line since", honest.Hash, address, n)
					}
				}
			}
		}
	})
}

// TestShare: the sum of what strangers of one address hold never exceeds its share
// while others wait: nothing of theirs begins beyond it.
func TestShare(t *testing.T) {
	hashes := mixture(t)
	onMixtures(t, func(t *testing.T, random *rand.Rand, h *hall, g *Gate) {
		held := func() map[string][kinds]int {
			all := make(map[string][kinds]int)
			for _, r := range g.running {
				n := all[r.client.Address]
				n[r.kind]++
				all[r.client.Address] = n
			}
			return all
		}
		for range 300 {
			before := held()
			step(t, random, h, g, hashes)
			for address, n := range held() {
				for k := range kinds {
					share := g.share(k)
					if n[k] <= before[address][k] || n[k] <= share {
						continue
					}
					for name, a := range g.queue.addresses {
						if f := &a.flows[k]; name != address && len(f.waiting) > 0 && f.running < share && f.running == before[name][k] {
							t.Fatalf("%s went from %d to %d places of kind %d, its share of %d is %d, and %s with %d waits",
								address, before[address][k], n[k], k, len(g.queue.addresses), share, name, f.running)
						}
					}
				}
			}
			if n := g.queue.lines[whole].running; n > g.slots+1 {
				t.Fatalf("%d have a thread to themselves", n)
			}
			if g.memory > g.memoryLimit {
				t.Fatalf("%d bytes are in use", g.memory)
			}
		}
	})
}

// TestHoldsNotAll: however many logins one address has, another that has none under way
// begins at once, whatever the form.
func TestHoldsNotAll(t *testing.T) {
	for name, k := range kernels {
		for _, flood := range mixture(t) {
			if flood.Interleaves() || flood.Weak() {
				continue
			}
			t.Run(fmt.Sprint(name, "/", flood), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					for i, honest := range mixture(t) {
						h := newHall(2)
						g := in(t, h, Config{})
						g.kernel = k
						for range 40 {
							_ = g.admit(newTask(flood, "flood", Client{Address: "flood", Account: "ann"})) // or refused
						}
						asked := newTask(honest, "honest", Client{Address: "honest", Account: "bob"})
						if err := g.admit(asked); err != nil || g.queue.holds(asked) {
							t.Errorf("%d: a %v is refused or waits: %v", i, honest, err)
						}
					}
				})
			})
		}
	}
}

// BenchmarkAdmit is what a login costs the gate where so many wait: to be admitted, and
// to go away again.
func BenchmarkAdmit(b *testing.B) {
	for _, waiting := range []int{0, 128, 1000} {
		for _, addresses := range []int{1, 1000} {
			b.Run(fmt.Sprintf("%d waiting/of %d addresses", waiting, addresses), func(b *testing.B) {
				h := newHall(2)
				g := in(b, h, Config{QueueLimit: 2000, MaxWait: time.Hour})
				roy := mustParse(b, royHash)
				for i := range waiting + 2*(g.kernel.Lanes+1) {
					address := fmt.Sprint(i % addresses)
					if err := g.admit(newTask(roy, "", Client{Address: address, Account: fmt.Sprint(i)})); err != nil {
						b.Fatal(err)
					}
				}
				b.SetParallelism(32) // 64 goroutines on two cores
				b.ReportAllocs()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						t := newTask(roy, "", Client{Address: "late", Account: "late"})
						if g.admit(t) == nil {
							g.abandon(t)
						}
					}
				})
			})
		}
	}
}
