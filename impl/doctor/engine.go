package doctor

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/restauth/restauth/impl/database"
)

// engine is a database as the doctor asks it.
type engine interface {
	// query asks within the time that one question may take. read goes through the answer,
	// and is called again where the first one broke off.
	query(ctx context.Context, read func(*sql.Rows) error, sql string, args ...any) error
	// tables describes all tables that the database user may see, or the one of a name.
	tables(ctx context.Context, only string) ([]*table, error)
	// reveal finds out which of the columns have an index, where the database user may
	// not see the indexes.
	reveal(ctx context.Context, t *table, columns []string) error
	// quoted is a table's name for SQL.
	quoted(t *table) string
	// sortKey is an SQL expression whose bytes are the same for names that the column's
	// collation takes for equal.
	sortKey(c *column, expression string) string
	// facts tells of the server, as findings.
	facts(ctx context.Context, r *Report, now func() time.Time)
	// grants compares what the database user may do with what is needed.
	grants(ctx context.Context, r *Report, t *table, needed []string)
	// narrow tells of columns that are needed, and that the database user may not read.
	narrow(r *Report, unreadable []string)
	explain(ctx context.Context, err error) error
	close() error
}

// values reads one row of texts; NULL is "".
func values(ctx context.Context, e engine, n int, query string) ([]string, error) {
	all, err := list(ctx, e, n, query)
	if err != nil || len(all) == 0 {
		return make([]string, n), err
	}
	return all[0], nil
}

// list reads rows of texts; NULL is "".
func list(ctx context.Context, e engine, n int, query string, args ...any) (all [][]string, err error) {
	err = e.query(ctx, func(rows *sql.Rows) error {
		all = nil
		for rows.Next() {
			read := make([]sql.NullString, n)
			into := make([]any, n)
			for i := range read {
				into[i] = &read[i]
			}
			if err := rows.Scan(into...); err != nil {
				return fmt.Errorf("read an answer: %w", err)
			}
			row := make([]string, n)
			for i := range read {
				row[i] = read[i].String
			}
			all = append(all, row)
		}
		return rows.Err()
	}, query, args...)
	return all, err
}

// patience is what one question may take: more than serve gives it, since nobody waits
// for it at a login.
const patience = 10 * time.Second

// openEngine opens the database that cfg names.
func openEngine(ctx context.Context, cfg database.Config) (engine, error) {
	kind, err := cfg.Kind()
	if err != nil {
		return nil, err
	}
	cfg.Timeout, cfg.MaxOpen, cfg.MaxIdle, cfg.LookOnly = patience, 2, 2, true
	if kind == database.KindSQLite {
		file, err := database.OpenSQLite(ctx, cfg, nil)
		if err != nil {
			return nil, err
		}
		return &liteEngine{file, asker{db: file.Reader}}, nil
	}
	server, err := database.OpenMySQL(ctx, cfg)
	if err != nil {
		return nil, err
	}
	e := &myEngine{MySQL: server, asker: asker{db: server.DB}}
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := server.Ask(within, server.DB.PingContext); err != nil {
		return nil, errors.Join(server.ExplainConnect(within, err), server.DB.Close())
	}
	return e, nil
}

// asker asks questions, one at a time. One that comes again with arguments, which the driver
// would prepare anew each time, is prepared once: pages of a large table are then nearly half
// the work for the database (decision 31). Without arguments it may be one that no server
// prepares.
type asker struct {
	db interface {
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	}
	last     string
	prepared *sql.Stmt // last, once it came twice
}

// forget is for another question, and for one that failed.
func (a *asker) forget(next string) {
	if a.prepared != nil {
		_ = a.prepared.Close() // there is nothing to lose
	}
	a.last, a.prepared = next, nil
}

func (a *asker) ask(ctx context.Context, query string, args []any) (*sql.Rows, error) {
	if query != a.last || len(args) == 0 {
		a.forget(query)
		return a.db.QueryContext(ctx, query, args...)
	}
	if a.prepared == nil {
		var err error
		if a.prepared, err = a.db.PrepareContext(ctx, query); err != nil {
			return nil, err
		}
	}
	return a.prepared.QueryContext(ctx, args...)
}

// within asks a question and reads its answer.
func (a *asker) within(ctx context.Context, read func(*sql.Rows) error, query string, args []any) (err error) {
	rows, err := a.ask(ctx, query, args)
	if err != nil {
		a.forget("")
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if err := read(rows); err != nil {
		return err
	}
	return rows.Err()
}
