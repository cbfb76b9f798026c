package recent

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/maypok86/otter/v2"
)

// The candidates, with keys and values as tokens have them.
type (
	digest [32]byte
	claims [13]uint64
	cached interface {
		get(digest) bool
		set(digest)
	}
)

func place(d digest) uint64 { return binary.LittleEndian.Uint64(d[:]) }

// chained is this package.
type chained struct{ c *Cache[digest, claims] }

func (c chained) get(d digest) bool { v := c.c.Get(d); return v != nil && v[0] == 0 }
func (c chained) set(d digest)      { c.c.Set(d, claims{}) }

// slots are ways places for each set, with or without otter behind.
type slot struct {
	used atomic.Bool
	key  digest
	claims
}

type slots struct {
	ways   int
	places []atomic.Pointer[slot]
	behind *otter.Cache[digest, claims]
}

func (s *slots) in(d digest) []atomic.Pointer[slot] {
	sets := uint64(len(s.places) / s.ways)
	at := int(place(d)%sets) * s.ways
	return s.places[at : at+s.ways]
}

func (s *slots) get(d digest) bool {
	set := s.in(d)
	for i := range set {
		if e := set[i].Load(); e != nil && e.key == d {
			if s.ways > 1 && !e.used.Load() {
				e.used.Store(true)
			}
			return e.claims[0] == 0
		}
	}
	if s.behind == nil {
		return false
	}
	v, ok := s.behind.GetIfPresent(d)
	if ok {
		s.put(d, v)
	}
	return ok
}

func (s *slots) put(d digest, v claims) {
	set := s.in(d)
	victim := 0
	for i := range set {
		if set[i].Load() == nil {
			set[i].Store(&slot{key: d, claims: v})
			return
		}
	}
	for i := range set {
		if e := set[i].Load(); !e.used.Load() {
			victim = i
			break
		} else {
			e.used.Store(false)
		}
	}
	set[victim].Store(&slot{key: d, claims: v})
}

func (s *slots) set(d digest) {
	if s.behind == nil {
		s.put(d, claims{})
	} else {
		s.behind.Set(d, claims{})
	}
}

type otterAlone struct{ c *otter.Cache[digest, claims] }

func (o otterAlone) get(d digest) bool { _, ok := o.c.GetIfPresent(d); return ok }
func (o otterAlone) set(d digest)      { o.c.Set(d, claims{}) }

func newOtter() *otter.Cache[digest, claims] {
	return otter.Must(&otter.Options[digest, claims]{MaximumSize: 1 << 14})
}

func newSlots(places, ways int, behind bool) *slots {
	s := &slots{ways: ways, places: make([]atomic.Pointer[slot], places)}
	if behind {
		s.behind = newOtter()
	}
	return s
}

var candidates = []struct {
	name string
	make func() cached
}{
	{"1024x1+otter", func() cached { return newSlots(1<<10, 1, true) }},
	{"otter", func() cached { return otterAlone{newOtter()} }},
	{"16384x1+otter", func() cached { return newSlots(1<<14, 1, true) }},
	{"16384x4+otter", func() cached { return newSlots(1<<14, 4, true) }},
	{"16384x2", func() cached { return newSlots(1<<14, 2, false) }},
	{"16384x4", func() cached { return newSlots(1<<14, 4, false) }},
	{"32768x4", func() cached { return newSlots(1<<15, 4, false) }},
	{"32768x8", func() cached { return newSlots(1<<15, 8, false) }},
	{"chains", func() cached { return chained{New[digest, claims](1<<14, place)} }},
}

func digests(n int) []digest {
	all := make([]digest, n)
	for i := range all {
		all[i] = sha256.Sum256(binary.LittleEndian.AppendUint64(nil, uint64(i)))
	}
	return all
}

// orders are indexes of keys in the order they come.
func orders() map[string]func() []int {
	inTurn := func(n int) func() []int {
		return func() []int {
			all := make([]int, max(n, 1<<16/n*n))
			for i := range all {
				all[i] = i % n
			}
			return all
		}
	}
	zipf := func(n uint64) func() []int {
		return func() []int {
			z := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.1, 1, n-1)
			all := make([]int, 1<<20)
			for i := range all {
				all[i] = int(z.Uint64())
			}
			return all
		}
	}
	all := map[string]func() []int{"zipf 20000": zipf(20_000), "zipf 1000000": zipf(1_000_000)}
	for _, n := range []int{1, 1_000, 10_000, 16_000, 20_000, 40_000} {
		all[fmt.Sprintf("in turn %d", n)] = inTurn(n)
	}
	return all
}

// BenchmarkCompare is a look, and a set after a miss.
func BenchmarkCompare(b *testing.B) {
	keys := digests(1_000_000)
	for _, order := range []string{"in turn 1", "in turn 1000", "in turn 10000", "in turn 16000", "in turn 20000", "in turn 40000", "zipf 20000", "zipf 1000000"} {
		at := orders()[order]()
		for _, c := range candidates {
			b.Run(order+"/"+c.name, func(b *testing.B) {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				cache := c.make()
				for range 3 {
					for _, i := range at {
						if !cache.get(keys[i]) {
							cache.set(keys[i])
						}
					}
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				var hits, all atomic.Int64
				b.ReportAllocs()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					mine, n := 0, rand.IntN(len(at))
					first := n
					for pb.Next() {
						key := keys[at[n%len(at)]]
						n++
						if cache.get(key) {
							mine++
						} else {
							cache.set(key)
						}
					}
					hits.Add(int64(mine))
					all.Add(int64(n - first))
				})
				b.ReportMetric(100*float64(hits.Load())/float64(all.Load()), "%hits")
				b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/1024, "KiB")
				runtime.KeepAlive(cache)
			})
		}
	}
}
