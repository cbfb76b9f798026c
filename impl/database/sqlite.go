package database

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"

	"github.com/restauth/restauth/impl/account"
)

// WriteLimit bounds a change: it may wait for another process's and for the disk.
const WriteLimit = 5 * time.Second

const memory = ":memory:"

// SQLite is a file, or a database in memory.
type SQLite struct {
	// Reader is for reading only, but in memory.
	Reader *sqlx.DB
	// Writer has one connection: SQLite has one writer anyway. It is nil where the
	// file is someone else's, or Config.LookOnly is set.
	Writer *sqlx.DB

	file   string // absolute; "" in memory
	cfg    Config
	schema Schema
	ours   bool // restauth made it, or is about to
}

// Schema is what a file of restauth's own has to hold. Its methods get a
// transaction that is theirs alone.
type Schema interface {
	// Look reports what is missing, and writes nothing. Its error refuses the file.
	Look(ctx context.Context, tx *sqlx.Tx) (Completeness, error)
	// Make makes what is missing. It may have been begun before by a process that
	// was killed.
	Make(ctx context.Context, tx *sqlx.Tx) error
}

// Completeness is how much of a Schema a file holds.
type Completeness int

const (
	// Unfinished lacks something that every version needs.
	Unfinished Completeness = iota
	// Outdated was made by an older version, and it can be read as it is.
	Outdated
	// Complete has everything.
	Complete
)

// OpenSQLite opens a sqlite: URL, and makes the file, readable by its owner only,
// when there is none and schema says what is to be in it. A file of another
// program's is opened for reading; one that somebody else may have put there is
// refused (docs/decisions/0010).
func OpenSQLite(ctx context.Context, cfg Config, schema Schema) (*SQLite, error) {
	return openSQLite(ctx, cfg, schema, WriteLimit)
}

func openSQLite(ctx context.Context, cfg Config, schema Schema, limit time.Duration) (*SQLite, error) {
	cfg = cfg.withDefaults()
	location, _ := splitURL(cfg.URL)
	if err := validLocation(location); err != nil {
		return nil, cfg.as(err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit,
		fmt.Errorf("%w: it did not open within %v; its disk or this machine is too busy, try again", account.ErrUnavailable, limit))
	defer cancel()
	s := &SQLite{cfg: cfg, schema: schema}
	open := s.openFile
	if location == memory {
		open = s.openMemory
	}
	if err := open(ctx, location); err != nil {
		return nil, cfg.as(err)
	}
	return s, nil
}

func (s *SQLite) openFile(ctx context.Context, location string) (err error) {
	if s.file, err = filepath.Abs(location); err != nil {
		return Sentence(ErrFile, "find %s: %v", location, err)
	}
	claim := s.claim
	if s.cfg.LookOnly || s.schema == nil {
		claim = s.look
	}
	if s.ours, err = claim(ctx); err != nil {
		if IsSentence(err) && !errors.Is(err, ErrFile) && !errors.Is(err, ErrUnmade) {
			_ = s.tidy(ctx) // What is wrong with the schema comes first.
		}
		return s.explainOpen(ctx, err)
	}
	s.warn(ctx)
	if s.Reader, err = s.pool(); err != nil {
		return err
	}
	if !s.ours || s.cfg.LookOnly || s.schema == nil {
		return nil
	}
	if s.Writer, err = s.writer(); err != nil {
		return errors.Join(err, s.Reader.Close())
	}
	return nil
}

// Ours reports whether restauth made the file.
func (s *SQLite) Ours() bool { return s.ours }

// InMemory reports whether the database is gone when it is closed. Reader and Writer
// are then one.
func (s *SQLite) InMemory() bool { return s.file == "" }

// Where names the database for messages.
func (s *SQLite) Where() string { return cmp.Or(s.file, "the database in memory") }

// Timeout bounds each call that reads, as in Config.
func (s *SQLite) Timeout() time.Duration { return s.cfg.Timeout }

// Close ends the connections.
func (s *SQLite) Close() error {
	err := s.Reader.Close()
	if s.Writer != nil && s.Writer != s.Reader {
		err = errors.Join(err, s.Writer.Close())
	}
	return err
}

func validLocation(location string) error {
	switch {
	case location == "":
		return Sentence(ErrConfig, "the users URL names no file; write sqlite:FILE in %s", Setting("users"))
	case strings.HasPrefix(location, "//") && translate("sqlite:"+location) != "":
		return Sentence(ErrConfig, "%s", translate("sqlite:"+location))
	case strings.HasPrefix(location, "//"):
		return Sentence(ErrConfig, "the users URL has slashes of another form; write sqlite:FILE, as in sqlite:restauth.db or sqlite:/var/lib/restauth.db, in %s", Setting("users"))
	case strings.ContainsRune(location, 0):
		return Sentence(ErrConfig, "the file name in the users URL holds a NUL; correct %s", Setting("users"))
	}
	return nil
}

// openMemory opens a database that lives in one connection, which is therefore
// never replaced: the driver keeps it through interrupted queries too.
func (s *SQLite) openMemory(ctx context.Context, _ string) error {
	db, err := s.connect(s.dsn(memory, pragmas(s.cfg.Timeout, "synchronous(OFF)")))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	s.ours = true
	if s.schema != nil {
		if err := s.createSchema(ctx, db); err != nil {
			return errors.Join(s.explainOpen(ctx, err), db.Close())
		}
	}
	s.Reader, s.Writer = db, db
	return nil
}

// pool opens connections that can only read.
func (s *SQLite) pool() (*sqlx.DB, error) {
	// Without a mode SQLite would make a file that has been moved away anew:
	// empty, open to all, and at the next start taken for a new database.
	mode := "ro"
	if s.ours {
		mode = "rw" // the write-ahead log may have to be recovered
	}
	db, err := s.connect(s.dsn("", append(pragmas(s.cfg.Timeout, "query_only(1)"), [2]string{"mode", mode})))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(s.cfg.MaxOpen)
	db.SetMaxIdleConns(s.cfg.MaxIdle)
	return db, nil
}

// tidy takes away what a connection that may only read leaves beside a file with a
// write-ahead log, unless somebody uses it: the last one that may write does so
// when it is closed.
func (s *SQLite) tidy(ctx context.Context) error {
	s.ours = true
	db, err := s.pool()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var version int
	return db.GetContext(ctx, &version, "PRAGMA schema_version")
}

// writer opens the one connection that writes: SQLite has one writer anyway,
// and waiting for it in Go is fair and ends with the context.
func (s *SQLite) writer() (*sqlx.DB, error) {
	parameters := append(pragmas(WriteLimit, "synchronous(FULL)", "secure_delete(1)"),
		[2]string{"mode", "rw"}, [2]string{"_txlock", "immediate"})
	db, err := s.connect(s.dsn("", parameters))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func (s *SQLite) connect(dsn string) (*sqlx.DB, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, Sentence(ErrConfig, "the SQLite file's name cannot be used: %v", err)
	}
	return sqlx.NewDb(sql.OpenDB(opener{connector, s}), "sqlite"), nil
}

// pragmas are the settings of every connection: a schema that someone else
// wrote may not call functions with side effects, and a damaged or forged file
// is noticed rather than believed.
func pragmas(busy time.Duration, more ...string) [][2]string {
	all := append([]string{
		"busy_timeout(" + strconv.FormatInt(busy.Milliseconds(), 10) + ")",
		"foreign_keys(1)", "trusted_schema(0)", "cell_size_check(1)",
	}, more...)
	parameters := make([][2]string, 0, len(all)+2)
	for _, pragma := range all {
		parameters = append(parameters, [2]string{"_pragma", pragma})
	}
	return append(parameters, [2]string{"_defensive", "1"}, [2]string{"_dqs", "0"})
}

// dsn writes a file: URI, in which no character of the path means anything.
func (s *SQLite) dsn(special string, parameters [][2]string) string {
	values := make(url.Values, len(parameters))
	for _, p := range parameters {
		values.Add(p[0], p[1])
	}
	if special != "" {
		return special + "?" + values.Encode()
	}
	return "file://" + (&url.URL{Path: s.file}).EscapedPath() + "?" + values.Encode()
}
