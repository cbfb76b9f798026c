package state

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup writes a copy of a SQLite database to a new file, readable by its owner only,
// as it was at one moment while others read and write. The copy is on the disk when
// Backup returns. The file must not be there yet. Of MySQL it is an error that says
// what to use.
func (s *State) Backup(ctx context.Context, file string) error {
	if err := s.engine.backup(ctx, file); err != nil {
		return fmt.Errorf("back up the state: %w", err)
	}
	return nil
}

func (e *sqLite) backup(ctx context.Context, file string) (err error) {
	f, err := e.file.Create(ctx, file)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			_ = os.Remove(file)
		}
	}()
	if err := e.file.CopyInto(ctx, f); err != nil {
		return e.explain(ctx, err)
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(file))
}

// syncFolder makes sure that a new file's name is on the disk too.
func syncFolder(name string) error {
	folder, err := os.Open(name) //nolint:gosec // where the operator's file is
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
