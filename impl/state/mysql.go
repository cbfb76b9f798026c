package state

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/database"
)

// The error numbers that mean something here, as
// https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html and
// https://mariadb.com/kb/en/mariadb-error-code-reference/ list them.
const (
	erRecordChanged     = 1020 // MariaDB, innodb_snapshot_isolation
	erTableAccessDenied = 1142
	erNoSuchTable       = 1146
	erLockWaitTimeout   = 1205
	erDeadlock          = 1213 // also how Galera tells who lost to another node
)

const (
	// mostAttempts is how often a change is run that lost to another.
	mostAttempts = 5
	// shortPause is the longest one before the second attempt, doubled for each
	// one after.
	shortPause = 8 * time.Millisecond
)

// mySQL is the engine for MySQL and MariaDB, Galera clusters among them.
type mySQL struct {
	server *database.MySQL
	steps  []migration
}

// change runs do again, whole, where it lost to another change or met a connection
// that was gone. A commit whose connection broke is not run again: nobody knows what
// became of it.
func (e *mySQL) change(ctx context.Context, do func(context.Context, *sqlx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, database.WriteLimit)
	defer cancel()
	for attempt := 1; ; attempt++ {
		again, err := e.once(ctx, attempt == 1, do)
		if err == nil || !again || attempt == mostAttempts {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(shortPause << attempt)): //nolint:gosec // a pause, not a secret
		}
	}
}

// once runs do once. The first of several hosts does not have all of the time.
func (e *mySQL) once(ctx context.Context, first bool, do func(context.Context, *sqlx.Tx) error) (again bool, err error) {
	if first {
		var cancel context.CancelFunc
		ctx, cancel = e.server.First(ctx)
		defer cancel()
	}
	tx, err := e.server.DB.BeginTxx(ctx, nil)
	if err != nil {
		return database.Transient(err) || database.Kept(ctx), err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	if err := attempt(ctx, tx, do); err != nil {
		return lost(err) || database.Transient(err) || database.Kept(ctx), err
	}
	if err := tx.Commit(); err != nil {
		if lost(err) || unsent(err) || database.NotCarriedOut(err) {
			return true, err
		}
		return false, fmt.Errorf("commit, which may have been carried out: %w", err)
	}
	return false, nil
}

// unsent reports a commit that never left: the time was over before.
func unsent(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrTxDone)
}

// lost reports that a transaction was taken back because of another.
func lost(err error) bool {
	switch database.Number(err) {
	case erDeadlock, erLockWaitTimeout, erRecordChanged:
		return true
	}
	return false
}

func (e *mySQL) version(ctx context.Context) (version int, err error) {
	const read = "SELECT COALESCE(MAX(version), 0) FROM restauth_migration"
	err = e.server.Ask(ctx, func(ctx context.Context) error {
		return e.server.DB.GetContext(ctx, &version, read)
	})
	if database.Number(err) == erNoSuchTable {
		return 0, nil
	}
	return version, err
}

// migrate takes no lock: GET_LOCK is not replicated by Galera, whose statements that
// define tables have one order on all nodes anyway. Each step may be run by many at
// once, and again; the row that says it was applied comes last.
func (e *mySQL) migrate(ctx context.Context) error {
	const versions = "CREATE TABLE IF NOT EXISTS restauth_migration (\n" +
		"\tversion INT NOT NULL PRIMARY KEY,\n" +
		"\tname VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,\n" +
		"\tapplied_at TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6)\n) ENGINE=InnoDB"
	if err := e.define(ctx, versions); err != nil {
		return err
	}
	applied, err := e.version(ctx)
	if err != nil {
		return err
	}
	for _, step := range e.steps {
		if step.version <= applied {
			continue
		}
		for _, statement := range step.statements {
			if err := e.define(ctx, statement); err != nil {
				return fmt.Errorf("migration %d, %s: %w", step.version, step.name, err)
			}
		}
		err := e.change(ctx, func(ctx context.Context, tx *sqlx.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO restauth_migration (version, name) VALUES (?, ?) ON DUPLICATE KEY UPDATE version = version", step.version, step.name)
			return err
		})
		if err != nil {
			return fmt.Errorf("migration %d, %s: %w", step.version, step.name, err)
		}
	}
	return nil
}

// define runs a statement that defines a table, again where it met another's.
func (e *mySQL) define(ctx context.Context, statement string) (err error) {
	for attempt := 1; attempt <= mostAttempts; attempt++ {
		if _, err = e.server.DB.ExecContext(ctx, statement); err == nil || !lost(err) && !database.Transient(err) {
			return err
		}
		time.Sleep(rand.N(shortPause << attempt)) //nolint:gosec // a pause, not a secret
	}
	return err
}

func (e *mySQL) wanted() int { return latest(e.steps) }

func (*mySQL) keepOnce() string {
	return "INSERT IGNORE INTO restauth_setting (name, value) VALUES (?, ?)"
}

func (*mySQL) sight() string {
	return "INSERT INTO restauth_known_address (user_id, address, day) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE day = GREATEST(day, VALUES(day))"
}

func (*mySQL) sightAt() string {
	return "INSERT INTO restauth_known_place (address, day) VALUES (?, ?) ON DUPLICATE KEY UPDATE day = GREATEST(day, VALUES(day))"
}

func (e *mySQL) explain(ctx context.Context, err error) error {
	switch {
	case database.Unconnected(err):
		return e.server.ExplainConnect(ctx, err)
	case database.Number(err) == erTableAccessDenied:
		return database.Sentence(database.ErrNoGrant, "database user %q may not do what the state needs in database %s (%s); grant it SELECT, INSERT, UPDATE and DELETE there, and to whoever runs restauth migrate CREATE and ALTER too",
			e.server.User(), database.Quote(e.server.Database()), database.Said(err.Error()))
	}
	return cmp.Or(e.server.ExplainQuery(err), e.server.Plain(ctx, err))
}

func (e *mySQL) backup(context.Context, string) error {
	return errNoBackup
}

var errNoBackup = errors.New("a backup of a MySQL or MariaDB database is its own tools' to make: mariadb-dump or mysqldump with --single-transaction")

func (e *mySQL) ask(ctx context.Context, question func(context.Context) error) error {
	return e.server.Ask(ctx, question)
}

func (e *mySQL) timeout() time.Duration { return e.server.Timeout() }

func (e *mySQL) close() error { return e.server.DB.Close() }
