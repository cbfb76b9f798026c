// Package store keeps rows: it reads the user table that a legacy application
// left in MySQL or MariaDB, and keeps restauth's own in SQLite. It is the only
// importer of sqlx and of the drivers.
//
// Open does not wait for a server; Check says whether everything that restauth
// needs is there, and if not, what to do. After that a Store answers every call
// within Config.Timeout: with rows, with account.ErrUserNotFound, or with
// account.ErrUnavailable when the database could not tell. It recovers by itself
// when the database does.
//
// On MySQL and MariaDB the Store only ever reads, and needs no more than
// SELECT on the three columns. On SQLite it also is an account.Directory, if
// restauth made the file; a file of someone else's is opened for reading only.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/account"
)

// Config says where the users are. Only URL is required.
type Config struct {
	// URL is one of
	//
	//	mysql://user:password@host:port/database?options
	//	sqlite:FILE
	//	sqlite::memory:    private, and gone with the Store
	//
	// User, password and database are percent-encoded; the port is 3306 unless
	// given. Options of mysql://, each at most once:
	//
	//	socket=FILE         a Unix socket instead of host and port
	//	tls=MODE            false, true, verify-ca, skip-verify or preferred
	//	tls-ca=FILE         PEM of the authorities to trust; implies tls=true
	//	tls-cert, tls-key   PEM files of a client certificate
	//	tls-server-name     the name in the server's certificate, if not the host
	//	timeout             as Timeout, and before it
	//	connect-timeout, read-timeout, write-timeout
	//	                    of connections made in the background; 2 × timeout
	//	max-open, max-idle, max-lifetime
	//	                    as the fields below, and before them
	URL string
	// Password replaces the one in a mysql:// URL unless it is empty: a
	// password from a file need not be written into a URL.
	Password string

	// Table and the columns default to user, id, username and password, the
	// names of Flask-JWT's tutorial. On MySQL and MariaDB Table may be
	// database.table.
	Table, IDColumn, UsernameColumn, PasswordColumn string

	// Timeout bounds each call from asking for a connection to the last row.
	// Default 800 ms, so that a dead database is known within a second.
	Timeout time.Duration

	// MaxOpen and MaxIdle bound the pool of connections; default 20 and as
	// many. MaxLifetime, default 5 minutes, is the age at which a connection
	// is replaced, so that a failover or a changed address is noticed. Look-ups
	// by name leave a quarter of MaxOpen, one at least, to all others; of a
	// single connection they cannot.
	MaxOpen, MaxIdle int
	MaxLifetime      time.Duration

	// Logger receives warnings about files and rows; none are written when nil.
	// It never sees a password or a hash.
	Logger *slog.Logger
	// NewTable lets Open make Table in a file of restauth's own that has
	// another table already. Without it that is ErrTableMissing: a misspelt
	// name would otherwise be a new table without users.
	NewTable bool
	// LookOnly keeps Open from making or changing a file. Where it would have to,
	// it returns ErrUnmade; the Store then only reads.
	LookOnly bool
}

// Store is a user table. It is safe for concurrent use.
type Store struct {
	engine  engine
	names   names
	timeout time.Duration

	db     *sqlx.DB // for reading
	writer *sqlx.DB // nil where the table is someone else's

	reports             reports
	byName, byID, ready statement
	nameLookups         places
}

var (
	_ account.Users     = (*Store)(nil)
	_ account.Directory = (*Store)(nil)
)

// engine is what differs between the databases.
type engine interface {
	// exactly is an SQL condition: the column holds the very bytes of a ?.
	exactly(column string) string
	// inexpressible reports that the database refused a name because the
	// column's character set cannot hold it.
	inexpressible(err error) bool
	// unsuitable explains why a column of that declared type cannot serve, or
	// is "".
	unsuitable(role columnRole, databaseType string) string
	// transient reports that a query may be sent again on a new connection.
	transient(err error) bool
	// explain turns the error of a call that failed at run time into a sentence
	// (setupError), or into what may be said of it. It asks nothing.
	explain(err error) error
	// check is Store.Check.
	check(ctx context.Context, s *Store) error
}

// Open prepares a Store. On SQLite it opens the file, and makes it, readable by
// its owner only, when there is none. On MySQL and MariaDB it does not connect
// yet. A Config that cannot work is ErrConfig.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	names, err := newNames(cfg)
	if err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	switch location, kind := splitURL(cfg.URL); kind {
	case "mysql":
		return openMySQL(cfg, names)
	case "sqlite":
		return openSQLite(ctx, cfg, names, location)
	default:
		return nil, setup(ErrConfig, "%s", cmp.Or(translate(cfg.URL), hintForScheme(kind)))
	}
}

func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = 800 * time.Millisecond
	}
	if c.MaxOpen <= 0 {
		c.MaxOpen = 20
	}
	if c.MaxIdle <= 0 {
		c.MaxIdle = c.MaxOpen
	}
	if c.MaxLifetime <= 0 {
		c.MaxLifetime = 5 * time.Minute
	}
	return c
}

// newStore builds the queries once; their only variable parts are quoted names.
func newStore(e engine, n names, cfg Config, db, writer *sqlx.DB) *Store {
	s := &Store{engine: e, names: n, timeout: cfg.Timeout, db: db, writer: writer}
	s.reports.log = cfg.Logger
	s.nameLookups = placesOf(db.Stats().MaxOpenConnections)
	// The exact rows come first, the oldest of them on top: two rows tell all
	// there is to know, however many match.
	// The condition on the column as it is uses its index; the one in ORDER BY
	// names the table, or a server could take it for the bounded value.
	s.byName.query = fmt.Sprintf(
		"SELECT %s AS id, %s AS username, %s AS password FROM %s WHERE %s = ? ORDER BY %s DESC, %[1]s LIMIT 2",
		n.id, boundedName(n.username), boundedHash(n.password), n.table, n.username, e.exactly(n.table+"."+n.username))
	s.byID.query = fmt.Sprintf("SELECT %s AS id, %s AS username FROM %s WHERE %[1]s = ? LIMIT 1", n.id, boundedName(n.username), n.table)
	s.ready.query = fmt.Sprintf("SELECT %s, %s IS NULL, %s IS NULL FROM %s LIMIT 1", n.id, n.username, n.password, n.table)
	return s
}

// Close ends the connections. Calls after it are ErrUnavailable.
func (s *Store) Close() error {
	err := s.db.Close()
	if s.writer != nil && s.writer != s.db {
		err = errors.Join(err, s.writer.Close())
	}
	if err != nil {
		return fmt.Errorf("close user database: %w", err)
	}
	return nil
}

// Check looks for everything that can be wrong with a user table before the
// first login does: server, access, table, columns, types, grants. Its errors
// are sentences for the operator, with what to do; errors.Is tells their kinds
// apart (ErrUnknownDatabase, ErrAccessDenied, ErrNoGrant, ErrTableMissing,
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

// FindByID implements account.Users.
func (s *Store) FindByID(ctx context.Context, id int64) (account.User, error) {
	var found row
	err := s.read(ctx, "find user by id", func(ctx context.Context) error {
		stmt, err := s.prepared(ctx, &s.byID)
		if err != nil {
			return err
		}
		return stmt.GetContext(ctx, &found, id)
	})
	if err != nil {
		return account.User{}, err
	}
	if !found.ID.usable {
		return account.User{}, account.ErrUserNotFound
	}
	return found.user(), nil
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
