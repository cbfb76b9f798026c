package doctor

import (
	"hash/maphash"
	"math/bits"
)

// nameSet remembers which names it has seen, in ten bytes each: 56 bits of a digest of
// what the collation compares, and 24 of one of the bytes themselves. Of two million names
// one pair in some ten thousand tables is taken for equal that is not, and of 16 million
// pairs that are equal one for the same.
//
// When it is full it forgets a half, always the same names, and from then on counts each
// for two: what it says of a table with many millions is an estimate.
type nameSet struct {
	seed   maphash.Seed
	slots  []entry // with the value 0 one is free
	rests  []uint16
	used   int
	sparse uint // of 2^sparse names one is remembered
}

// entry is 56 bits of what is compared, and 8 of the bytes. 16 more of them stand in
// nameSet.rests at the same place.
type entry uint64

// equals reports whether the collation takes both names for one.
func (e entry) equals(other entry) bool { return e>>8 == other>>8 }

const (
	// mostSlots bounds what a set takes, to 15 MB.
	mostSlots = 1_500_000
	// mostSpellings is how many ways to write what the collation takes for one name are
	// remembered. There are collations that take all emojis for one.
	mostSpellings = 8
)

func newNameSet(expected int64) *nameSet {
	s := &nameSet{seed: maphash.MakeSeed()}
	s.resize(int(min(max(expected*3/2, 1024), mostSlots)))
	return s
}

func (s *nameSet) resize(size int) {
	s.slots, s.rests, s.used = make([]entry, size), make([]uint16, size), 0
}

// weight is how many names each that is remembered stands for.
func (s *nameSet) weight() int64 { return 1 << s.sparse }

// add reports whether a name was seen before, and whether it was by the same bytes.
func (s *nameSet) add(sortKey, exact []byte) (seen, same bool) {
	bytes := maphash.Bytes(s.seed, exact)
	e, rest := entry(maphash.Bytes(s.seed, sortKey)&^0xff|bytes&0xff), uint16(bytes>>8&0xffff)
	if e == 0 {
		e = 1 << 8
	}
	if !s.remembers(e) {
		return false, false
	}
	at, spellings, same := s.find(e, rest)
	if !same && spellings < mostSpellings {
		s.slots[at], s.rests[at] = e, rest
		if s.used++; s.used > len(s.slots)*4/5 {
			s.grow()
		}
	}
	return spellings > 0, same
}

func (s *nameSet) remembers(e entry) bool { return e>>8&(1<<s.sparse-1) == 0 }

// find is the slot of a name, or else a free one for it, and in how many ways what equals
// it was written until there.
func (s *nameSet) find(e entry, rest uint16) (at, spellings int, same bool) {
	high, _ := bits.Mul64(uint64(e), uint64(len(s.slots)))
	for at = int(high); s.slots[at] != 0; at++ { //nolint:gosec // less than the number of slots
		if s.slots[at].equals(e) {
			if spellings++; s.slots[at] == e && s.rests[at] == rest {
				return at, spellings, true
			}
		}
		if at == len(s.slots)-1 {
			at = -1
		}
	}
	return at, spellings, false
}

// grow makes room.
func (s *nameSet) grow() {
	slots, rests := s.slots, s.rests
	if len(slots) == mostSlots {
		s.sparse++
	}
	s.resize(min(len(slots)*8/5, mostSlots))
	for i, e := range slots {
		if e != 0 && s.remembers(e) {
			at, _, _ := s.find(e, rests[i])
			s.slots[at], s.rests[at] = e, rests[i]
			s.used++
		}
	}
}
