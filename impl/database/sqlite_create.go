package database

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// create makes what is missing of restauth's own file. Killed at any moment, it
// leaves what the next one goes on from (docs/decisions/0010). A file in which
// another program was faster is errForeign, with neither a byte nor the mode of
// it changed: so the write-ahead log comes last.
func (s *SQLite) create(ctx context.Context) error {
	writer, err := s.writer()
	if err != nil {
		return err
	}
	defer func() { _ = writer.Close() }()
	if err := s.createSchema(ctx, writer); err != nil {
		return err
	}
	return enterWAL(ctx, writer)
}

// createSchema makes what is missing of restauth's own tables. Two processes
// may do so at once: the transaction takes the write lock at its start, and
// whose file it is was only a guess until then.
func (s *SQLite) createSchema(ctx context.Context, writer *sqlx.DB) error {
	tx, err := writer.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	state, err := s.inspectIn(ctx, tx)
	if err != nil {
		return err
	}
	if state == foreign {
		return errForeign
	}
	// Before anything is written: an empty file was made by someone else, with
	// a mode that may let everybody read.
	if err := s.restrict(); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "PRAGMA application_id = "+strconv.Itoa(applicationID)); err != nil {
		return err
	}
	if err := s.schema.Make(ctx, tx); err != nil {
		return err
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
		if PrimaryCode(err) != sqlite3.SQLITE_BUSY {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// inspectAny is inspect, also of a file whose last change was interrupted. Who
// only reads cannot take that back; who may write does so at the first look.
func (s *SQLite) inspectAny(ctx context.Context) (fileState, error) {
	for {
		state, err := s.inspect(ctx)
		if !interrupted(err) {
			return state, err
		}
		switch ours, readErr := s.unfinished(); {
		case ours:
			return incomplete, nil
		case !errors.Is(readErr, fs.ErrNotExist):
			return foreign, err
		}
		// Another process has just taken it back.
	}
}

// interrupted reports that there is a hot journal: a process was killed while it
// changed the file.
func interrupted(err error) bool {
	failure := (*sqlite.Error)(nil)
	return errors.As(err, &failure) && failure.Code() == sqlite3.SQLITE_READONLY_ROLLBACK
}

// unfinished reports that a file with a hot journal is restauth's, or nobody's
// yet. fs.ErrNotExist means that the journal is gone by now.
//
// The first page is the first that SQLite writes, and it has restauth's mark
// from the first change on. In restauth 1.1.0 the write-ahead log came first:
// the journal says that there was no page before, and there is one without the
// mark, in which no row of anybody's has room.
//
// Offsets: https://www.sqlite.org/fileformat2.html, sections 1.3 and 3.
func (s *SQLite) unfinished() (bool, error) {
	file, err := filepath.EvalSymlinks(s.file) // the journal is beside the file itself
	if err != nil {
		return false, err
	}
	var header [72]byte
	size, err := readHead(file, header[:])
	if err != nil {
		return false, err
	}
	if binary.BigEndian.Uint32(header[68:]) == applicationID {
		return true, nil
	}
	var journal [28]byte
	if _, err := readHead(file+"-journal", journal[:]); err != nil {
		return false, err
	}
	before, page := binary.BigEndian.Uint32(journal[16:]), binary.BigEndian.Uint32(journal[24:])
	return string(journal[:8]) == "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" && before == 0 && size <= int64(page), nil
}

// readHead fills head with the first bytes of a file, or with zeros where it is
// shorter, and returns the file's size in bytes. Closing it gives up the locks that
// this process has on it (fcntl(2)): a journal is hot only where nobody has any that
// matters.
func readHead(name string, head []byte) (size int64, err error) {
	f, err := os.Open(name) //nolint:gosec // the database that was named, and the journal beside it
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if _, err := io.ReadFull(f, head); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, err
	}
	return info.Size(), nil
}
