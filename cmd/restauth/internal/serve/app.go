package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/cmd/restauth/internal/httpconn"
	"github.com/restauth/restauth/cmd/restauth/internal/logs"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/metrics"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/password/pool"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/throttle"
)

const (
	// RetryEvery is how soon a database that comes up is noticed, and retryLasting
	// how soon that somebody put right what kept it from being used: a server may
	// lock out who asks too often with a wrong password.
	RetryEvery   = 500 * time.Millisecond
	retryLasting = 2 * time.Second
	// learnEvery is how often the usual cost of a login is looked up again.
	learnEvery = 5 * time.Minute
)

var (
	errShuttingDown = errors.New("the server is shutting down")
	errUnchecked    = errors.New("the user table has not been checked yet")
)

// Config is what a server is made of.
type Config struct {
	Settings *settings.Serve
	Secret   []byte // what Secret returned
	BaseURL  string // where clients reach the server: the contract names it
	Log      logs.Log
	Cores    int                               // processors that this process may use
	Quota    func() pool.Quota                 // what the container may take of processors; nil for no limit
	Periods  func(group string) (uint64, bool) // in which that is counted, so far; nil: not known
	Memory   int64                             // bytes that the container may take, 0 for no limit
	Files    int                               // descriptors that this process may have open; 0 is not known
	Child    []string                          // arguments with which this program comes to hash; none: it cannot
	Build    []any                             // which program this is, as attributes of a line of the log
	Metrics  net.Listener                      // where --metrics-listen says, nil for nowhere
	Hangups  <-chan os.Signal                  // each opens the audit file anew, and has the certificate looked at
}

// App is the assembled server without its listener.
type App struct {
	users    userTable
	embedded *state.Embedded // users where they are embedded, else nil
	state    kept
	watch    *watch // users, as everybody but check asks it
	accounts *account.Service
	gate     *gate.Gate        // nil until assembled
	limiter  *throttle.Limiter // nil until assembled, and where nothing is bounded
	handler  http.Handler
	log      logs.Log
	audit    trail
	metrics  *metrics.Metrics // nil where nobody reads them
	operate  net.Listener     // where they are read, or nil
	settings *settings.Serve
	threads  int // that check passwords
	build    []any
	hangups  <-chan os.Signal
	bounded  httpconn.Bounds
	cert     *certificate // nil without TLS

	checked  atomic.Bool // the table was found to be as it must
	draining atomic.Bool
}

// New puts the parts together. It opens the database but asks nothing of it that
// a server may do without: that is Check's.
func New(ctx context.Context, cfg Config) (*App, error) {
	if err := checkDialect(cfg.Settings); err != nil {
		return nil, err
	}
	cert, err := openCertificate(&cfg.Settings.Server, cfg.Log.Logger, time.Now)
	if err != nil {
		return nil, err
	}
	opened, err := servedConfig(cfg.Settings, cfg.Log.Logger)
	if err != nil {
		return nil, err
	}
	table, embedded, err := openUsers(ctx, opened, cfg.Settings.Embedded(), false)
	if err != nil {
		return nil, err
	}
	kept, err := openState(ctx, &cfg.Settings.State, &cfg.Settings.Users, false, cfg.Log.Logger)
	if err != nil {
		return nil, errors.Join(err, table.Close())
	}
	if err := kept.of(embedded); err != nil {
		return nil, errors.Join(err, table.Close())
	}
	a := newApp(table, embedded, kept, cfg)
	a.cert = cert
	if err := a.assemble(ctx, cfg); err != nil {
		return nil, errors.Join(err, kept.close(), table.Close(), a.audit.close())
	}
	return a, nil
}

func newApp(table userTable, embedded *state.Embedded, kept kept, cfg Config) *App {
	return &App{
		users: table, embedded: embedded, state: kept, watch: newWatch(table, cfg.Log.Logger, cfg.Settings.RedactedURL(), time.Now),
		log: cfg.Log, settings: cfg.Settings, threads: cfg.Settings.Threads(cfg.Cores), build: cfg.Build, operate: cfg.Metrics, hangups: cfg.Hangups,
	}
}

func (a *App) assemble(ctx context.Context, cfg Config) error {
	a.measure(buildOf(cfg.Build))
	var err error
	if a.audit, err = openTrail(a.audited(), &a.settings.AuditTo, a.log.Logger); err != nil {
		return err
	}
	secret, err := orKept(ctx, &a.settings.Token, cfg.Secret, a.embedded)
	if err != nil {
		return err
	}
	tokens, ring, err := newTokens(&a.settings.Token, secret, a.users.IDs)
	if err != nil {
		return err
	}
	hashes, err := hashOptions(a.settings, a.log.Logger)
	if err != nil {
		return err
	}
	gate, err := newGate(&cfg)
	if err != nil {
		return err
	}
	a.gate = gate
	if a.limiter, err = a.newLimiter(ring); err != nil {
		return err
	}
	a.accounts, err = account.New(account.Config{
		Users:               a.watch,
		Tokens:              tokens,
		Keys:                ring,
		Gate:                gate,
		AllowWeakHashes:     a.settings.AllowWeakHashes,
		Hashes:              hashes,
		IdentityMaxAge:      a.settings.IdentityMaxAge,
		IdentityOutageGrace: a.settings.IdentityOutageGrace,
		DeviceLifetime:      a.settings.DeviceTokenLifetime,
		KnownAddressAge:     a.settings.KnownAddressAge,
		Addresses:           a.state.addresses(),
		Audit:               a.audit.Trail,
		Limiter:             limits(a.limiter),
		Logger:              a.log.Logger,
	})
	if err != nil {
		return fmt.Errorf("set up accounts: %w", err)
	}
	if a.bounded, err = a.bounds(cfg.Files, cfg.Settings.Threads(cfg.Cores)); err != nil {
		return err
	}
	return a.serveAPI(cfg.BaseURL)
}

// serveAPI makes the handler of the contract, and has what it does counted.
func (a *App) serveAPI(baseURL string) (err error) {
	server := impl.New(impl.Config{Accounts: a.accounts, Ready: a.ready})
	config := api.Config{
		Server:         server.Bind(),
		Schemes:        server.Schemes(),
		Logger:         a.log.Logger,
		AccessLog:      a.log.Access,
		PublicURL:      baseURL,
		Docs:           a.settings.Docs,
		Probes:         impl.Probes(),
		CORSOrigins:    a.settings.CORSOrigins,
		TrustedProxies: a.settings.TrustedProxies,
	}
	dialect(a.settings).Apply(&config)
	if a.metrics != nil {
		config.Observe = a.answered
		a.metrics.Collect(a.sources())
	}
	if a.handler, err = api.New(config); err != nil {
		return fmt.Errorf("set up the API: %w", err)
	}
	return nil
}

// audited is how the server's own trail is made.
func (a *App) audited() audit.Config {
	cfg := audit.Config{Logger: a.log.Logger, HideUnknownNames: !a.settings.AuditUnknownNames}
	if a.metrics != nil {
		cfg.Observe = a.recorded
	}
	return cfg
}

func newGate(cfg *Config) (*gate.Gate, error) {
	memory, child := hashingMemory(cfg.Settings.LoginMemory, cfg.Memory, cfg.Log.Logger)
	bounded, err := pool.NewGate(pool.Config{
		Slots:    cfg.Settings.Threads(cfg.Cores),
		Niceness: gateNiceness,
		Child:    cfg.Child,
		Quota:    cfg.Quota,
		Periods:  cfg.Periods,
		Memory:   child,
		Logger:   cfg.Log.Logger,
	}, gate.Config{
		QueueLimit:  cfg.Settings.LoginQueue,
		MaxWait:     cfg.Settings.LoginMaxWait,
		MemoryLimit: memory,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the checking of passwords: %w", err)
	}
	return bounded, nil
}

// gateNiceness is how far hashing stands back, as in nice(1), where the machine is
// so busy that farther back it would stand still: a tenth of what others get.
const gateNiceness = 10

// ready is what /readyz asks.
func (a *App) ready(ctx context.Context) error {
	switch {
	case a.draining.Load():
		return errShuttingDown
	case !a.checked.Load():
		return errors.Join(errUnchecked, a.watch.wrong())
	}
	return a.watch.Ready(ctx)
}

// check looks the table over until it was once found right, and learns what a
// login usually costs. A failure to learn is no failure of the check.
func (a *App) check(ctx context.Context) error {
	if !a.checked.Load() {
		if err := a.users.Check(ctx); err != nil {
			return err
		}
		a.checked.Store(true)
	}
	if err := a.accounts.LearnCost(ctx); err != nil && !errors.Is(err, account.ErrUnavailable) { // else it is said by watch
		a.log.Warn("the usual cost of a login could not be learnt; will try again", "error", err)
	}
	return nil
}

// tend goes on with check's work until ctx ends: often while the table is not
// known to be right, or fails, so that a database that was down heals without a
// restart and the log has the end of it; seldom otherwise.
func (a *App) tend(ctx context.Context) {
	learn := time.NewTicker(learnEvery)
	defer learn.Stop()
	for {
		wrong := !a.checked.Load() || a.watch.failing.Load()
		select {
		case <-ctx.Done():
			return
		case <-a.watch.woken:
			continue // how long to wait has changed
		case <-learn.C:
		case <-after(wrong, a.retryAfter()):
		}
		if wrong {
			if err := a.users.Check(ctx); err != nil {
				a.watch.note(ctx, err)
				continue
			}
			a.watch.sound(ctx)
			if a.checked.Load() {
				continue // no need to learn
			}
		}
		if err := a.check(ctx); err != nil {
			a.watch.note(ctx, err)
		}
	}
}

// after is time.After, or never.
func after(ever bool, d time.Duration) <-chan time.Time {
	if !ever {
		return nil
	}
	return time.After(d)
}

func (a *App) retryAfter() time.Duration {
	if errors.Is(a.watch.wrong(), account.ErrUnusable) {
		return retryLasting
	}
	return RetryEvery
}

// CheckAtStart is check, once and before serving: what is misconfigured ends the
// start, and the app is closed. What is merely down does not: it is logged, and
// looked for again while serving.
func (a *App) CheckAtStart(ctx context.Context) (down bool, err error) {
	if err := a.state.checkAtStart(ctx); err != nil {
		return false, errors.Join(err, a.Close())
	}
	err = a.check(ctx)
	if err == nil {
		return false, nil
	}
	if !outage(err) {
		return false, errors.Join(err, a.Close())
	}
	a.watch.note(ctx, err)
	return true, nil
}

// outage reports whether err is of a kind that ends without anybody putting
// something right.
func outage(err error) bool {
	return errors.Is(err, account.ErrUnavailable) && !errors.Is(err, account.ErrUnusable)
}

// Empty reports whether the table is known to have no users.
func (a *App) Empty(ctx context.Context) bool {
	hashes, err := a.users.SampleHashes(ctx, 1)
	return err == nil && len(hashes) == 0
}

// Close ends what goes on in the background, and then the database: what it would
// say to a question after that is no fault to be logged.
func (a *App) Close() error {
	if a.accounts != nil {
		a.accounts.Close()
	}
	if a.gate != nil {
		a.gate.Close()
	}
	if err := errors.Join(a.state.close(), a.users.Close()); err != nil {
		return errors.Join(fmt.Errorf("close the databases: %w", err), a.audit.close())
	}
	return a.audit.close()
}
