// Package state is restauth's own database: what it has to remember beyond the user
// table, in SQLite or in MySQL and MariaDB. Where the users are embedded it keeps
// them too ([OpenEmbedded]).
//
// What it promises:
//   - The schema is a list of numbered migrations that only add. SQLite files are
//     brought up when they are opened; MySQL is by [State.Migrate] alone. Any number
//     of processes may do so at once, and a process may be killed at any moment.
//   - A schema newer than the binary is used as it is.
//   - [State.Change] runs a change whole or not at all. On SQLite one connection
//     writes, and what waits for it shares a commit; on MySQL a change that lost to
//     another is run again.
//
// What it does not: it keeps nothing in memory, and it decides nothing. Rules are
// the domain's, which declares what it needs as ports.
//
// # A new table of our own
//
// Write migrations/sqlite/000N_name.sql and migrations/mysql/000N_name.sql, each
// statement so that it may be run again; then the port's methods over Change, with
// a case in statetest.
package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
)

// ErrOutdated says that the database has not been brought up to the schema that this binary
// needs. [State.Migrate] does so.
var ErrOutdated = errors.New("state schema is out of date")

// State is the database. It is safe for concurrent use.
type State struct {
	engine engine
	db     *sqlx.DB
}

// engine is what differs between the databases.
type engine interface {
	// change runs do in a transaction, and commits it unless do fails.
	change(ctx context.Context, do func(context.Context, *sqlx.Tx) error) error
	// version is the newest migration applied.
	version(ctx context.Context) (int, error)
	// migrate applies those up to wanted.
	migrate(ctx context.Context) error
	wanted() int
	// keepOnce is a statement that stores a setting, unless it is there.
	keepOnce() string
	// sight is a statement that stores a known address, or its later day.
	sight() string
	// sightAt is the same of an address alone.
	sightAt() string
	// explain turns an error into a sentence, or into what may be said of it.
	explain(ctx context.Context, err error) error
	// backup writes a copy to a new file.
	backup(ctx context.Context, file string) error
	// ask asks a question that may be asked twice, and does where that helps.
	ask(ctx context.Context, question func(context.Context) error) error
	timeout() time.Duration
	close() error
}

// Open opens the database that cfg names. A SQLite file is made, or brought up to
// the schema; a file of another program's is refused. MySQL is not connected to
// yet: Check does.
func Open(ctx context.Context, cfg database.Config) (*State, error) {
	kind, err := cfg.Kind()
	if err != nil {
		return nil, err
	}
	steps, err := migrations(kind)
	if err != nil {
		return nil, err
	}
	return open(ctx, cfg, kind, steps)
}

func open(ctx context.Context, cfg database.Config, kind string, steps []migration) (*State, error) {
	if kind == database.KindMySQL {
		cfg.Writes = true
		server, err := database.OpenMySQL(ctx, cfg)
		if err != nil {
			return nil, err
		}
		return &State{&mySQL{server, steps}, server.DB}, nil
	}
	file, err := database.OpenSQLite(ctx, cfg, schema{steps: steps})
	if err != nil {
		return nil, err
	}
	if !file.Ours() {
		return nil, errors.Join(database.Sentence(database.ErrFile,
			"cannot keep anything in %s: another program made it; name another file with %s", file.Where(), database.Setting(cfg.Setting)), file.Close())
	}
	return &State{newSQLite(ctx, file, steps), file.Reader}, nil
}

// Connections is how many there may be to the database at once, beside the one that
// writes to a file.
func (s *State) Connections() int { return s.db.Stats().MaxOpenConnections }

// Pool is how the connections to the database are used, beside the one that writes to a
// file.
func (s *State) Pool() sql.DBStats { return s.db.Stats() }

// Close ends the connections, after the changes that were begun. Calls after it are
// account.ErrUnavailable.
func (s *State) Close() error {
	if err := s.engine.close(); err != nil {
		return fmt.Errorf("close the state: %w", err)
	}
	return nil
}

// Check asks whether the database can be used, and is ErrOutdated when Migrate has
// to come first. Its errors are sentences for the operator.
func (s *State) Check(ctx context.Context) error {
	version, err := s.version(ctx)
	if err != nil {
		return err
	}
	if wanted := s.engine.wanted(); version < wanted {
		return database.Sentence(ErrOutdated, "the state database has schema %d and this restauth needs %d; bring it up with: restauth migrate, or start with --migrate", version, wanted)
	}
	return nil
}

func (s *State) version(ctx context.Context) (int, error) {
	inner, cancel := context.WithTimeout(ctx, s.engine.timeout())
	defer cancel()
	version, err := s.engine.version(inner)
	return version, s.wrap(ctx, "read the state's schema version", err)
}

// Migrate brings the schema up to what this binary needs, and returns the versions
// before and after. It may run in many processes at once, and be ended at any
// moment: the next one goes on. A newer schema is left as it is.
func (s *State) Migrate(ctx context.Context) (before, after int, err error) {
	if before, err = s.version(ctx); err != nil || before >= s.engine.wanted() {
		return before, before, err
	}
	if err := s.engine.migrate(ctx); err != nil {
		return before, before, s.wrap(ctx, "bring up the state's schema", err)
	}
	after, err = s.version(ctx)
	return before, after, err
}

// Change runs do in a transaction, once or several times: do sets what it hands out
// anew each time. An error of do's undoes it all; one made with Refuse is returned as
// it was, any other is account.ErrUnavailable. do must not keep the transaction, nor call
// Change: that would wait for itself, and is refused.
func (s *State) Change(ctx context.Context, op string, do func(context.Context, *sqlx.Tx) error) error {
	if ctx.Value(within{}) != nil {
		return fmt.Errorf("%s: a change within a change", op)
	}
	err := s.engine.change(ctx, do)
	if refused := (refusal{}); errors.As(err, &refused) {
		return refused.error
	}
	return s.wrap(ctx, op, err)
}

// read asks a question within the database's time-out, once or twice: it sets what it
// hands out anew each time. It must not be asked within a change.
func (s *State) read(ctx context.Context, op string, question func(context.Context) error) error {
	inner, cancel := context.WithTimeout(ctx, s.engine.timeout())
	defer cancel()
	return s.wrap(ctx, op, s.engine.ask(inner, question))
}

// refusal is an error of the domain's, which says nothing of the database.
type refusal struct{ error }

// Refuse is how do ends a change for a reason of its own: Change returns err as it is.
func Refuse(err error) error { return refusal{err} }

// wrap makes a database's error account.ErrUnavailable. ctx is the caller's: its
// cancellation is not an outage, anything else is.
func (s *State) wrap(ctx context.Context, op string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.Canceled):
		return fmt.Errorf("%s: %w", op, ctx.Err())
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: %w: no answer in time", op, account.ErrUnavailable)
	}
	explained := s.engine.explain(ctx, err)
	if errors.Is(explained, account.ErrUnavailable) {
		return fmt.Errorf("%s: %w", op, explained)
	}
	return fmt.Errorf("%s: %w: %w", op, account.ErrUnavailable, explained)
}
