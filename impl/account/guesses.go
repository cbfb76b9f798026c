package account

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/throttle"
)

// Limiter bounds how many guesses at passwords are evaluated. A *throttle.Limiter is one.
type Limiter interface {
	// Refused is the *throttle.RefusedError that a stranger's attempt would get, nil
	// where it may be evaluated. It needs no row.
	Refused(attempt throttle.Attempt) error
	// Reserve takes what an attempt needs, or returns a *throttle.RefusedError, or what
	// attempt.MayWait or ctx has for an error.
	Reserve(ctx context.Context, attempt throttle.Attempt) (*throttle.Reservation, error)
}

// refusesGuess is what reserve would return for a stranger, without a query: who has to be
// refused anyway costs none.
func (s *Service) refusesGuess(credentials Credentials, perhapsKnown bool) error {
	if s.limiter == nil || perhapsKnown {
		return nil
	}
	err := s.limiter.Refused(throttle.Attempt{Name: credentials.Username, Address: credentials.Address})
	if err != nil {
		return fmt.Errorf("guess a password: %w", err)
	}
	return nil
}

// reserve takes what an attempt needs of the budgets. found is nil where nobody has the
// name. The gate says whether it may wait for others, by the hash that nobody has: what it
// says is the same whether there is a row. Whom it let wait it serves afterwards.
func (s *Service) reserve(ctx context.Context, found *Record, known Known, credentials Credentials, client *gate.Client) (*throttle.Reservation, error) {
	if s.limiter == nil {
		return nil, nil
	}
	attempt := throttle.Attempt{Name: credentials.Username, Address: credentials.Address, Password: credentials.Password}
	var joined *crowd
	defer func() { s.crowds.leave(joined) }()
	attempt.MayWait = func(at throttle.Kind, behind int) error {
		if err := s.gate.Refuses(*s.decoy.Load(), *client, behind); err != nil {
			return err
		}
		client.Promised = true
		joined = s.crowds.join(*client, at == throttle.KindAddress)
		return nil
	}
	if found != nil {
		attempt.UserID, attempt.Name = personOf(found.User).subject, found.Username
		attempt.Known = known.Is()
		if known.By == ByDevice {
			attempt.Device = hex.EncodeToString(known.Key[:])
		}
	}
	reservation, err := s.limiter.Reserve(ctx, attempt)
	if err != nil {
		return nil, fmt.Errorf("guess a password: %w", err)
	}
	return reservation, nil
}
