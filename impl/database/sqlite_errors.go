package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/restauth/restauth/impl/account"
)

// PrimaryCode is SQLite's code for what went wrong, 0 for any other error.
func PrimaryCode(err error) int {
	if failure := (*sqlite.Error)(nil); errors.As(err, &failure) {
		return failure.Code() & 0xff
	}
	return 0
}

// explainOpen turns a file that cannot be used into a sentence.
func (s *SQLite) explainOpen(ctx context.Context, err error) error {
	if failure := (*setupError)(nil); errors.As(err, &failure) {
		return err
	}
	another := "name another file with " + Setting("users")
	var text string
	switch code := PrimaryCode(err); {
	case code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: another program keeps %s locked; end it or wait for it", account.ErrUnavailable, s.file)
	case ctx.Err() != nil:
		return fmt.Errorf("open %s: %w", s.file, context.Cause(ctx))
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
	return Sentence(ErrFile, "cannot use %s: %s", s.file, text)
}

// Explain is the sentence for a call that failed at run time, nil where SQLite says
// nothing that is known. It asks nothing.
func (s *SQLite) Explain(ctx context.Context, err error) error {
	switch PrimaryCode(err) {
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return s.cfg.as(s.explainOpen(context.WithoutCancel(ctx), err))
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return Sentence(account.ErrUnavailable, "another program keeps %s locked; end it or wait for it", s.Where())
	case sqlite3.SQLITE_CANTOPEN:
		return Sentence(account.ErrUnavailable, "%s cannot be opened any more; put it back, or correct its owner and mode", s.Where())
	case sqlite3.SQLITE_FULL:
		return Sentence(account.ErrUnavailable, "the disk of %s is full; make room", s.Where())
	}
	return nil
}
