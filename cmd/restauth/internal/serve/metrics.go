package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/cmd/restauth/internal/httpconn"
	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/metrics"
)

const (
	// metricsConnections is how many there may be to the operator's address.
	metricsConnections = 32
	// profileFor is how long a profile may take at the most.
	profileFor = 2 * time.Minute
	// budget begins the reasons that name a budget.
	budget = "budget_"
)

// measure makes the instruments, if anybody is to read them.
func (a *App) measure(build metrics.Build) {
	if a.settings.MetricsListen == "" {
		return
	}
	a.metrics = metrics.New(build)
	logins := make(map[string][]string)
	var hashes, budgets, events []string
	for _, reason := range audit.Reasons() {
		switch kind, outcome := reason.Of(); kind {
		case audit.KindLogin:
			logins[string(outcome)] = append(logins[string(outcome)], string(reason))
		case audit.KindStoredHash:
			hashes = append(hashes, string(reason))
		default: // counted as events alone
		}
		if name, is := strings.CutPrefix(string(reason), budget); is {
			budgets = append(budgets, name)
		}
	}
	for _, kind := range audit.Kinds() {
		events = append(events, string(kind))
	}
	a.metrics.Expect(logins, events, hashes, budgets)
}

// recorded counts an event of the audit.
func (a *App) recorded(e *audit.Event) {
	a.metrics.Event(string(e.Kind))
	switch e.Kind {
	case audit.KindLogin:
		a.metrics.Login(string(e.Outcome), string(e.Reason), e.Form)
		if name, is := strings.CutPrefix(string(e.Reason), budget); is {
			a.metrics.BudgetHit(name)
		}
	case audit.KindStoredHash:
		a.metrics.StoredHash(string(e.Reason))
	case audit.KindGap:
		a.metrics.Lost(e.Lost)
	default: // counted as an event alone
	}
}

// answered returns who counts the answers of an operation.
func (a *App) answered(operation, method, route string) func(*api.Access) {
	counts := a.metrics.Operation(operation, method, route)
	return func(x *api.Access) {
		counts.Observe(x.Method, int(x.Status), x.Took)
		switch x.Scheme {
		case api.SchemeBearer:
			a.metrics.Bearer()
		case api.SchemeJWT:
			a.metrics.JWT()
		}
	}
}

// sources are what counts by itself.
func (a *App) sources() metrics.Sources {
	s := metrics.Sources{
		Hashing: a.countHashing,
		Tokens:  a.countTokens, Caches: a.countCaches, Pools: a.countPools,
		UsersUp: func() bool { return a.checked.Load() && !a.watch.failing.Load() },
	}
	if a.state.State != nil {
		s.StateLag = a.stateLag
	}
	return s
}

func (a *App) countHashing() metrics.Hashing {
	stats := a.gate.Stats()
	return metrics.Hashing{Waiting: stats.Waiting, Running: stats.Running, Done: stats.Hashed, Work: stats.Work, Within: stats.Within}
}

func (a *App) countTokens() metrics.Tokens {
	stats := a.accounts.Stats().Tokens
	counted := metrics.Tokens{Own: stats.Own.Sum(), Legacy: stats.Legacy.Sum(), Refused: make(map[string]uint64, len(stats.Refused))}
	for reason, n := range stats.Refused {
		counted.Refused[string(reason)] = n
	}
	return counted
}

func (a *App) countCaches() []metrics.Cache {
	stats := a.accounts.Stats()
	users := stats.Identities
	return []metrics.Cache{
		{
			Name: "tokens", Entries: stats.Tokens.Remembered,
			Hits: stats.Tokens.Own.Known + stats.Tokens.Legacy.Known, Misses: stats.Tokens.Own.Anew + stats.Tokens.Legacy.Anew,
		},
		{Name: "users", Entries: users.Remembered, Hits: users.Known + users.Grace, Misses: users.Asked},
	}
}

func (a *App) countPools() []metrics.Pool {
	pools := []metrics.Pool{{Name: "users", Stats: a.users.Pool()}}
	if a.state.own {
		pools = append(pools, metrics.Pool{Name: "state", Stats: a.state.Pool()})
	}
	return pools
}

// operator is what is served at the operator's own address, and nowhere else.
func (a *App) operator() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler(a.log.Logger))
	if a.settings.MetricsPprof {
		// Not the command line: somebody may have put a password there.
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/cmdline", http.NotFound)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return mux
}

// serveOperator answers at the operator's address until the returned function is called.
func (a *App) serveOperator(ctx context.Context, listener net.Listener) (stop func()) {
	if listener == nil {
		return func() {}
	}
	server := httpconn.NewServer(a.operator(), a.log.Logger)
	server.WriteTimeout = profileFor
	limited := httpconn.Limit(server, listener, httpconn.Bounds{Connections: metricsConnections, Log: a.log.Logger})
	a.log.InfoContext(ctx, "metrics are served", "addr", listener.Addr().String(), "pprof", a.settings.MetricsPprof)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(limited); !errors.Is(err, http.ErrServerClosed) {
			a.log.ErrorContext(ctx, "metrics are served no more", "error", err)
		}
	}()
	return func() {
		if err := server.Close(); err != nil {
			a.log.LogAttrs(ctx, slog.LevelWarn, "the metrics' connections could not be closed", slog.Any("error", err))
		}
		<-done
	}
}

// buildOf picks the parts of what a line of the log says of the program.
func buildOf(attributes []any) metrics.Build {
	var build metrics.Build
	for _, attr := range slog.Group("", attributes...).Value.Group() {
		switch attr.Key {
		case "version":
			build.Version = fmt.Sprint(attr.Value)
		case "commit":
			build.Commit = fmt.Sprint(attr.Value)
		case "go":
			build.Go = fmt.Sprint(attr.Value)
		}
	}
	return build
}
