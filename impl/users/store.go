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
// On MySQL and MariaDB it needs no more than SELECT on the three columns.
package users

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/userid"
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
	timeout time.Duration

	db     *sqlx.DB
	server *database.MySQL // nil for a file
	close  func() error

	reports                    reports
	byName, byID, byIDs, ready statement
	nameLookups                places
}

var (
	_ account.Users   = (*Store)(nil)
	_ account.Several = (*Store)(nil)
)

// mostIDs is how many ids one query names, always so many: it is prepared once.
const mostIDs = 64

// engine is what differs between the databases.
type engine interface {
	// exactly is an SQL condition: the column holds the very bytes of a ?.
	exactly(column string) string
	// inexpressible reports that the database refused a name because the
	// column's character set cannot hold it.
	inexpressible(err error) bool
	// largestID is the largest number that an id can be; what sorts behind it is none.
	largestID() string
	// unsuitable explains why a column of that declared type cannot serve, or
	// is "".
	unsuitable(role columnRole, databaseType string) string
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
	s := newStore(mySQL{server, n}, n, cfg.Logger, server.DB, server.Timeout(), server.DB.Close)
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
	if err != nil {
		return nil, err
	}
	return newStore(sqLite{file, n}, n, cfg.Logger, file.Reader, file.Timeout(), func() error { return nil }), nil
}

// newStore builds the queries once; their only variable parts are quoted names.
func newStore(e engine, n names, log *slog.Logger, db *sqlx.DB, timeout time.Duration, closing func() error) *Store {
	s := &Store{engine: e, names: n, timeout: timeout, db: db, close: closing}
	s.reports.log = log
	s.nameLookups = placesOf(db.Stats().MaxOpenConnections)
	// The exact rows come first, the oldest of them on top: two rows tell all
	// there is to know, however many match.
	// The condition on the column as it is uses its index; the one in ORDER BY
	// names the table, or a server could take it for the bounded value.
	s.byName.query = fmt.Sprintf(
		"SELECT %s AS id, %s AS username, %s AS password FROM %s WHERE %s = ? ORDER BY %s DESC, %[1]s LIMIT 2",
		n.id, boundedName(n.username), boundedHash(n.password), n.table, n.username, e.exactly(n.table+"."+n.username))
	s.byID.query = fmt.Sprintf("SELECT %s AS id, %s AS username FROM %s WHERE %[1]s = ? LIMIT 1", n.id, boundedName(n.username), n.table)
	s.byIDs.query = fmt.Sprintf("SELECT %s AS id, %s AS username FROM %s WHERE %[1]s IN (?%[4]s)",
		n.id, boundedName(n.username), n.table, strings.Repeat(", ?", mostIDs-1))
	s.ready.query = fmt.Sprintf("SELECT %s, %s IS NULL, %s IS NULL FROM %s LIMIT 1", n.id, n.username, n.password, n.table)
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

// FindByUsername implements account.Users.
func (s *Store) FindByUsername(ctx context.Context, username string) (account.Record, error) {
	const op = "find user by name"
	if !utf8.ValidString(username) {
		return account.Record{}, account.ErrUserNotFound // no text column holds it
	}
	var rows []row
	err := s.read(ctx, op, func(ctx context.Context) error {
		rows = rows[:0] // a second try starts afresh
		if err := s.nameLookups.take(ctx); err != nil {
			return err
		}
		defer s.nameLookups.leave()
		stmt, err := s.prepared(ctx, &s.byName)
		if err != nil {
			return err
		}
		return stmt.SelectContext(ctx, &rows, username, username)
	})
	switch {
	case err != nil && s.engine.inexpressible(err) && !ascii(username):
		// Every character set here holds ASCII, so for an ASCII name the same
		// answer would mean that something is wrong with the table.
		return account.Record{}, account.ErrUserNotFound
	case err != nil:
		return account.Record{}, err
	}
	s.reports.report(ctx, rows, username)
	found, ok := choose(rows, username)
	if !ok || !found.ID.usable {
		return account.Record{}, account.ErrUserNotFound
	}
	return account.Record{User: found.user(), PasswordHash: deref(found.Password)}, nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// argument is an id as a query has it, false where no column of numbers holds it.
func argument(id userid.ID) (any, bool) {
	if n, ok := id.Int64(); ok {
		return n, true
	}
	if !id.IsNumber() {
		return nil, false
	}
	n, err := strconv.ParseUint(id.String(), 10, 64)
	return n, err == nil
}

// IDs is what the keys of users are, as far as is known.
func (s *Store) IDs() userid.Kind { return userid.Numbers }

// FindByID implements account.Users.
func (s *Store) FindByID(ctx context.Context, id userid.ID) (account.User, error) {
	key, ok := argument(id)
	if !ok {
		return account.User{}, account.ErrUserNotFound // no column of numbers holds it
	}
	var found row
	err := s.read(ctx, "find user by id", func(ctx context.Context) error {
		stmt, err := s.prepared(ctx, &s.byID)
		if err != nil {
			return err
		}
		return stmt.GetContext(ctx, &found, key)
	})
	if err != nil {
		return account.User{}, err
	}
	if !found.ID.usable || !found.ID.value.Equal(id) { // whatever the database takes for equal
		return account.User{}, account.ErrUserNotFound
	}
	return found.user(), nil
}

// FindByIDs implements account.Several. Where several rows have one id it is any of
// them, as with FindByID.
func (s *Store) FindByIDs(ctx context.Context, ids []userid.ID) (map[userid.ID]account.User, error) {
	found := make(map[userid.ID]account.User, len(ids))
	if len(ids) == 1 {
		user, err := s.FindByID(ctx, ids[0])
		if err == nil {
			found[ids[0]] = user
		} else if !errors.Is(err, account.ErrUserNotFound) {
			return nil, err
		}
		return found, nil
	}
	for named := range slices.Chunk(ids, mostIDs) {
		rows, err := s.rowsOf(ctx, named)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if r.ID.usable {
				found[r.ID.value] = r.user()
			}
		}
	}
	return found, nil
}

// rowsOf returns the rows of one to mostIDs ids.
func (s *Store) rowsOf(ctx context.Context, ids []userid.ID) (rows []row, err error) {
	args := make([]any, 0, mostIDs)
	for _, id := range ids {
		if key, ok := argument(id); ok {
			args = append(args, key)
		}
	}
	if len(args) == 0 {
		return nil, nil
	}
	for len(args) < mostIDs {
		args = append(args, args[len(args)-1]) // the last one again where there are fewer
	}
	err = s.read(ctx, "find users by id", func(ctx context.Context) error {
		rows = rows[:0] // a second try starts afresh
		stmt, err := s.prepared(ctx, &s.byIDs)
		if err != nil {
			return err
		}
		return stmt.SelectContext(ctx, &rows, args...)
	})
	return rows, err
}

// Ready implements account.Users.
func (s *Store) Ready(ctx context.Context) error {
	return s.read(ctx, "read the user table", func(ctx context.Context) error {
		stmt, err := s.prepared(ctx, &s.ready)
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
