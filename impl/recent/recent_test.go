package recent

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// worst puts all keys into one chain, scattered spreads them.
func worst(int) uint64 { return 1 << 63 }

func scattered(key int) uint64 { return uint64(key) * 0x9E3779B97F4A7C15 }

// has returns what a cache holds, without asking for it.
func has(c *Cache[int, int]) map[int]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[int]int)
	for i := range c.chains {
		for e := c.chains[i].Load(); e != nil; e = e.next.Load() {
			all[e.key] = e.value
		}
	}
	return all
}

// want checks what is in there, and that it is there once.
func want(t *testing.T, c *Cache[int, int], all map[int]int) {
	t.Helper()
	if diff := cmp.Diff(all, has(c)); diff != "" {
		t.Errorf("what is remembered (-want +got):\n%s", diff)
	}
	if n := c.Len(); n != len(all) {
		t.Errorf("Len() = %d, want %d", n, len(all))
	}
}

func TestCache(t *testing.T) {
	for name, hash := range map[string]func(int) uint64{"scattered": scattered, "in one chain": worst} {
		t.Run(name, func(t *testing.T) {
			c := New[int, int](4, hash)
			if v := c.Get(1); v != nil {
				t.Errorf("Get() of an empty one = %d", *v)
			}
			for key := range 4 {
				c.Set(key, 10*key)
			}
			want(t, c, map[int]int{0: 0, 1: 10, 2: 20, 3: 30})
			for key := range 4 { // first, middle and last of a chain
				c.Set(key, 11*key)
			}
			want(t, c, map[int]int{0: 0, 1: 11, 2: 22, 3: 33})
			for key := range 4 {
				if v := c.Get(key); v == nil || *v != 11*key {
					t.Errorf("Get(%d) = %v, want %d", key, v, 11*key)
				}
			}
			c.Forget(1, c.Get(1))
			old := c.Get(2)
			c.Set(2, 222)
			c.Forget(2, old) // It is another by now.
			c.Forget(7, old)
			c.Forget(1, nil)
			want(t, c, map[int]int{0: 0, 2: 222, 3: 33})
			if *old != 22 {
				t.Errorf("a value that was returned has changed to %d", *old)
			}
		})
	}
}

// TestCacheGivesUp what nobody asked for before what somebody did.
func TestCacheGivesUp(t *testing.T) {
	c := New[int, int](8, scattered)
	for key := range 8 {
		c.Set(key, key)
	}
	for _, key := range []int{1, 3, 5} {
		c.Get(key)
	}
	for key := 100; key < 105; key++ { // as many as nobody asked for
		c.Set(key, key)
		c.Get(key) // else it might be next itself
	}
	want(t, c, map[int]int{1: 1, 3: 3, 5: 5, 100: 100, 101: 101, 102: 102, 103: 103, 104: 104})
	c.Set(9, 9) // All were asked for; one goes nevertheless.
	if v := c.Get(9); v == nil || c.Len() != 8 {
		t.Errorf("of the newest Get() = %v; Len() = %d, want 8", v, c.Len())
	}
}

// TestCacheKeepsTheUsed: what is asked for all the time stays, however much comes
// that is asked for once, and so does that it was when it is set anew.
func TestCacheKeepsTheUsed(t *testing.T) {
	c := New[int, int](100, scattered)
	for key := range 50 {
		c.Set(key, 0)
		c.Get(key)
	}
	for other := range 10_000 {
		c.Set(1000+other, 0)
		key := other % 50
		if c.Get(key) == nil {
			t.Fatalf("after %d others key %d was forgotten", other, key)
		}
		c.Set(key, other)
	}
}

// TestCacheHoldsAll that it is said to, whatever the keys are like.
func TestCacheHoldsAll(t *testing.T) {
	for name, step := range map[string]int{"in order": 1, "by 1024": 1024, "by 2^32": 1 << 32, "backwards": -3} {
		t.Run(name, func(t *testing.T) {
			const most = 1 << 12
			c := New[int, int](most, scattered)
			for i := range most {
				c.Set(i*step, i)
			}
			for i := range most {
				if v := c.Get(i * step); v == nil || *v != i {
					t.Fatalf("Get(%d) = %v, want %d", i*step, v, i)
				}
			}
			longest := 0
			for i := range c.chains {
				n := 0
				for e := c.chains[i].Load(); e != nil; e = e.next.Load() {
					n++
				}
				longest = max(longest, n)
			}
			if longest > 10 {
				t.Errorf("a chain has %d of %d entries", longest, most)
			}
		})
	}
}

// TestCacheIsAMap: until it is full it does what a map does; from then on it holds
// as many as it may, the last one set among them, each with the value set last.
func TestCacheIsAMap(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		most, keys := 1+random.IntN(40), 1+random.IntN(60)
		hash := scattered
		if seed%4 == 0 {
			hash = func(key int) uint64 { return uint64(key%3) << 62 }
		}
		c, reference := New[int, int](most, hash), make(map[int]int)
		for step := range 400 {
			key := random.IntN(keys)
			switch random.IntN(4) {
			case 0, 1:
				c.Set(key, step)
				reference[key] = step
			case 2:
				v, in := reference[key]
				got := c.Get(key)
				if got != nil && (!in || *got != v) || got == nil && in && keys <= most {
					t.Fatalf("seed %d, step %d: Get(%d) = %v, want %d, %t", seed, step, key, got, v, in)
				}
			default:
				c.Forget(key, c.Get(key))
				delete(reference, key)
			}
			held := has(c)
			for key, v := range held {
				if reference[key] != v {
					t.Fatalf("seed %d, step %d: it holds %d of key %d, want %d", seed, step, v, key, reference[key])
				}
			}
			for key := range reference {
				if _, ok := held[key]; !ok {
					delete(reference, key) // It was given up,
					if len(held) < most {
						t.Fatalf("seed %d, step %d: key %d was given up with %d of %d places taken", seed, step, key, len(held), most)
					}
				}
			}
			if len(held) != c.Len() || len(held) > most {
				t.Fatalf("seed %d, step %d: it holds %d, Len() = %d, at most %d", seed, step, len(held), c.Len(), most)
			}
		}
	}
}

// TestCacheAtOnce: from all sides at once nobody finds another key's value, or one
// older than the last that was set before he asked; and none that stays is missed.
func TestCacheAtOnce(t *testing.T) {
	for name, hash := range map[string]func(int) uint64{"scattered": scattered, "in one chain": worst} {
		t.Run(name, func(t *testing.T) {
			const staying, passing, rounds = 8, 64, 3000
			c := New[int, [2]int](staying+passing, hash)
			var done [staying]struct {
				sync.RWMutex
				last int
			}
			for key := range staying {
				c.Set(key, [2]int{key, 0})
			}
			var working sync.WaitGroup
			for w := range 4 {
				working.Go(func() {
					random := rand.New(rand.NewPCG(uint64(w), 2))
					for round := range rounds {
						key := random.IntN(staying)
						switch passer := 1000 + random.IntN(passing); round % 3 {
						case 0:
							done[key].Lock()
							c.Set(key, [2]int{key, done[key].last + 1})
							done[key].last++
							done[key].Unlock()
						case 1:
							c.Set(passer, [2]int{passer, round})
						default:
							c.Forget(passer, c.Get(passer))
						}
						done[key].RLock()
						least := done[key].last
						done[key].RUnlock()
						switch v := c.Get(key); {
						case v == nil:
							t.Errorf("key %d is not there", key)
						case v[0] != key || v[1] < least:
							t.Errorf("Get(%d) = %v, want %d or later", key, *v, least)
						}
					}
				})
			}
			working.Wait()
		})
	}
}

// TestCacheAsksForNothing: a look allocates nothing.
func TestCacheAsksForNothing(t *testing.T) {
	c := New[[32]byte, [13]uint64](16, func(key [32]byte) uint64 { return uint64(key[0]) << 56 })
	c.Set([32]byte{1}, [13]uint64{1})
	if n := testing.AllocsPerRun(100, func() { _, _ = c.Get([32]byte{1}), c.Get([32]byte{2}) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

// TestCacheOfOne, or less.
func TestCacheOfOne(t *testing.T) {
	for _, most := range []int{-1, 0, 1} {
		c := New[int, int](most, scattered)
		for key := range 3 {
			c.Set(key, key)
			want(t, c, map[int]int{key: key})
		}
	}
}

func ExampleCache() {
	names := New[int, string](1000, scattered)
	names.Set(1, "roy")
	if name := names.Get(1); name != nil {
		fmt.Println(*name)
	}
	// Output: roy
}
