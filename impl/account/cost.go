package account

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/restauth/restauth/impl/password"
)

// costSample is how many stored hashes tell which cost is usual.
const costSample = 512

// LearnCost looks at the hashes in the table and makes unknown users cost what
// most known ones do, so that time does not tell them apart. Call it at start
// and now and then: tables change. An empty table leaves the cost as it is. What lets
// nobody in is logged in sum, where that is another sum than the last time.
func (s *Service) LearnCost(ctx context.Context) error {
	stored, err := s.users.SampleHashes(ctx, costSample)
	if err != nil {
		return fmt.Errorf("sample stored hashes: %w", err)
	}
	seen := s.look(stored)
	if decoy, ok := dominant(seen.usable); ok {
		s.decoy.Store(&decoy)
	}
	s.report(len(stored), seen.refused)
	return nil
}

// sample is what some stored hashes are.
type sample struct {
	usable  []password.Hash
	refused map[string]int // by why; such words hold nothing of a hash, and are few
}

// look parses stored hashes. What a salt's own column has makes no difference to the cost.
func (s *Service) look(stored []string) sample {
	seen := sample{refused: make(map[string]int)}
	for _, encoded := range stored {
		hash, err := s.hashes.Parse(encoded, "")
		switch {
		case err != nil:
			seen.refused[err.Error()]++
		case hash.Weak() && !s.allowWeak:
			seen.refused["weak: "+hash.Form()+"; --allow-weak-hashes lets it in"]++
		default:
			seen.usable = append(seen.usable, hash)
		}
	}
	return seen
}

// dominant returns a decoy of the most frequent method among the hashes that
// could let someone in; among equals the one met first.
func dominant(usable []password.Hash) (password.Hash, bool) {
	counts := make(map[string]int)
	for _, hash := range usable {
		counts[hash.Method()]++
	}
	var best password.Hash
	most := 0
	for _, hash := range usable {
		if n := counts[hash.Method()]; n > most {
			best, most = hash, n
		}
	}
	if most == 0 {
		return password.Hash{}, false
	}
	return best.Decoy(), true
}

// report logs how many hashes let nobody in, and why.
func (s *Service) report(looked int, refused map[string]int) {
	sum := 0
	reasons := make([]string, 0, len(refused))
	for why, n := range refused {
		sum += n
		reasons = append(reasons, fmt.Sprintf("%d × %s", n, why))
	}
	slices.Sort(reasons)
	text := strings.Join(reasons, "; ")
	if last := s.useless.Swap(&text); sum == 0 || last != nil && *last == text {
		return
	}
	s.log.Warn("there are stored hashes that nobody can log in with", "of_those_looked_at", looked, "unusable", sum, "why", text)
}
