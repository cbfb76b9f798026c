package token

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/restauth/restauth/impl/recent"
)

// Stats is what Verify has been asked since the Service was made.
type Stats struct {
	// Own is how many tokens passed that have a jti, those of other libraries that write
	// one among them, and Legacy how many that have none: Flask-JWT writes none.
	Own, Legacy Passed
	// Refused is how many did not pass, by reason; each reason is there.
	Refused map[Reason]uint64
	// Remembered is how many tokens are known now.
	Remembered int
}

// Passed is how many tokens passed.
type Passed struct {
	// Known is how many were known to have passed before, and Anew how many passed the
	// long way.
	Known, Anew uint64
}

// Sum is how many passed either way.
func (p Passed) Sum() uint64 { return p.Known + p.Anew }

// reasons are all of them.
func reasons() []Reason {
	return []Reason{
		ReasonMalformed, ReasonAlgorithm, ReasonHeader, ReasonKey, ReasonSignature, ReasonMissingClaim, ReasonInvalidClaim,
		ReasonNotYetValid, ReasonExpired, ReasonIssuer, ReasonAudience, ReasonKind, ReasonSubject,
	}
}

// counts are what Stats is made of.
type counts struct {
	own, legacy passing
	refused     map[Reason]*atomic.Uint64 // never changes
}

type passing struct {
	known recent.Counter
	anew  atomic.Uint64
}

func (p *passing) count() Passed { return Passed{Known: p.known.Count(), Anew: p.anew.Load()} }

func (c *counts) begin() {
	c.refused = make(map[Reason]*atomic.Uint64)
	for _, reason := range reasons() {
		c.refused[reason] = new(atomic.Uint64)
	}
}

// accept counts a token that passed, at the cost of one write that other tokens seldom
// share.
func (c *counts) accept(of digest, claims *Claims, known bool) {
	passing := &c.own
	if claims.ID == "" {
		passing = &c.legacy
	}
	if known {
		passing.known.Add(binary.LittleEndian.Uint64(of[:]))
	} else {
		passing.anew.Add(1)
	}
}

func (c *counts) refuse(reason Reason) {
	if n := c.refused[reason]; n != nil {
		n.Add(1)
	}
}

// Stats returns what has been counted. It may be called at any time.
func (s *Service) Stats() Stats {
	stats := Stats{
		Own: s.counts.own.count(), Legacy: s.counts.legacy.count(),
		Refused: make(map[Reason]uint64, len(s.counts.refused)), Remembered: s.seen.tokens.Len(),
	}
	for reason, n := range s.counts.refused {
		stats.Refused[reason] = n.Load()
	}
	return stats
}
