package settings

import (
	"errors"
	"fmt"
	"time"

	"github.com/restauth/restauth/api"
)

// Logins says who may log in, and what checking passwords may take of the machine.
type Logins struct {
	AllowWeakHashes bool          `group:"logins" default:"true" negatable:"" help:"Let in users whose stored hash is a salted digest or plain text; each is logged once."`
	LoginThreads    int           `group:"logins" default:"0" range:"0..1024" placeholder:"N" help:"Cores on which passwords may be checked at once; 0 is all of them. Each has two threads: one runs many hashes that can be interleaved, one runs any other to its end."`
	LoginQueue      int           `group:"logins" default:"128" range:"1..1000" placeholder:"N" help:"Logins that may wait for them; more are refused with 503, or 429 where one client is why."`
	LoginMaxWait    time.Duration `group:"logins" default:"1s" range:"10ms..10s" placeholder:"TIME" help:"How long one may wait. Who would have to wait longer is refused at once; who was admitted is served, unless the machine becomes so slow that five times that passes."`
	LoginMemory     int           `group:"logins" default:"256" range:"128..1048576" placeholder:"MIB" help:"Memory that checking may take at once, in MiB."`
	TrustedProxies  []string      `group:"logins" placeholder:"NETWORK" help:"Proxies whose X-Forwarded-For says who the client is, such as 10.0.0.0/8. Clients share the queue fairly; behind a proxy that is not named here they count as one."`
}

// Validate is called by kong after parsing.
func (s *Logins) Validate() error {
	var proxies error
	if err := api.CheckProxies(s.TrustedProxies); err != nil {
		proxies = fmt.Errorf("--trusted-proxies: %w", err)
	}
	return errors.Join(
		checkRanges(s),
		proxies,
	)
}

// Threads is how many check passwords at once, on a machine with so many cores.
func (s *Logins) Threads(cores int) int {
	if s.LoginThreads == 0 {
		return cores
	}
	return s.LoginThreads
}
