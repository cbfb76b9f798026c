package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/restauth/restauth/impl/account"
)

// writeLimit bounds a change: it may wait for another process's and for the disk.
const writeLimit = 5 * time.Second

const memory = ":memory:"

// sqLite is the engine for SQLite. file is "" for a database in memory.
type sqLite struct {
	file  string
	names names
	ours  bool // restauth made it, or is about to
}

func openSQLite(ctx context.Context, cfg Config, n names, location string) (*Store, error) {
	if err := validLocation(location, n); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	if location == memory {
		return openMemory(ctx, cfg, n)
	}
	file, err := filepath.Abs(location)
	if err != nil {
		return nil, setup(ErrFile, "find %s: %v", location, err)
	}
	e := sqLite{file: file, names: n}
	claim := e.claim
	if cfg.LookOnly {
		claim = e.look
	}
	e.ours, err = claim(ctx, n)
	if errors.Is(err, ErrTableMissing) {
		_ = e.tidy(ctx, cfg) // What is wrong with the name comes first.
	}
	if err != nil {
		return nil, e.explainOpen(ctx, err)
	}
	e.warn(ctx, cfg.Logger)
	db, err := e.pool(cfg)
	if err != nil {
		return nil, err
	}
	if !e.ours || cfg.LookOnly {
		return newStore(e, n, cfg, db, nil), nil
	}
	writer, err := e.writer()
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return newStore(e, n, cfg, db, writer), nil
}

func validLocation(location string, n names) error {
	switch {
	case location == "":
		return setup(ErrConfig, "the users URL names no file; write sqlite:FILE in %s", setting("users"))
	case strings.HasPrefix(location, "//") && translate("sqlite:"+location) != "":
		return setup(ErrConfig, "%s", translate("sqlite:"+location))
	case strings.HasPrefix(location, "//"):
		return setup(ErrConfig, "the users URL has slashes of another form; write sqlite:FILE, as in sqlite:restauth.db or sqlite:/var/lib/restauth.db, in %s", setting("users"))
	case strings.ContainsRune(location, 0):
		return setup(ErrConfig, "the file name in the users URL holds a NUL; correct %s", setting("users"))
	case n.schema != "":
		return setup(ErrConfig, "a table in SQLite has no database before a dot; correct %s", setting("users-table"))
	}
	return nil
}

// openMemory opens a database that lives in one connection, which is therefore
// never replaced: the driver keeps it through interrupted queries too.
func openMemory(ctx context.Context, cfg Config, n names) (*Store, error) {
	e := sqLite{names: n}
	db, err := e.connect(e.dsn(memory, pragmas(cfg.Timeout, "synchronous(OFF)")))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	if err := e.createSchema(ctx, db, n); err != nil {
		_ = db.Close()
		return nil, e.explainOpen(ctx, err)
	}
	return newStore(e, n, cfg, db, db), nil
}

// pool opens connections that can only read.
func (e sqLite) pool(cfg Config) (*sqlx.DB, error) {
	// Without a mode SQLite would make a file that has been moved away anew:
	// empty, open to all, and at the next start taken for a new database.
	mode := "ro"
	if e.ours {
		mode = "rw" // the write-ahead log may have to be recovered
	}
	db, err := e.connect(e.dsn("", append(pragmas(cfg.Timeout, "query_only(1)"), [2]string{"mode", mode})))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(cfg.MaxOpen)
	db.SetMaxIdleConns(cfg.MaxIdle)
	return db, nil
}

// tidy takes away what a connection that may only read leaves beside a file with a
// write-ahead log, unless somebody uses it: the last one that may write does so
// when it is closed.
func (e sqLite) tidy(ctx context.Context, cfg Config) error {
	e.ours = true
	db, err := e.pool(cfg)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var version int
	return db.GetContext(ctx, &version, "PRAGMA schema_version")
}

// writer opens the one connection that writes: SQLite has one writer anyway,
// and waiting for it in Go is fair and ends with the context.
func (e sqLite) writer() (*sqlx.DB, error) {
	parameters := append(pragmas(writeLimit, "synchronous(FULL)", "secure_delete(1)"),
		[2]string{"mode", "rw"}, [2]string{"_txlock", "immediate"})
	db, err := e.connect(e.dsn("", parameters))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func (e sqLite) connect(dsn string) (*sqlx.DB, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, setup(ErrConfig, "the SQLite file's name cannot be used: %v", err)
	}
	return sqlx.NewDb(sql.OpenDB(opener{connector, e}), "sqlite"), nil
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
func (e sqLite) dsn(special string, parameters [][2]string) string {
	values := make(url.Values, len(parameters))
	for _, p := range parameters {
		values.Add(p[0], p[1])
	}
	if special != "" {
		return special + "?" + values.Encode()
	}
	return "file://" + (&url.URL{Path: e.file}).EscapedPath() + "?" + values.Encode()
}

func primaryCode(err error) int {
	if failure := (*sqlite.Error)(nil); errors.As(err, &failure) {
		return failure.Code() & 0xff
	}
	return 0
}

// explainOpen turns a file that cannot be used into a sentence.
func (e sqLite) explainOpen(ctx context.Context, err error) error {
	if failure := (*setupError)(nil); errors.As(err, &failure) {
		return err
	}
	another := "name another file with " + setting("users")
	var text string
	switch code := primaryCode(err); {
	case code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: another program keeps %s locked; end it or wait for it", account.ErrUnavailable, e.file)
	case ctx.Err() != nil:
		return fmt.Errorf("open %s: %w", e.file, ctx.Err())
	case code == sqlite3.SQLITE_NOTADB:
		text = "it is not a SQLite database; " + another
	case code == sqlite3.SQLITE_CORRUPT:
		text = "it is damaged; restore it from a backup"
	case code == sqlite3.SQLITE_FULL:
		text = "the disk is full; make room"
	case interrupted(err):
		text = "another program was killed while it changed it, and only that one may take this back; start it, or " + another
	case code == sqlite3.SQLITE_READONLY || code == sqlite3.SQLITE_CANTOPEN || code == sqlite3.SQLITE_PERM || code == sqlite3.SQLITE_IOERR:
		text = "file or folder cannot be read and written by this user (SQLite keeps two more files beside it); correct owner and mode, or " + another
	case errors.Is(err, fs.ErrNotExist):
		text = "there is no such folder; make it, or " + another
	case errors.Is(err, fs.ErrPermission):
		text = "file or folder may not be used by this user; correct owner and mode, or " + another
	default:
		text = err.Error() + "; " + another
	}
	return setup(ErrFile, "cannot use %s: %s", e.file, text)
}
