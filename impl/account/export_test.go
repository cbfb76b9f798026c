package account

import (
	"context"
	"errors"
	"time"

	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/userid"
)

// DecoyMethod is what unknown users are verified against.
func (s *Service) DecoyMethod() string { return s.decoy.Load().Method() }

// Knows is how whoever brings the credentials is known, by the row that is there.
func (s *Service) Knows(ctx context.Context, credentials Credentials) (Known, error) {
	record, err := s.users.FindByUsername(ctx, credentials.Username)
	if err != nil && !errors.Is(err, ErrUserNotFound) {
		return Known{}, err
	}
	return s.knows(ctx, record, err == nil, credentials), nil
}

// KnowsRow is Knows without looking for the row.
func (s *Service) KnowsRow(ctx context.Context, record Record, found bool, credentials Credentials) Known {
	return s.knows(ctx, record, found, credentials)
}

// PerhapsKnown is what is asked before the row is looked up.
func (s *Service) PerhapsKnown(ctx context.Context, credentials Credentials) bool {
	return s.perhapsKnown(ctx, credentials)
}

// RefusedFor is what the audit says of a login that ended with an error.
func RefusedFor(err error) audit.Reason { return refusedFor(err) }

// Closed reports whether Close was called, and no more work is begun.
func (s *Service) Closed() bool {
	s.identities.mu.Lock()
	defer s.identities.mu.Unlock()
	return s.identities.closed
}

// SleepsLikeTests has it sleep as time.Sleep does, which in synctest's bubbles moves time.
func (s *Service) SleepsLikeTests() {
	s.sleepUntil = func(end time.Time) { time.Sleep(time.Until(end)) }
}

// WantAhead tells what asks ahead of a user of whom was asked then, by a request that looked
// at the clock at now.
func (s *Service) WantAhead(id userid.ID, asked, now time.Time) {
	s.identities.ahead.want(id, &remembered{identity: identity{found: true, asked: asked}}, now)
}
