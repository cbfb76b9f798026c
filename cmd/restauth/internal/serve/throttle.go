package serve

import (
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/keys"
	"github.com/restauth/restauth/impl/throttle"
)

// budgets are what the settings allow.
type budgets struct{ account, known, address throttle.Budget }

func budgetsOf(s *settings.Guesses) (b budgets) {
	if !s.Throttle {
		return b
	}
	if s.ThrottleAccount > 0 {
		b.account = throttle.OfAccount(s.ThrottleAccount, s.ThrottleAccountWait)
	}
	if s.ThrottleKnown > 0 {
		b.known = throttle.OfAccount(s.ThrottleKnown, s.ThrottleAccountWait)
	}
	if s.ThrottleAddress > 0 {
		b.address = throttle.OfAddress(s.ThrottleAddress, s.ThrottleAddressWait)
	}
	return b
}

// newLimiter returns nil where nothing is bounded.
func (a *App) newLimiter(ring *keys.Ring) (*throttle.Limiter, error) {
	if !a.settings.Throttle {
		return nil, nil
	}
	secret, err := ring.Derive(throttle.KeyPurpose)
	if err != nil {
		return nil, fmt.Errorf("set up the counting of failed logins: %w", err)
	}
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails: it ends the process instead
	b := budgetsOf(&a.settings.Guesses)
	cfg := throttle.Config{
		Account: b.account, Known: b.known, Address: b.address,
		Secret: secret, Random: random, MaxWait: a.settings.LoginMaxWait, Logger: a.log.Logger,
	}
	if a.state.State != nil {
		cfg.Store = a.state.Guesses()
	}
	limiter, err := throttle.New(cfg)
	if err != nil {
		return nil, fmt.Errorf("set up the counting of failed logins: %w", err)
	}
	return limiter, nil
}

// limits is the domain's port: nil in it where nothing is bounded.
func limits(l *throttle.Limiter) account.Limiter {
	if l == nil {
		return nil
	}
	return l
}

// nistMost is how many guesses at an account NIST SP 800-63B-4, section 3.2.2, lets fail.
const nistMost = 100

// ExplainGuesses says in words what the settings allow, a sentence a line.
func ExplainGuesses(s *settings.Guesses, shared bool) string {
	if !s.Throttle {
		return "No login is refused for those that failed before: whoever can reach the server may guess as fast as it hashes.\n"
	}
	var (
		text strings.Builder
		b    = budgetsOf(s)
	)
	say := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	if s.ThrottleAccount > 0 {
		most := b.account.Within(throttle.Month)
		say("At most %d guesses of an account by strangers are evaluated in 30 days; after %d the wait grows from a minute to %s.",
			most, s.ThrottleAccount, settings.Spelled(s.ThrottleAccountWait))
		if most > nistMost {
			say("That is more than the %d of NIST SP 800-63B; lower --throttle-account, or raise --throttle-account-wait.", nistMost)
		}
	} else {
		say("Strangers may guess at one account as often as they like, from ever new addresses.")
	}
	if s.ThrottleKnown > 0 {
		say("From each device and address where its user is known, %d more; no stranger uses them up.", b.known.Within(throttle.Month))
	} else {
		say("Who is known, by a device token or an address, may guess at that account as often as they like.")
	}
	if s.ThrottleAddress > 0 {
		say("At most %d guesses from an address are evaluated at once, and %d in a day, at whatever accounts.",
			b.address.Most(), b.address.Within(24*time.Hour))
	} else {
		say("One address may guess at as many accounts as it likes.")
	}
	if shared {
		say("Servers that share the state count together: each further one lets at most one guess more pass before it knows.")
	} else {
		say("Each server counts for itself, and anew when it starts: times the servers, and %d guesses of an account more for each start. --state has them count together.", b.account.Most())
	}
	return text.String()
}

// sumUp says at the end what was refused.
func (a *App) sumUp() {
	if a.limiter == nil {
		return
	}
	refused := map[throttle.Kind]uint64{}
	var all uint64
	for _, kind := range []throttle.Kind{throttle.KindAccount, throttle.KindKnown, throttle.KindAddress} {
		refused[kind] = a.limiter.Refusals(kind)
		all += refused[kind]
	}
	if all > 0 {
		a.log.Info("logins were refused because too many had failed", "account", refused[throttle.KindAccount],
			"known", refused[throttle.KindKnown], "address", refused[throttle.KindAddress])
	}
}

// stateLag is for how long the state has not been in step with this process, or what it
// counts has not been with the state.
func (a *App) stateLag() time.Duration {
	lag := a.state.lag()
	if a.limiter != nil {
		lag = max(lag, a.limiter.Alone())
	}
	return lag
}
