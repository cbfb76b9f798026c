package settings

import (
	"errors"
	"time"
)

// Guesses says how many guesses at passwords are evaluated.
type Guesses struct {
	Throttle            bool          `group:"guesses" default:"true" negatable:"" help:"Refuse logins with 429 after too many that failed. Off, whoever can reach the server may guess as fast as it hashes."`
	ThrottleAccount     int           `group:"guesses" default:"10" range:"0..50" placeholder:"N" help:"Failures at one account, from wherever, before strangers have to wait: a minute, then twice as long each time. 0 sets no bound."`
	ThrottleAccountWait time.Duration `group:"guesses" default:"10h" range:"1h..720h" placeholder:"TIME" help:"The longest that they wait, in whole seconds, and the time in which one failure is forgotten."`
	ThrottleKnown       int           `group:"guesses" default:"10" range:"0..50" placeholder:"N" help:"The same for whoever is known to the account, by a device token or the address of an earlier login. Each device and each address has its own, which no stranger uses up."`
	ThrottleAddress     int           `group:"guesses" default:"100" range:"0..10000" placeholder:"N" help:"Failures from one address, at whatever accounts, before it has to wait; of IPv6 a network of 64 bits is one. Behind a proxy that --trusted-proxies does not name, all clients are one address. 0 sets no bound."`
	ThrottleAddressWait time.Duration `group:"guesses" default:"10m" range:"1m..24h" placeholder:"TIME" help:"The time in which one of an address's failures is forgotten, in whole seconds."`
}

// Validate is called by kong after parsing.
func (s *Guesses) Validate() error {
	return errors.Join(
		checkRanges(s),
		checkWhole("throttle-account-wait", s.ThrottleAccountWait),
		checkWhole("throttle-address-wait", s.ThrottleAddressWait),
	)
}
