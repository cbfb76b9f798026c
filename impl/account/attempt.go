package account

import (
	"context"
	"errors"

	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
	"github.com/restauth/restauth/impl/throttle"
)

// attempt is what the audit is told of a login.
type attempt struct {
	account audit.Account
	form    string
	failed  audit.Reason // why, if the credentials turn out to be wrong
}

// found notes the row. What it is called there says more than what was typed.
func (a *attempt) found(record Record, hash password.Hash, usable bool) {
	a.account = audit.Known(record.ID, record.Username)
	a.failed = audit.ReasonUnusableHash
	if usable {
		a.form, a.failed = hash.Form(), audit.ReasonWrongPassword
	}
}

// repeated notes that the wrong password is one that is known to be.
func (a *attempt) repeated(stale bool) {
	if stale && a.failed == audit.ReasonWrongPassword {
		a.failed = audit.ReasonStalePassword
	}
}

// ended is the event of a login that ended with err.
func (a *attempt) ended(err error) audit.Event {
	e := audit.Event{Kind: audit.KindLogin, Account: a.account, Form: a.form}
	switch {
	case err == nil:
		e.Outcome, e.Reason = audit.OutcomeSuccess, audit.ReasonVerified
	case errors.Is(err, ErrInvalidCredentials):
		e.Outcome, e.Reason = audit.OutcomeFailure, a.failed
	default:
		e.Outcome, e.Reason = audit.OutcomeRefused, refusedFor(err)
	}
	return e
}

// refusedFor is why a login was not looked at, or not to the end.
func refusedFor(err error) audit.Reason {
	var (
		busy      *gate.BusyError
		throttled *throttle.RefusedError
	)
	switch {
	case errors.As(err, &throttled) && throttled.AtOnce:
		return audit.ReasonBusyClient
	case throttled != nil:
		return audit.Reason("budget_" + throttled.Budget.String())
	case errors.As(err, &busy) && busy.OneClient:
		return audit.ReasonBusyClient
	case busy != nil:
		return audit.ReasonBusy
	case errors.Is(err, pool.ErrEnded):
		return audit.ReasonHashingEnded
	case errors.Is(err, context.Canceled):
		return audit.ReasonClientGone
	case errors.Is(err, ErrUnusable):
		return audit.ReasonDatabaseUnusable
	case errors.Is(err, ErrUnavailable):
		return audit.ReasonDatabaseDown
	}
	return audit.ReasonFault
}
