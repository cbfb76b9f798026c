package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"io/fs"
	"os"

	"github.com/restauth/restauth/impl/custody"
)

// besides are the files that SQLite keeps beside a database, and believes: a
// journal that somebody else put there is played back into the database, and a
// write-ahead log of somebody else's gets to hold what is written.
func besides() []string { return []string{"-journal", "-wal", "-shm"} }

// held refuses a file that is in the hands of others than root and the folder's
// owner, and where it holds, or is to hold, restauth's own secret also of the
// latter (docs/decisions/0010). The same goes for the files beside it, which have
// to be files.
func (s *SQLite) held(ours bool) error {
	if s.file == "" { // in memory
		return nil
	}
	held, err := custody.Look(s.file)
	if err != nil {
		return err
	}
	if err := s.refuse(held, ours); err != nil {
		return err
	}
	for _, suffix := range besides() {
		name := held.Path + suffix
		info, err := os.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return Sentence(ErrFile, "cannot use %s: %s is not a regular file, and SQLite would use it; remove it, or name another file with %s", s.file, name, Setting("users"))
		}
		beside, err := custody.Look(name)
		if errors.Is(err, fs.ErrNotExist) { // SQLite removes them too
			continue
		}
		if err != nil {
			return err
		}
		if err := s.refuse(beside, ours); err != nil {
			return err
		}
	}
	return nil
}

func (s *SQLite) refuse(held custody.Held, ours bool) error {
	why := held.Planted
	if why == "" && ours {
		why = held.Shared
	}
	if why == "" {
		return nil
	}
	return Sentence(ErrFile, "cannot use %s: %s; name a file in a folder of your own with %s", s.file, why, Setting("users"))
}

// warn says once, at opening, what is not refused.
func (s *SQLite) warn(ctx context.Context) {
	log := s.cfg.Logger
	held, err := custody.Look(s.file)
	if err != nil || log == nil {
		return
	}
	for _, why := range []string{held.Others, held.Shared} {
		if why != "" {
			log.WarnContext(ctx, "the database file is in another user's hands", "file", s.file, "why", why)
		}
	}
	if held.Exposed != "" {
		log.WarnContext(ctx, "the database file is in a folder of everybody's; move it to one that only its owner can write", "file", s.file, "why", held.Exposed)
	}
}

// opener is SQLite's connector. It looks before each connection whose files these
// are: connections come and go while the server runs, and whoever can write the
// folder may have put something there since.
type opener struct {
	driver.Connector
	of *SQLite
}

// Connect implements driver.Connector.
func (o opener) Connect(ctx context.Context) (driver.Conn, error) {
	if err := o.of.held(o.of.ours); err != nil {
		return nil, err
	}
	return o.Connector.Connect(ctx)
}
