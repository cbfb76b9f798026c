package settings

import (
	"errors"
	"fmt"
	"time"
)

// Known says who has logged in before, and is not counted among the strangers who
// guess at a user's password.
type Known struct {
	DeviceTokenLifetime time.Duration `group:"logins" default:"4320h" range:"0s..17520h" placeholder:"TIME" help:"How long the device token of a login is good, by which its client is known at the next: 180 days. 0s answers none, and takes none that was given before."`
	KnownAddressAge     time.Duration `group:"logins" default:"720h" range:"0s..8760h" placeholder:"TIME" help:"For how long a user is known at an address (IPv6: a /64) after logging in from there: 30 days, in whole days. Kept in --state, as digests, where there is one; else a restart forgets them. 0s knows nobody so."`
}

// Validate is called by kong after parsing.
func (s *Known) Validate() error {
	return errors.Join(checkRanges(s), s.checkDays())
}

// checkDays: of an address the day is kept, so a part of one would be lost.
func (s *Known) checkDays() error {
	if s.KnownAddressAge%(24*time.Hour) != 0 {
		return fmt.Errorf("--known-address-age is %s, but must be whole days, such as 24h or 720h", Spelled(s.KnownAddressAge))
	}
	return nil
}
