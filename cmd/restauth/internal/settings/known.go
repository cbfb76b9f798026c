package settings

import "time"

// Known says who has logged in before, and is not counted among the strangers who
// guess at a user's password.
type Known struct {
	DeviceTokenLifetime time.Duration `group:"logins" default:"4320h" range:"0s..17520h" placeholder:"TIME" help:"How long the device token of a login is good, by which its client is known at the next: 180 days. 0s answers none, and takes none that was given before."`
}

// Validate is called by kong after parsing.
func (s *Known) Validate() error {
	return checkRanges(s)
}
