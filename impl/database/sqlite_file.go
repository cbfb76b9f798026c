package database

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/jmoiron/sqlx"
)

// applicationID marks a SQLite file as made by restauth ("RAUT"). Any other
// file with something in it is someone else's and is never written.
const applicationID = 0x52415554

// claim finds out whose file it is, makes it when there is none, takes it away
// from others' eyes, and brings restauth's own up to its schema.
func (s *SQLite) claim(ctx context.Context) (owned bool, err error) {
	// Before anything is opened, even by SQLite: it would believe a journal.
	if err := s.held(false); err != nil {
		return false, err
	}
	// SQLite gives its -wal and -shm files the mode of the file itself.
	f, err := os.OpenFile(s.file, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return false, err
	}
	info, err := os.Stat(s.file)
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, errNotRegular
	}
	if info.Size() > 0 {
		state, err := s.inspectAny(ctx)
		if err != nil || state == foreign {
			return false, err
		}
		if err := s.held(true); err != nil {
			return false, err
		}
		if state == complete {
			return true, s.restrict()
		}
	}
	if err := s.held(true); err != nil {
		return false, err
	}
	s.ours = true
	if err := s.create(ctx); err != nil {
		return false, err
	}
	return true, nil
}

// look finds out whose file it is, and changes nothing.
func (s *SQLite) look(ctx context.Context) (owned bool, err error) {
	if err := s.held(false); err != nil {
		return false, err
	}
	info, err := os.Stat(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Dir(s.file)); err != nil {
			return false, err
		}
		return false, Sentence(ErrUnmade, "%s is not there yet", s.file)
	}
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, errNotRegular
	}
	state := empty
	if info.Size() > 0 {
		if state, err = s.inspectAny(ctx); err != nil {
			return false, err
		}
	}
	switch {
	case state == foreign, state == empty && s.schema == nil:
		return false, nil
	case state == empty, state == incomplete:
		return false, Sentence(ErrUnmade, "%s is not finished yet", s.file)
	}
	return true, s.held(true)
}

// restrict leaves restauth's own file, and the two that SQLite keeps beside it,
// to their owner: the secret that signs tokens is in there.
func (s *SQLite) restrict() error {
	if s.file == "" { // in memory
		return nil
	}
	file, err := filepath.EvalSymlinks(s.file) // the two are beside the file itself
	if err != nil {
		return err
	}
	// The file first: what SQLite makes beside it from now on has its mode.
	for _, name := range []string{file, file + "-wal", file + "-shm"} {
		err := restrict(name)
		if err != nil && (name == file || !errors.Is(err, fs.ErrNotExist)) {
			return Sentence(ErrFile, "cannot use %s: it holds the secret and the hashes, others may open it, and its mode cannot be changed (%v); run chmod 600 %s as its owner, or name another file with %s",
				s.file, err, name, Setting("users"))
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
	incomplete                  // restauth's, with a table or the write-ahead log missing
	outdated                    // restauth's, of an older version
	complete                    // restauth's
)

// inspect looks at a file without changing a byte of it.
func (s *SQLite) inspect(ctx context.Context) (fileState, error) {
	db, err := s.connect(s.dsn("", append(pragmas(WriteLimit, "query_only(1)"), [2]string{"mode", "ro"})))
	if err != nil {
		return foreign, err
	}
	defer func() { _ = db.Close() }()
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return foreign, err
	}
	defer func() { _ = tx.Rollback() }()
	return s.inspectIn(ctx, tx)
}

// inspectIn needs a transaction: a file without a mark that has tables a moment
// later is not someone else's, but one that another process has just made.
func (s *SQLite) inspectIn(ctx context.Context, tx *sqlx.Tx) (fileState, error) {
	var (
		id, objects int
		journal     string
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
	switch {
	case id == 0 && objects == 0:
		return empty, nil
	case id != applicationID:
		return foreign, nil
	case s.schema == nil:
		return complete, nil
	}
	found, err := s.schema.Look(ctx, tx)
	switch {
	case err != nil:
		return foreign, err
	case found == Unfinished || journal != "wal":
		return incomplete, nil
	case found == Outdated:
		return outdated, nil
	default:
		return complete, nil
	}
}
