// Package users reads a user table: the one that a legacy application left in MySQL
// or MariaDB, one in a SQLite file of another program's, or the one that package
// state keeps. It never writes.
//
// Open does not wait for a server; Check says whether everything that restauth
// needs is there, and if not, what to do. After that a Store answers every call
// within Config.Timeout: with rows, with account.ErrUserNotFound, or with
// account.ErrUnavailable when the database could not tell. It recovers by itself
// when the database does.
//
// On MySQL and MariaDB it needs no more than SELECT on the columns that it is told of,
// three at least.
package users

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
)

// Config says where the users are. Only URL is required.
type Config struct {
	// URL, Password, PasswordOf, Timeout, MaxOpen, MaxIdle and MaxLifetime are as in
	// database.Config. Look-ups by name leave a quarter of MaxOpen, one at least, to
	// all others; of a single connection they cannot.
	URL, Password    string
	PasswordOf       func() (string, error)
	Timeout          time.Duration
	MaxOpen, MaxIdle int
	MaxLifetime      time.Duration

	// Table and the columns default to user, id, username and password, the
	// names of Flask-JWT's tutorial. On MySQL and MariaDB Table may be
	// database.table.
	Table, IDColumn, UsernameColumn, PasswordColumn string
	// UsernameColumns are those that a name is looked for in, in that order, in the
	// place of UsernameColumn.
	UsernameColumns []string
	// SaltColumn has what account.Record.Salt is; "" for none.
	SaltColumn string
	// IDType is how keys are read, IDAuto where it is "".
	IDType IDType
	// Filters are the conditions that rows have to meet; those that do not are not
	// there.
	Filters []Filter
	// Claims are the columns that tokens carry. Neither the password's nor the salt's can
	// be one.
	Claims []Claim

	// Logger receives warnings about files and rows; none are written when nil.
	// It never sees a password or a hash.
	Logger *slog.Logger
}

// Database is the part of it that says which database.
func (c Config) Database() database.Config {
	return database.Config{URL: c.URL, Password: c.Password, PasswordOf: c.PasswordOf, Setting: "users", Timeout: c.Timeout,
		MaxOpen: c.MaxOpen, MaxIdle: c.MaxIdle, MaxLifetime: c.MaxLifetime, Logger: c.Logger}
}

// Store is a user table. It is safe for concurrent use.
type Store struct {
	engine  engine
	names   names
	idType  IDType
	filters []Filter
	claimed []Claim
	timeout time.Duration
	plan    atomic.Pointer[plan] // nil until the table was looked at

	db     *sqlx.DB
	server *database.MySQL // nil for a file
	close  func() error

	reports     reports
	nameLookups places
}

var (
	_ account.Users   = (*Store)(nil)
	_ account.Several = (*Store)(nil)
)

// idsAtOnce are how many ids the queries for several name, always so many: each is
// prepared once. The larger ones cost less for a row (docs/decisions/0022).
var idsAtOnce = [...]int{8, 64, mostIDs}

const mostIDs = 256

// mostRows is how many rows are read for so many ids: a table may have several for one.
const mostRows = 4*mostIDs + 1

// engine is what differs between the databases.
type engine interface {
	// exactly is an SQL condition: the column holds the very bytes of a ?.
	exactly(column string) string
	// inexpressible reports that the database refused a name because the
	// column's character set cannot hold it.
	inexpressible(err error) bool
	// largestID is the largest number that an id can be; what sorts behind it is none.
	largestID() string
	// facts are what is known of the columns of names, by their plain names in lower
	// case; types are the driver's, in that order.
	facts(ctx context.Context, s *Store, types []*sql.ColumnType) (map[string]fact, error)
	// keys is how ids in such a column are read, and keysAs how they are read as a type;
	// false where they cannot be.
	keys(is fact) (keys, bool)
	keysAs(as IDType, is fact) (keys, bool)
	// named is an SQL condition: the column holds the name of a ?, by its own idea of
	// equal; exactlyNamed is exactly of it.
	named(column string, is fact) string
	exactlyNamed(column string, is fact) string
	// text is an SQL expression, such that it has one character set in all columns.
	text(expression string) string
	// filter is a Filter in SQL, or ErrColumnType.
	filter(f Filter, is fact) (condition, error)
	// listed are all columns that the table has, as far as can be seen.
	listed(ctx context.Context, s *Store) ([]Column, error)
	// claim is how a column is asked for that tokens carry, and what its values are, or why
	// it cannot be one; claims puts all of them into one column.
	claim(column string, is fact) (kind claimKind, sql, reason string)
	claims(expressions []string) string
	// unsuitable explains why such a column cannot serve for names or hashes, or is "".
	unsuitable(role columnRole, is fact) string
	// explain turns the error of a call that failed at run time into a sentence,
	// or into what may be said of it. It asks nothing.
	explain(ctx context.Context, err error) error
	// check is Store.Check.
	check(ctx context.Context, s *Store) error
}

// Open prepares a Store. On MySQL and MariaDB it does not connect yet; on SQLite it
// opens the file, which has to be there. A Config that cannot work is
// database.ErrConfig.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	n, err := newNames(cfg)
	if err != nil {
		return nil, err
	}
	if err := cfg.IDType.check(); err != nil {
		return nil, err
	}
	kind, err := cfg.Database().Kind()
	if err != nil {
		return nil, err
	}
	if kind == database.KindSQLite {
		file, err := database.OpenSQLite(ctx, cfg.Database(), nil)
		if err != nil {
			return nil, err
		}
		s, err := In(file, cfg)
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		s.close = file.Close
		return s, nil
	}
	server, err := database.OpenMySQL(ctx, cfg.Database())
	if err != nil {
		return nil, err
	}
	s := newStore(mySQL{server, n}, n, cfg, server.DB, server.Timeout(), server.DB.Close)
	s.server = server
	return s, nil
}

// Connections is how many there may be to the database at once.
func (s *Store) Connections() int { return s.db.Stats().MaxOpenConnections }

// Pool is how the connections to the database are used.
func (s *Store) Pool() sql.DBStats { return s.db.Stats() }

// In is a Store of the table in a file that is open already, and stays so when the
// Store is closed. Of cfg it takes the names and the Logger.
func In(file *database.SQLite, cfg Config) (*Store, error) {
	n, err := sqliteNames(cfg)
	if err == nil {
		err = cfg.IDType.check()
	}
	if err != nil {
		return nil, err
	}
	return newStore(sqLite{file, n}, n, cfg, file.Reader, file.Timeout(), func() error { return nil }), nil
}

func newStore(e engine, n names, cfg Config, db *sqlx.DB, timeout time.Duration, closing func() error) *Store {
	s := &Store{engine: e, names: n, idType: cfg.IDType, filters: cfg.Filters, claimed: cfg.Claims, timeout: timeout, db: db, close: closing}
	s.reports.log = cfg.Logger
	s.nameLookups = placesOf(db.Stats().MaxOpenConnections)
	return s
}

// Close ends the connections. Calls after it are ErrUnavailable.
func (s *Store) Close() error {
	if err := s.close(); err != nil {
		return fmt.Errorf("close user database: %w", err)
	}
	return nil
}

// Check looks for everything that can be wrong with a user table before the
// first login does: server, access, table, columns, types, grants. Its errors
// are sentences for the operator, with what to do; errors.Is tells their kinds
// apart (database.ErrUnknownDatabase, database.ErrAccessDenied, database.ErrNoGrant, ErrTableMissing,
// ErrColumnMissing, ErrColumnType, account.ErrUnavailable).
func (s *Store) Check(ctx context.Context) error {
	inner, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	return s.engine.check(inner, s)
}

// Ready implements account.Users.
func (s *Store) Ready(ctx context.Context) error {
	return s.read(ctx, "read the user table", func(ctx context.Context) error {
		p, err := s.looked(ctx)
		if err != nil {
			return err
		}
		stmt, err := s.prepared(ctx, &p.ready)
		if err != nil {
			return err
		}
		rows, err := stmt.QueryContext(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() { // the values are nobody's business here
		}
		return rows.Err()
	})
}
