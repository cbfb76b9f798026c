package account

import (
	"context"
	"fmt"

	"github.com/restauth/restauth/impl/password"
)

// costSample is how many stored hashes tell which cost is usual.
const costSample = 512

// LearnCost looks at the hashes in the table and makes unknown users cost what
// most known ones do, so that time does not tell them apart. Call it at start
// and now and then: tables change. An empty table leaves the cost as it is.
func (s *Service) LearnCost(ctx context.Context) error {
	stored, err := s.users.SampleHashes(ctx, costSample)
	if err != nil {
		return fmt.Errorf("sample stored hashes: %w", err)
	}
	if decoy, ok := dominant(stored, s.allowWeak); ok {
		s.decoy.Store(&decoy)
	}
	return nil
}

// dominant returns a decoy of the most frequent method among the hashes that
// could let someone in; among equals the one met first.
func dominant(stored []string, allowWeak bool) (password.Hash, bool) {
	counts := make(map[string]int)
	var best password.Hash
	most := 0
	parsed := make([]password.Hash, 0, len(stored))
	for _, encoded := range stored {
		hash, err := password.Parse(encoded)
		if err != nil || (hash.Weak() && !allowWeak) {
			continue
		}
		counts[hash.Method()]++
		parsed = append(parsed, hash)
	}
	for _, hash := range parsed {
		if n := counts[hash.Method()]; n > most {
			best, most = hash, n
		}
	}
	if most == 0 {
		return password.Hash{}, false
	}
	return best.Decoy(), true
}
