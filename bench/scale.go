package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/restauth/restauth/bench/load"
)

// scale compares the large table with the small one, on both databases.
func (b *bench) scale(ctx context.Context) error {
	if b.opts.manyUsers == 0 {
		return nil
	}
	large, err := b.largeTable(ctx)
	if err != nil {
		return err
	}
	b.say("filling a file with %d users", b.opts.manyUsers)
	file := b.file("large.db")
	if err := sqliteTable(ctx, file, b.opts.manyUsers, b.people.pbkdf2); err != nil {
		return err
	}
	for _, s := range []struct {
		column
		log, users string
	}{
		{onSQLite, "restauth-large-sqlite", "sqlite:" + file},
		{onMariaDB, "restauth-large-mariadb", large},
	} {
		started, err := b.startRestauth(ctx, s.column, s.log, s.users)
		if err != nil {
			return err
		}
		if err := b.compareSizes(ctx, b.running[s.column], started); err != nil {
			return fmt.Errorf("%s: %w", s.column, err)
		}
		if err := b.inTurn(ctx, started, ""); err != nil {
			return fmt.Errorf("%s: %w", s.column, err)
		}
		if started, err = b.startRestauth(ctx, s.column, s.log+"-remembering", s.users, "--identity-max-age=1m"); err != nil {
			return err
		}
		if err := b.inTurn(ctx, started, remembered); err != nil {
			return fmt.Errorf("%s: %w", s.column, err)
		}
	}
	return nil
}

// largeTable is the URL of the large table on MariaDB, which is made when it is first
// asked for.
func (b *bench) largeTable(ctx context.Context) (string, error) {
	if b.large != "" {
		return b.large, nil
	}
	b.say("filling a table with %d users", b.opts.manyUsers)
	var err error
	b.large, err = b.maria.table(ctx, "bench_large", b.opts.manyUsers, b.people.pbkdf2)
	return b.large, err
}

// compareSizes goes from one server to the other in turn. As many different
// users ask on both, spread over the whole table.
func (b *bench) compareSizes(ctx context.Context, small, large *server) error {
	for range b.opts.rounds {
		for _, t := range []struct {
			*server
			name  string
			users int
		}{{small, "small", b.opts.users}, {large, "large", b.opts.manyUsers}} {
			guarded, err := b.people.guarded(spread(1_000, t.users))
			if err != nil {
				return err
			}
			result, err := b.run(ctx, t.server, b.plan(t.server, manyConnections, guarded, b.opts.single))
			if err != nil {
				return err
			}
			b.note("guarded p50 "+t.name, small.column, milliseconds(result.Latency(200), 0.5))
			logins := b.people.logins(spread(1_000, t.users))
			if result, err = b.run(ctx, t.server, b.plan(t.server, 1, logins, b.opts.single)); err != nil {
				return err
			}
			b.note("login p50 "+t.name, small.column, milliseconds(result.Latency(200), 0.5))
		}
		for _, what := range []string{"guarded p50", "login p50"} {
			b.book.add(what+" change", small.column,
				b.book.last(what+" large", small.column)/b.book.last(what+" small", small.column)-1)
		}
	}
	return nil
}

// turns are how many users of the large table ask one after the other.
func turns() []int { return []int{1, 1_000, 10_000} }

// remembered marks what a server gives that asks the table for a user once a minute.
// With the default of a second it asks for nearly every request of 10,000 in turn:
// that says what questions cost, this what remembering does.
const remembered = ", asked for once a minute"

// turnRounds is how many rounds these rows take for each of others: a round's ratio varies
// by a tenth, and what is looked for is half of that.
const turnRounds = 2

// settled is how long users have come in turn before they are counted: longer than the
// age at which they are asked for again. Those of the last round are too old by then, and
// all asked for at once.
const settled = 1500 * time.Millisecond

// counted is for how long they are: they came at once, and so they are asked for at once,
// each seven eighths of a second, so that in one second there is one such wave or two.
const counted = 4 * time.Second * 7 / 8

// inTurn compares what many users in turn get with what one gets, in turn. Each has
// come once before.
func (b *bench) inTurn(ctx context.Context, s *server, mark string) error {
	plans := make(map[int]load.Plan)
	for _, n := range turns() {
		requests, err := b.people.guarded(spread(n, b.opts.manyUsers))
		if err != nil {
			return err
		}
		plan := b.plan(s, manyConnections, copies(requests, slices.Max(turns())), counted)
		plan.Warmup = settled
		plans[n] = plan
		for came := 0.; came < float64(n); {
			result, err := b.run(ctx, s, plans[n])
			if err != nil {
				return err
			}
			came += result.Rate(200) * counted.Seconds()
		}
	}
	for range turnRounds * b.opts.rounds {
		for _, n := range turns() {
			result, err := b.run(ctx, s, plans[n])
			if err != nil {
				return err
			}
			what := inTurn(n) + mark
			b.note(what, s.column, result.Rate(200))
			b.book.add(what+" ratio", s.column, b.book.last(what, s.column)/b.book.last(inTurn(1)+mark, s.column))
		}
	}
	return nil
}

// copies are so many requests, each in memory of its own: the load generator has the same
// to read, on the cores that it shares with the server, whoever they are of.
func copies(of [][]byte, n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		all[i] = bytes.Clone(of[i%len(of)])
	}
	return all
}

// inTurn is what so many users' rate is noted under.
func inTurn(users int) string { return fmt.Sprintf("rate of %d in turn", users) }
