package main

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/impl/password"
)

// gateSettings say what checking passwords may take of the machine.
type gateSettings struct {
	LoginThreads   int           `group:"logins" default:"0" range:"0..1024" placeholder:"N" help:"Threads that may check passwords at once; 0 is one for each core."`
	LoginQueue     int           `group:"logins" default:"128" range:"1..1000" placeholder:"N" help:"Logins that may wait for them; more are refused with 503, or 429 where one client is why."`
	LoginMaxWait   time.Duration `group:"logins" default:"1s" range:"10ms..10s" placeholder:"TIME" help:"How long one may wait. Who would have to wait longer is refused at once; who was admitted is served, unless the machine becomes so slow that five times that passes."`
	LoginMemory    int           `group:"logins" default:"256" range:"128..1048576" placeholder:"MIB" help:"Memory that checking may take at once, in MiB."`
	TrustedProxies []string      `group:"logins" placeholder:"NETWORK" help:"Proxies whose X-Forwarded-For says who the client is, such as 10.0.0.0/8. Clients share the queue fairly; behind a proxy that is not named here they count as one."`

	// As in world.
	child []string
	cores int
}

// childCommand is what serve starts to have passwords checked. It is no command
// for people, so no help shows it.
const childCommand = "check-passwords"

func runChild(w world) int {
	if err := password.ServeChild(w.args[1:]); err != nil {
		return fail(w, exitFailed, "", err)
	}
	return exitOK
}

// Validate is called by kong after parsing.
func (s *gateSettings) Validate() error {
	var proxies error
	if err := api.CheckProxies(s.TrustedProxies); err != nil {
		proxies = fmt.Errorf("--trusted-proxies: %w", err)
	}
	return errors.Join(
		checkRanges(s),
		proxies,
	)
}

// threads is how many check passwords at once.
func (s *gateSettings) threads() int {
	if s.LoginThreads == 0 {
		return s.cores
	}
	return s.LoginThreads
}

// makeRoom lets Go's scheduler run the gate's threads beside its own: without, a
// request would wait for a thread that hashes, and hashing stands back behind
// requests only where both are the operating system's to choose from. See
// docs/decisions/0007.
func (s *gateSettings) makeRoom() {
	if wanted := s.cores + s.threads(); runtime.GOMAXPROCS(0) != wanted {
		runtime.GOMAXPROCS(wanted)
	}
}

func (s *gateSettings) gate(log *slog.Logger) (*password.Gate, error) {
	gate, err := password.NewGate(password.GateConfig{
		Slots:       s.threads(),
		QueueLimit:  s.LoginQueue,
		MaxWait:     s.LoginMaxWait,
		MemoryLimit: int64(s.LoginMemory) << 20,
		Niceness:    gateNiceness,
		Child:       s.child,
		Logger:      log,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the checking of passwords: %w", err)
	}
	return gate, nil
}

// gateNiceness is how far hashing stands back, as in nice(1), where the machine is
// so busy that farther back it would stand still: a tenth of what others get.
const gateNiceness = 10

// identitySettings say how old an answer of the user table may be.
type identitySettings struct {
	IdentityMaxAge      time.Duration `group:"token" default:"1s" range:"0s..5m" placeholder:"TIME" help:"How soon a deleted or renamed user is noticed: the table is asked once in this time for each; 0s asks for every request."`
	IdentityOutageGrace time.Duration `group:"token" default:"30s" range:"0s..1h" placeholder:"TIME" help:"How long tokens of users seen before are good while the database cannot be reached; then 503."`
}

// Validate is called by kong after parsing.
func (s *identitySettings) Validate() error {
	return checkRanges(s)
}
