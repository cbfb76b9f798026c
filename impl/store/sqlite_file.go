package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"
)

// applicationID marks a SQLite file as made by restauth ("RAUT"). Any other
// file with something in it is someone else's and is never written.
const applicationID = 0x52415554

// claim finds out whose file it is, makes it when there is none, takes it away
// from others' eyes, and brings restauth's own up to its schema.
func (e sqLite) claim(ctx context.Context, n names) (owned bool, err error) {
	// Before anything is opened, even by SQLite: it would believe a journal.
	if err := e.held(false); err != nil {
		return false, err
	}
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
		state, err := e.inspectAny(ctx, n)
		if err != nil || state == foreign {
			return false, err
		}
		if err := e.held(true); err != nil {
			return false, err
		}
		if state == complete {
			return true, e.restrict()
		}
	}
	if err := e.held(true); err != nil {
		return false, err
	}
	e.ours = true
	if err := e.create(ctx, n); err != nil {
		return false, err
	}
	return true, nil
}

// look finds out whose file it is, and changes nothing.
func (e sqLite) look(ctx context.Context, n names) (owned bool, err error) {
	if err := e.held(false); err != nil {
		return false, err
	}
	info, err := os.Stat(e.file)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Dir(e.file)); err != nil {
			return false, err
		}
		return false, setup(ErrUnmade, "%s is not there yet", e.file)
	}
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, errNotRegular
	}
	state := empty
	if info.Size() > 0 {
		if state, err = e.inspectAny(ctx, n); err != nil {
			return false, err
		}
	}
	if state == empty || state == incomplete {
		return false, setup(ErrUnmade, "%s is not finished yet", e.file)
	}
	if state == foreign {
		return false, nil
	}
	return true, e.held(true)
}

// restrict leaves restauth's own file, and the two that SQLite keeps beside it,
// to their owner: the secret that signs tokens is in there.
func (e sqLite) restrict() error {
	if e.file == "" { // in memory
		return nil
	}
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

// onlyTable refuses to make a table of users beside those that a file has
// already: the name is more likely misspelt, and an empty table would look as if
// everybody was gone.
func onlyTable(ctx context.Context, tx *sqlx.Tx, n names) error {
	var others []string
	err := tx.SelectContext(ctx, &others, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'restauth_setting' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
	if err != nil || len(others) == 0 || slices.ContainsFunc(others, func(name string) bool { return strings.EqualFold(name, n.plainTable) }) {
		return err
	}
	return setup(ErrTableMissing, "table %s not found in the database file (it has %s); name the right one with %s, name another file with %s, or make a second, empty table with: restauth user add NAME --new-table",
		n.table, strings.Join(others, ", "), setting("users-table"), setting("users"))
}

type fileState int

const (
	foreign    fileState = iota // someone else's: never written
	empty                       // nobody's yet
	incomplete                  // restauth's, with a table or the write-ahead log missing
	complete                    // restauth's
)

// inspect looks at a file without changing a byte of it.
func (e sqLite) inspect(ctx context.Context, n names) (fileState, error) {
	db, err := e.connect(e.dsn("", append(pragmas(writeLimit, "query_only(1)"), [2]string{"mode", "ro"})))
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
	var (
		id, objects, tables int
		journal             string
	)
	if err := tx.GetContext(ctx, &id, "PRAGMA application_id"); err != nil {
		return foreign, err
	}
	if err := tx.GetContext(ctx, &objects, "SELECT count(*) FROM sqlite_schema"); err != nil {
		return foreign, err
	}
	if err := tx.GetContext(ctx, &journal, "PRAGMA journal_mode"); err != nil {
		return foreign, err
	}
	// Names of tables are the same in either case.
	err := tx.GetContext(ctx, &tables, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND (name = ? COLLATE NOCASE OR name = 'restauth_setting')", n.plainTable)
	if err == nil && id == applicationID && tables < 2 && !n.second {
		err = onlyTable(ctx, tx, n)
	}
	switch {
	case err != nil:
		return foreign, err
	case id == applicationID && tables == 2 && journal == "wal":
		return complete, nil
	case id == applicationID:
		return incomplete, nil
	case id == 0 && objects == 0:
		return empty, nil
	default:
		return foreign, nil
	}
}
