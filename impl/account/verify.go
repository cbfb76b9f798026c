package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/throttle"
)

// Verify returns whom the credentials belong to, or ErrInvalidCredentials after the
// same hashing work whatever was wrong, or an error wrapping ErrUnavailable when the
// database could not say, or one wrapping a *gate.BusyError when there are more
// logins than can be hashed, or pool.ErrEnded when what hashed was killed, or one
// wrapping a *throttle.RefusedError when too many guesses have failed. It issues nothing:
// that is Issue's. How it ended is recorded, whatever that was.
func (s *Service) Verify(ctx context.Context, credentials Credentials) (Principal, error) {
	a := attempt{account: audit.Typed(credentials.Username), failed: audit.ReasonUnknownUser}
	principal, err := s.verify(ctx, credentials, &a)
	s.audit.Record(ctx, a.ended(err))
	return principal, err
}

func (s *Service) verify(ctx context.Context, credentials Credentials, a *attempt) (Principal, error) {
	// By the name as it was typed and not by the row it finds: whoever is
	// refused must not learn from it whether there is one.
	client := gate.Client{Address: credentials.Address, Account: strings.ToLower(credentials.Username)}
	client.Known = s.perhapsKnown(ctx, credentials)
	decoy := *s.decoy.Load()
	if err := s.refusesGuess(credentials, client.Known); err != nil {
		return Principal{}, err // Without a query.
	}
	if err := s.gate.Refuses(decoy, client, s.crowds.before(client, credentials.DeviceToken == "")); err != nil {
		return Principal{}, fmt.Errorf("verify the password: %w", err) // Without a query.
	}
	begun := time.Now()
	record, err := s.users.FindByUsername(ctx, credentials.Username)
	if err != nil && !errors.Is(err, ErrUserNotFound) {
		return Principal{}, fmt.Errorf("find the user: %w", err)
	}
	hash, usable := decoy, false
	known := s.knows(ctx, record, err == nil, credentials)
	client.Known = known.Is()
	var found *Record
	if err == nil {
		hash, usable = s.stored(ctx, record)
		a.found(record, hash, usable)
		found = &record
	}
	lookUp := time.Since(begun)
	reserved, err := s.reserve(ctx, found, known, credentials, &client)
	if err != nil {
		s.levelOut(lookUp)
		return Principal{}, err
	}
	defer reserved.Cancel() // where it was not evaluated
	match, err := s.matches(ctx, hash, decoy, credentials.Password, client, reserved)
	if err != nil {
		return Principal{}, err
	}
	if !match || !usable {
		a.repeated(reserved.Fail())
		s.levelOut(lookUp)
		return Principal{}, ErrInvalidCredentials
	}
	reserved.Succeed()
	if hash.Weak() {
		s.warnOnce(ctx, record, audit.ReasonWeakHash, hash.Method(), "")
	}
	s.addresses.note(record.ID, credentials.Address)
	return s.verified(record), nil
}

// matches verifies the password, in each spelling that it may have been hashed in. One
// that was evaluated and wrong is not given back because there was no room for the next.
func (s *Service) matches(ctx context.Context, hash, decoy password.Hash, typed string, client gate.Client, reserved *throttle.Reservation) (bool, error) {
	for i, spelling := range s.hashes.Spellings(typed) {
		match, err := s.gate.VerifyAs(ctx, hash, decoy, spelling, client)
		switch {
		case err != nil && i > 0:
			reserved.Fail()
			fallthrough
		case err != nil:
			return false, fmt.Errorf("verify the password: %w", err)
		case match:
			return true, nil
		}
	}
	return false, nil
}

// stored returns what to verify against: the record's hash, or the decoy where
// that cannot be used, so that a broken row answers like a wrong password.
func (s *Service) stored(ctx context.Context, record Record) (password.Hash, bool) {
	decoy := *s.decoy.Load()
	if record.Claims.Unfit {
		return decoy, false // the table has said what is wrong with the row
	}
	if record.PasswordHash == "" {
		s.warnOnce(ctx, record, audit.ReasonNoPassword, "", "")
		return decoy, false
	}
	hash, err := s.hashes.Parse(record.PasswordHash, record.Salt)
	if err != nil {
		s.warnOnce(ctx, record, reason(err), "", err.Error())
		return decoy, false
	}
	if hash.Weak() && !s.allowWeak {
		s.warnOnce(ctx, record, audit.ReasonWeakHashRefused, hash.Method(), "")
		return decoy, false
	}
	return hash, true
}

// reason names what is wrong with a stored hash in words that are known to
// hold nothing of it.
func reason(err error) audit.Reason {
	switch {
	case errors.Is(err, password.ErrTooCostly):
		return audit.ReasonCostlyHash
	case errors.Is(err, password.ErrNotEnabled):
		return audit.ReasonHashNotEnabled
	case errors.Is(err, password.ErrUnsupported):
		return audit.ReasonUnsupportedHash
	default:
		return audit.ReasonMalformedHash
	}
}
