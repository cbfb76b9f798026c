package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/restauth/restauth/bench/load"
)

const (
	// clients is how many addresses the connections come from: a server that
	// is fair to addresses must not take a crowd for one client.
	clients = 64
	// manyConnections ask for guarded answers where nothing else goes on.
	manyConnections = 32
	// fewConnections ask for them during a storm.
	fewConnections = 4
	// loginConnections log in where nothing else goes on: as many as in the
	// storm, so that every server has all the work at once that it can use.
	loginConnections = 32
	// stormConnections log in during a storm.
	stormConnections = 32
	// crowdConnections do where there are far more than can be served.
	crowdConnections = 320
)

// plan is a load of guarded requests or logins on a server.
func (b *bench) plan(s *server, connections int, requests [][]byte, window time.Duration) load.Plan {
	return load.Plan{
		Target: s.target, Connections: connections, Requests: requests, Sources: clients,
		Pause: b.opts.pause, Warmup: b.opts.warmup, Window: window,
	}
}

// run carries out a plan and lets the server come to rest. Statuses other than
// success and refusal are a fault of the run.
func (b *bench) run(ctx context.Context, s *server, p load.Plan) (*load.Result, error) {
	result, err := load.Run(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := result.Only(200, 429, 503); err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", s.column, err, s.process.tail())
	}
	return result, sleep(ctx, 50*time.Millisecond)
}

// round calls measure for each of the columns in turn, every other round the
// other way round, so that none always follows the same one.
func (b *bench) round(ctx context.Context, i int, columns []column, measure func(context.Context, *server) error) error {
	order := slices.Clone(columns)
	if i%2 == 1 {
		slices.Reverse(order)
	}
	for _, c := range order {
		s := b.running[c]
		if err := s.quiet(); err != nil {
			return err
		}
		if err := measure(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// note keeps a figure of this round.
func (b *bench) note(measure string, c column, value float64) {
	b.book.add(measure, c, value)
	if b.opts.verbose {
		b.say("  %-28s %-28s %10.2f", measure, c, value)
	}
}

// milliseconds of a quantile.
func milliseconds(h *load.Histogram, q float64) float64 {
	return float64(h.Quantile(q)) / float64(time.Millisecond)
}

// guarded measures GET /rest-auth with nothing else going on.
func (b *bench) guarded(ctx context.Context) error {
	one := [][]byte(nil) // a token and a user for each connection
	for _, i := range spread(manyConnections, len(b.requests)) {
		one = append(one, b.requests[i-1])
	}
	columns, ours := b.columns(), b.among(onSQLite, onMariaDB)
	for i := range b.opts.rounds {
		err := b.round(ctx, i, columns, func(ctx context.Context, s *server) error {
			result, err := b.run(ctx, s, b.plan(s, manyConnections, one, b.opts.window))
			if err != nil {
				return err
			}
			b.note("guarded rate", s.column, result.Rate(200))
			b.note("guarded p50", s.column, milliseconds(result.Latency(200), 0.5))
			b.note("guarded p99", s.column, milliseconds(result.Latency(200), 0.99))
			return nil
		})
		if err != nil {
			return err
		}
		err = b.round(ctx, i, ours, func(ctx context.Context, s *server) error {
			result, err := b.run(ctx, s, b.plan(s, manyConnections, b.requests, b.opts.window))
			if err != nil {
				return err
			}
			b.note("all users rate", s.column, result.Rate(200))
			b.note("all users p99", s.column, milliseconds(result.Latency(200), 0.99))
			return nil
		})
		if err != nil {
			return err
		}
		b.book.ratios("guarded rate ratio", "guarded rate", bare, columns)
		b.book.ratios("guarded p99 ratio", "guarded p99", bare, columns)
		for _, c := range ours {
			b.book.add("all users rate ratio", c, b.book.last("all users rate", c)/b.book.last("guarded rate", bare))
		}
	}
	return nil
}

// logins measures POST /auth with nothing else going on.
func (b *bench) logins(ctx context.Context) error {
	requests := b.people.logins(spread(passwords, b.opts.users))
	columns := b.among(gin, flask, onSQLite, onMariaDB)
	for i := range b.opts.rounds {
		err := b.round(ctx, i, columns, func(ctx context.Context, s *server) error {
			result, err := b.run(ctx, s, b.plan(s, loginConnections, requests, b.opts.window))
			if err != nil {
				return err
			}
			b.note("login rate", s.column, result.Rate(200))
			result, err = b.run(ctx, s, b.plan(s, 1, requests, b.opts.single))
			if err != nil {
				return err
			}
			b.note("login alone", s.column, milliseconds(result.Latency(200), 0.5))
			return nil
		})
		if err != nil {
			return err
		}
		b.book.ratios("login rate ratio", "login rate", gin, columns)
		b.book.ratios("login alone ratio", "login alone", gin, columns)
	}
	return nil
}
