package database

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/restauth/restauth/impl/custody"
)

// CopyInto writes a copy of the database, as it is at one moment. Others may write
// meanwhile.
//
// SQLite writes to a name, may take that for more than one (":memory:", "file:b.db"),
// and whoever can write the folder can have put another file there by then. So it
// gets a name in a folder of this process's own, beside the database, which is in the
// same hands as the database itself.
func (s *SQLite) CopyInto(ctx context.Context, to io.Writer) (err error) {
	if s.InMemory() {
		return Sentence(ErrFile, "a database in memory has no backup")
	}
	db, err := s.connect(s.dsn("", append(pragmas(WriteLimit), [2]string{"mode", "rw"})))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	file, err := filepath.EvalSymlinks(s.file)
	if err != nil {
		return err
	}
	name, err := os.MkdirTemp(filepath.Dir(file), ".backup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(name)) }()
	folder, err := os.OpenRoot(name)
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	const copied = "copy.db"
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", filepath.Join(name, copied)); err != nil {
		return err
	}
	from, err := folder.Open(copied)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	_, err = io.Copy(to, from)
	return err
}

// Create makes a file that is readable by its owner only. It must not be there yet,
// and what somebody else put on the way to it for us to find is not followed.
func (s *SQLite) Create(ctx context.Context, name string) (*os.File, error) {
	held, err := custody.Look(name)
	if err != nil {
		return nil, err
	}
	if why := cmp.Or(held.Planted, held.Shared); why != "" {
		return nil, Sentence(ErrFile, "cannot make %s: %s; name a file in a folder of your own", name, why)
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the operator names it
	if errors.Is(err, fs.ErrExist) {
		return nil, Sentence(ErrFile, "%s is there already; name a new file", name)
	}
	if err == nil && strings.Contains(held.Exposed, "replace") && s.cfg.Logger != nil {
		s.cfg.Logger.WarnContext(ctx, "the file is in a folder of everybody's; move it to one that only its owner can write", "file", name, "why", held.Exposed)
	}
	return f, err
}
