package main

import (
	"context"
	"fmt"
)

// scale compares the large table with the small one, on both databases.
func (b *bench) scale(ctx context.Context) error {
	if b.opts.manyUsers == 0 {
		return nil
	}
	b.say("filling tables with %d users", b.opts.manyUsers)
	large, err := b.maria.table(ctx, "bench_large", b.opts.manyUsers, b.people.pbkdf2)
	if err != nil {
		return err
	}
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
	}
	return nil
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
