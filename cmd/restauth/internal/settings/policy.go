package settings

// Policy says which passwords may be set.
type Policy struct {
	MinPasswordLength int `group:"policy" default:"15" range:"8..128" placeholder:"N" help:"The fewest characters a new password may have. Common passwords are refused at any length."`
}

// Validate is called by kong after parsing.
func (s *Policy) Validate() error {
	return checkRanges(s)
}
