package account

import (
	"sync/atomic"

	"github.com/restauth/restauth/impl/recent"
	"github.com/restauth/restauth/impl/token"
)

// Stats is what a Service has done since it was made.
type Stats struct {
	// Tokens is what came of the tokens that were verified.
	Tokens token.Stats
	// Identities is how their users were found.
	Identities Identities
}

// Identities is how the users of good tokens were found.
type Identities struct {
	// Known is how many were known from memory, and Asked how many had to wait for the
	// table.
	Known, Asked uint64
	// Grace is how many got on by an old answer, because the database gave none.
	Grace uint64
	// Remembered is how many users are known now.
	Remembered int
}

type identityCounts struct {
	known        recent.Counter
	asked, grace atomic.Uint64
}

// Stats returns what has been counted. It may be called at any time.
func (s *Service) Stats() Stats {
	counts := &s.identities.counts
	return Stats{Tokens: s.tokens.Stats(), Identities: Identities{
		Known: counts.known.Count(), Asked: counts.asked.Load(), Grace: counts.grace.Load(),
		Remembered: s.identities.known.Len(),
	}}
}
