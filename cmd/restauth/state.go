package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/serve"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// ownState are the settings that say where restauth's own database is.
type ownState struct {
	settings.Users
	settings.State
}

// Validate is called by kong after parsing.
func (s *ownState) Validate() error { return errors.Join(s.Users.Validate(), s.State.Validate()) }

// there refuses a file that is not there: a misspelt one would otherwise be made.
func (s *ownState) there(parsed *kong.Context) error {
	file, isFile := s.StateFile(&s.Users)
	if !isFile {
		return nil
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		flags := repeated(parsed)
		if s.StateURL != "" {
			flags += " --state " + quoteShell(s.StateURL) // a file's: there is no password in it
		}
		return fmt.Errorf("there is no database %s; name the right one with --users or --state, or make it with: restauth serve%s", file, flags)
	}
	return nil
}

// log is where these commands warn, of what stands on the command line first.
func (s *ownState) log(w world, parsed *kong.Context) *slog.Logger {
	log := slog.New(slog.NewTextHandler(w.stderr, nil))
	warnOfPasswords(&s.Users, &s.State, log, parsed)
	return log
}

// migrateCmd brings restauth's own database up to this version's schema.
type migrateCmd struct{ ownState }

// Help implements kong.HelpProvider.
func (*migrateCmd) Help() string {
	return "The schema only ever grows: servers of the version before go on meanwhile and afterwards. " +
		"Any number may run at once, and one that was ended is gone on from. A file is brought up " +
		"by itself whenever it is opened."
}

// Run implements the command.
func (c *migrateCmd) Run(ctx context.Context, w world, parsed *kong.Context) error {
	if err := c.there(parsed); err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx, w)
	defer stop()
	where, before, after, err := serve.Migrate(ctx, &c.State, &c.Users, c.log(w, parsed))
	if err != nil {
		return err
	}
	if before == after {
		fmt.Fprintf(w.stdout, "the state in %s has schema %d\n", where, after)
		return nil
	}
	fmt.Fprintf(w.stdout, "the state in %s was brought from schema %d to %d\n", where, before, after)
	return nil
}

// stateCmd groups what can be done with restauth's own database.
type stateCmd struct {
	Backup stateBackupCmd `cmd:"" help:"Copy a SQLite database into a new file, while servers use it."`
}

type stateBackupCmd struct {
	ownState
	File string `arg:"" help:"The new file. It holds the secret and the hashes, so that only its owner can read it."`
}

// Help implements kong.HelpProvider.
func (*stateBackupCmd) Help() string {
	return "The copy is as the database was at one moment, and is on the disk when the command ends. " +
		"To go back to it, stop the servers, and put it in the database's place without the files " +
		"that end with -wal and -shm. It is first made in a folder beside the database, which needs the room; " +
		"one that was killed leaves that, .backup-..., to be removed. For mysql:// use mariadb-dump or mysqldump with --single-transaction."
}

// Run implements the command.
func (c *stateBackupCmd) Run(ctx context.Context, w world, parsed *kong.Context) error {
	if err := c.there(parsed); err != nil {
		return err
	}
	ctx, stop := untilSignal(ctx, w)
	defer stop()
	where, err := serve.Backup(ctx, &c.State, &c.Users, c.File, c.log(w, parsed))
	if err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "copied %s to %s\n", where, c.File)
	return nil
}
