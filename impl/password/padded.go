package password

import "time"

// Padded returns the hash as one that a wrong password is verified against at the cost
// of pad too, which nothing matches. A right one costs what it did.
func (h Hash) Padded(pad Hash) Hash {
	pad.decoy, pad.pad = true, nil
	h.pad = &pad
	return h
}

// Pad returns what a wrong password goes on to be verified against, if there is such.
func (h Hash) Pad() (pad Hash, ok bool) {
	if h.pad == nil {
		return Hash{}, false
	}
	return *h.pad, true
}

// Remainder returns what a verification of h lacks of one of usual, where the two can be
// compared without a clock: all of it where h is one round of a digest, and rounds where
// both are PBKDF2 with one digest. It reports false where they cannot, and the zero Hash
// where h lacks nothing.
func (h Hash) Remainder(usual Hash) (rest Hash, ok bool) {
	if h.Weak() {
		return usual.Decoy(), true
	}
	own, isOwn := h.scheme.(pbkdf2Scheme)
	all, isAll := usual.scheme.(pbkdf2Scheme)
	if !isOwn || !isAll || own.alg.name != all.alg.name || h.Interleaves() != usual.Interleaves() {
		return Hash{}, false
	}
	lacking := all.rounds() - own.rounds()
	if lacking <= 0 {
		return Hash{}, true
	}
	all.iterations, all.blocks = lacking, 0
	return decoy(all, len(usual.salt), min(len(usual.digest), all.alg.size)), true
}

// Filler returns a decoy that takes about so long on a core that has nothing else to do,
// or the zero Hash for less than its least.
func (k Kernel) Filler(d time.Duration) Hash {
	fill := Hash{scheme: pbkdf2Scheme{alg: fillerAlgorithm(), iterations: 1}}
	rounds := min(int64(d/k.iteration(fill, false)), maxIterations)
	if rounds < 1 {
		return Hash{}
	}
	return decoy(pbkdf2Scheme{alg: fillerAlgorithm(), iterations: int(rounds)}, newSaltSize, fillerAlgorithm().size)
}

func fillerAlgorithm() algorithm {
	alg, _ := findAlgorithm("sha256") // which there is
	return alg
}
