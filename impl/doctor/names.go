package doctor

import (
	"hash/maphash"
	"math/bits"
)

// nameSet remembers which names it has seen, in eight bytes each: 56 bits of a digest of
// what the collation compares, and 8 of one of the bytes themselves. Of two million names
// one pair in some ten thousand tables is taken for equal that is not.
//
// When it is full it forgets a half, always the same names, and from then on counts each
// for two: what it says of a table with many millions is an estimate.
type nameSet struct {
	seed   maphash.Seed
	slots  []uint64 // 0 is free
	used   int
	sparse uint // of 2^sparse names one is remembered
}

// mostSlots bounds what a set takes, to 12 MB.
const mostSlots = 1_500_000

func newNameSet(expected int64) *nameSet {
	return &nameSet{seed: maphash.MakeSeed(), slots: make([]uint64, min(max(expected*3/2, 1024), mostSlots))}
}

// weight is how many names each that is remembered stands for.
func (s *nameSet) weight() int64 { return 1 << s.sparse }

// add reports whether a name was seen before, and whether it was by the same bytes.
func (s *nameSet) add(sortKey, exact []byte) (seen, same bool) {
	value := maphash.Bytes(s.seed, sortKey)&^0xff | maphash.Bytes(s.seed, exact)&0xff
	if value == 0 {
		value = 1 << 8
	}
	if !s.remembers(value) {
		return false, false
	}
	at, old := s.find(s.slots, value)
	if old != 0 {
		return true, old == value
	}
	s.slots[at] = value
	if s.used++; s.used > len(s.slots)*4/5 {
		s.grow()
	}
	return false, false
}

func (s *nameSet) remembers(value uint64) bool { return value>>8&(1<<s.sparse-1) == 0 }

// find is the slot of a name that is equal, or a free one for it.
func (s *nameSet) find(slots []uint64, value uint64) (at int, old uint64) {
	high, _ := bits.Mul64(value, uint64(len(slots)))
	for at = int(high); ; at++ { //nolint:gosec // less than the number of slots
		if at == len(slots) {
			at = 0
		}
		if old = slots[at]; old == 0 || old>>8 == value>>8 {
			return at, old
		}
	}
}

// grow makes room.
func (s *nameSet) grow() {
	size := min(len(s.slots)*8/5, mostSlots)
	if len(s.slots) == mostSlots {
		s.sparse++
	}
	slots := make([]uint64, size)
	s.used = 0
	for _, value := range s.slots {
		if value != 0 && s.remembers(value) {
			at, _ := s.find(slots, value)
			slots[at] = value
			s.used++
		}
	}
	s.slots = slots
}
