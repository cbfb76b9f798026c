package users

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
)

// statement is a query that is prepared once and then costs one round trip a
// call; unprepared, the MySQL driver would prepare, execute and close it each
// time. database/sql prepares it anew on every new connection, so it outlives
// them.
type statement struct {
	query string
	stmt  atomic.Pointer[sqlx.Stmt]
}

// queryable is what calls use of a prepared statement; closing it is not theirs.
type queryable interface {
	GetContext(ctx context.Context, dest any, args ...any) error
	SelectContext(ctx context.Context, dest any, args ...any) error
	QueryContext(ctx context.Context, args ...any) (*sql.Rows, error)
}

// prepared returns the statement, preparing it on the first call that reaches
// the database. Nobody waits for anybody here: a lock would line callers up
// behind a database that does not answer, each for the whole time-out.
func (s *Store) prepared(ctx context.Context, st *statement) (queryable, error) {
	if stmt := st.stmt.Load(); stmt != nil {
		return stmt, nil
	}
	// Check may not have run, or someone altered the table since.
	if _, err := s.look(ctx); err != nil {
		return nil, err
	}
	stmt, err := s.db.PreparexContext(ctx, st.query)
	if err != nil {
		return nil, err
	}
	if !st.stmt.CompareAndSwap(nil, stmt) {
		// Another call was faster. To close this one waits for whatever query has its
		// connection by now, however long that takes.
		go func() { _ = stmt.Close() }()
	}
	return st.stmt.Load(), nil
}

// places are the connections that look-ups by name may hold. Anybody may ask for
// those, and without an index each reads the whole table. What is quick and
// concerns everybody, FindByID and Ready, shall find a connection all the same.
type places chan struct{}

func placesOf(maxOpen int) places {
	return make(places, max(maxOpen-max(maxOpen/4, 1), 1))
}

func (p places) take(ctx context.Context) error {
	select {
	case p <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p places) leave() { <-p }

// read runs a query within the Store's time-out, again when its connection turned out
// to be dead, and wraps what went wrong.
func (s *Store) read(ctx context.Context, op string, query func(context.Context) error) error {
	inner, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := s.ask(inner, query)
	if err != nil && inner.Err() != nil && ctx.Err() == nil && !errors.Is(err, sql.ErrNoRows) && !database.NotServing(err) {
		err = context.DeadlineExceeded // what the driver saw of it is a torn connection
	}
	return s.wrap(ctx, op, err)
}

// ask runs a query, again where its connection was lost or its host turned out not to
// serve: a SELECT may be said twice. It is no method of engine, or each query would be
// allocated.
func (s *Store) ask(ctx context.Context, query func(context.Context) error) error {
	if s.server == nil {
		return query(ctx)
	}
	return s.server.Ask(ctx, query)
}

// wrap makes a database's error one of the account package's. ctx is the
// caller's: its cancellation is not an outage, anything else is.
func (s *Store) wrap(ctx context.Context, op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return account.ErrUserNotFound
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%s: %w", op, ctx.Err())
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		return fmt.Errorf("%s: %w: no answer within %v", op, account.ErrUnavailable, s.timeout)
	case errors.Is(err, context.DeadlineExceeded): // the caller's, of which no more is known
		return fmt.Errorf("%s: %w: %w", op, account.ErrUnavailable, err)
	default:
		return fmt.Errorf("%s: %w: %w", op, account.ErrUnavailable, s.engine.explain(ctx, err))
	}
}
