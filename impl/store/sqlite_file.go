package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks a SQLite file as made by restauth ("RAUT"). Any other
// file with something in it is someone else's and is never written.
const applicationID = 0x52415554

// claim finds out whose file it is, makes it when there is none, takes it away
// from others' eyes, and brings restauth's own up to its schema.
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
		if err != nil || state == foreign {
			return false, err
		}
		if state == complete {
			return true, e.restrict()
		}
	}
	// Before anything is written: an empty file was made by someone else, with
	// a mode that may let everybody read.
	if err := e.restrict(); err != nil {
		return false, err
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

// restrict leaves restauth's own file, and the two that SQLite keeps beside it,
// to their owner: the secret that signs tokens is in there.
func (e sqLite) restrict() error {
	file, err := filepath.EvalSymlinks(e.file) // the two are beside the file itself
	if err != nil {
		return err
	}
	// The file first: what SQLite makes beside it from now on has its mode.
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		err := restrict(name)
		if err != nil && (name == file || !errors.Is(err, fs.ErrNotExist)) {
			return setup(ErrFile, "cannot use %s: it holds the secret and the hashes, others may open it, and its mode cannot be changed (%v); run chmod 600 %s as its owner, or name another file with %s",
				e.file, err, name, setting("users"))
		}
	}
	return nil
}

// restrict takes a file's mode away from all but its owner. What is no regular
// file was not made by SQLite and is left alone.
func restrict(name string) error {
	info, err := os.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(name, info.Mode().Perm()&0o600)
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
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return foreign, err
	}
	defer func() { _ = tx.Rollback() }()
	return inspect(ctx, tx, n)
}

// inspect needs a transaction: a file without a mark that has tables a moment
// later is not someone else's, but one that another process has just made.
func inspect(ctx context.Context, tx *sqlx.Tx, n names) (fileState, error) {
	var id, objects, tables int
	if err := tx.GetContext(ctx, &id, "PRAGMA application_id"); err != nil {
		return foreign, err
	}
	if err := tx.GetContext(ctx, &objects, "SELECT count(*) FROM sqlite_schema"); err != nil {
		return foreign, err
	}
	err := tx.GetContext(ctx, &tables, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN (?, 'restauth_setting')", n.plainTable)
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
