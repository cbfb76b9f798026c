package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks a SQLite file as made by restauth ("RAUT"). Any other
// file with something in it is someone else's and is never written.
const applicationID = 0x52415554

// claim finds out whose file it is, makes it when there is none, and brings
// restauth's own up to its schema.
func (e sqLite) claim(ctx context.Context, n names) (owned bool, err error) {
	// SQLite gives its -wal and -shm files the mode of the file itself.
	f, err := os.OpenFile(e.file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return false, err
	}
	info, err := os.Stat(e.file)
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, errNotRegular
	}
	if info.Size() > 0 {
		state, err := e.inspect(ctx, n)
		if err != nil || state == foreign || state == complete {
			return state == complete, err
		}
	}
	writer, err := e.writer()
	if err != nil {
		return false, err
	}
	defer func() { _ = writer.Close() }()
	if err := createSchema(ctx, writer, n); err != nil {
		return false, err
	}
	return true, nil
}

var (
	errNotRegular = errors.New("it is not a regular file")
	errForeign    = errors.New("another program has just made tables in it")
)

type fileState int

const (
	foreign    fileState = iota // someone else's: never written
	empty                       // nobody's yet
	incomplete                  // restauth's, with a table missing
	complete                    // restauth's
)

// inspect looks at a file without changing a byte of it.
func (e sqLite) inspect(ctx context.Context, n names) (fileState, error) {
	db, err := connect(e.dsn("", append(pragmas(writeLimit, "query_only(1)"), [2]string{"mode", "ro"})))
	if err != nil {
		return foreign, err
	}
	defer func() { _ = db.Close() }()
	return inspect(ctx, db, n)
}

// queryer is what inspect needs of a database or a transaction.
type queryer interface {
	GetContext(ctx context.Context, dest any, query string, args ...any) error
}

func inspect(ctx context.Context, q queryer, n names) (fileState, error) {
	var id, objects, tables int
	if err := q.GetContext(ctx, &id, "PRAGMA application_id"); err != nil {
		return foreign, err
	}
	if err := q.GetContext(ctx, &objects, "SELECT count(*) FROM sqlite_schema"); err != nil {
		return foreign, err
	}
	err := q.GetContext(ctx, &tables, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN (?, 'restauth_setting')", n.plainTable)
	switch {
	case err != nil:
		return foreign, err
	case id == applicationID && tables == 2:
		return complete, nil
	case id == applicationID:
		return incomplete, nil
	case id == 0 && objects == 0:
		return empty, nil
	default:
		return foreign, nil
	}
}

// createSchema makes what is missing of restauth's own tables. Two processes
// may do so at once: the transaction takes the write lock at its start, and
// whose file it is was only a guess until then.
func createSchema(ctx context.Context, writer *sqlx.DB, n names) error {
	if err := enterWAL(ctx, writer); err != nil {
		return err
	}
	tx, err := writer.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	state, err := inspect(ctx, tx, n)
	if err != nil {
		return err
	}
	if state == foreign {
		return errForeign
	}
	for _, statement := range []string{
		"PRAGMA application_id = " + strconv.Itoa(applicationID),
		// AUTOINCREMENT: the id of a deleted user is never given again, so an
		// old token never becomes someone else's. password is NULL for a user
		// who cannot log in.
		"CREATE TABLE IF NOT EXISTS " + n.table + " (\n" +
			"\t" + n.id + " INTEGER PRIMARY KEY AUTOINCREMENT,\n" +
			"\t" + n.username + " TEXT NOT NULL UNIQUE,\n" +
			"\t" + n.password + " TEXT\n) STRICT",
		"CREATE TABLE IF NOT EXISTS restauth_setting (\n" +
			"\tname TEXT PRIMARY KEY,\n\tvalue BLOB NOT NULL\n) STRICT, WITHOUT ROWID",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// enterWAL switches to the write-ahead log, which the file then keeps. SQLite
// answers busy at once, whatever the busy time-out, while another process does
// the same.
func enterWAL(ctx context.Context, writer *sqlx.DB) error {
	for {
		var mode string
		err := writer.GetContext(ctx, &mode, "PRAGMA journal_mode = WAL")
		if primaryCode(err) != sqlite3.SQLITE_BUSY {
			return err // "memory" for a database in memory, which is as well
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}
