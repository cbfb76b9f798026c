package account

import "github.com/restauth/restauth/impl/audit"

// DecoyMethod is what unknown users are verified against.
func (s *Service) DecoyMethod() string { return s.decoy.Load().Method() }

// RefusedFor is what the audit says of a login that ended with an error.
func RefusedFor(err error) audit.Reason { return refusedFor(err) }
