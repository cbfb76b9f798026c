package account

// DecoyMethod is what unknown users are verified against.
func (s *Service) DecoyMethod() string { return s.decoy.Load().Method() }
