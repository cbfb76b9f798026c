package serve

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
)

// kept is restauth's own database as the server uses it.
type kept struct {
	*state.State        // nil where nothing is kept
	own          bool   // not in the file of embedded users, which ends with them
	where        string // for people's eyes
	migrate      bool
	log          *slog.Logger
	ready        bool          // it was looked over and found right
	behind       *atomic.Int64 // since when it is not in step, in Unix nanoseconds; 0 while it is
}

// openState opens the database that the settings name, if it is not the users' own
// file. A mysql:// one is not connected to yet.
func openState(ctx context.Context, s *settings.State, users *settings.Users, lookOnly bool, log *slog.Logger) (kept, error) {
	k := kept{where: s.RedactedState(), migrate: s.Migrate, log: log, behind: new(atomic.Int64)}
	if s.StateURL == "" || s.OfUsers(users) {
		if s.Migrate && !users.Embedded() {
			return k, settings.Usagef("--migrate is for a state of restauth's own, and none is kept; write --state mysql://user:password@host:port/database, or leave --migrate out")
		}
		return k, nil
	}
	cfg := database.Config{URL: s.StateURL, Setting: "state", Logger: log, LookOnly: lookOnly}
	if s.StatePasswordFile != "" {
		if kind, _ := cfg.Kind(); kind == database.KindSQLite {
			return k, settings.Usagef("--state-password-file is for mysql:// databases; %s has no password", k.where)
		}
		var err error
		if cfg.Password, cfg.PasswordOf, err = passwordIn("state-password-file", s.StatePasswordFile, log); err != nil {
			return k, err
		}
	}
	if s.InDatabaseOf(users) {
		return k, settings.Errorf("--state names the users' own database, %s, which restauth leaves as it is; make another on that server, with a database user of its own", k.where)
	}
	opened, err := state.Open(ctx, cfg)
	if err != nil {
		return k, err
	}
	k.State, k.own = opened, true
	return k, nil
}

// of is the state in the file of embedded users. Where --state names that file, and
// another program made it, nothing can be kept as it was asked for.
func (k *kept) of(embedded *state.Embedded) error {
	if k.State != nil || embedded == nil {
		return nil
	}
	k.State, k.ready = embedded.State(), true // brought up when it was opened
	if k.where != "" && !embedded.Ours() {
		return settings.Errorf("--state names the users' own file, %s, which another program made and restauth only reads; name another file", k.where)
	}
	return nil
}

// check brings the schema up where that was asked for, and looks whether it is what
// this version needs.
func (k *kept) check(ctx context.Context) error {
	if k.State == nil || k.ready {
		return nil
	}
	if k.migrate {
		before, after, err := k.Migrate(ctx)
		if err != nil {
			return err
		}
		if before != after {
			k.log.InfoContext(ctx, "the state's schema was brought up", "state", k.where, "from", before, "to", after)
		}
	}
	if err := k.Check(ctx); err != nil {
		return err
	}
	k.ready = true
	k.behind.Store(0)
	return nil
}

// addresses is where known addresses are kept, nil where nothing is.
func (k *kept) addresses() account.AddressBook {
	if k.State == nil {
		return nil
	}
	return k.State
}

// lag is for how long the state has not been in step with this process. It may be asked
// at any time.
func (k *kept) lag() time.Duration {
	since := k.behind.Load()
	if since == 0 {
		return 0
	}
	return time.Since(time.Unix(0, since))
}

// checkAtStart is check. A database that is merely down does not end the start: what
// needs no memory goes on without it.
func (k *kept) checkAtStart(ctx context.Context) error {
	err := k.check(ctx)
	if err != nil && outage(err) {
		k.behind.Store(time.Now().UnixNano())
		k.log.ErrorContext(ctx, "the state database does not answer; going on without it until it does", "state", k.where, "error", err)
		return nil
	}
	return err
}

// tend goes on with check until it once succeeded. What waiting does not mend is said,
// once.
func (k *kept) tend(ctx context.Context) {
	said := ""
	for begun := time.Now(); k.State != nil && !k.ready; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(retryLasting):
		}
		switch err := k.check(ctx); {
		case err == nil:
			k.log.InfoContext(ctx, "the state database answers now", "state", k.where, "failed_for", time.Since(begun).Round(time.Millisecond).String())
		case !outage(err) && ctx.Err() == nil && err.Error() != said:
			said = err.Error()
			k.log.ErrorContext(ctx, "the state database cannot be used yet", "state", k.where, "error", err)
		}
	}
}

func (k *kept) close() error {
	if !k.own {
		return nil
	}
	return k.Close()
}

// Migrate brings the schema of the state up, and returns where it is and its versions
// before and after.
func Migrate(ctx context.Context, s *settings.State, users *settings.Users, log *slog.Logger) (where string, before, after int, err error) {
	err = withState(ctx, s, users, log, func(k kept) error {
		where = k.where
		before, after, err = k.Migrate(ctx)
		return err
	})
	return where, before, after, err
}

// Backup copies the state into a new file.
func Backup(ctx context.Context, s *settings.State, users *settings.Users, file string, log *slog.Logger) (where string, err error) {
	err = withState(ctx, s, users, log, func(k kept) error {
		where = k.where
		return k.Backup(ctx, file)
	})
	return where, err
}

// withState opens the state alone for the time of do.
func withState(ctx context.Context, s *settings.State, users *settings.Users, log *slog.Logger, do func(kept) error) (err error) {
	k, err := openState(ctx, s, users, false, log)
	if err != nil {
		return err
	}
	if k.State == nil {
		if !users.Embedded() {
			return settings.Usagef("no state is kept: users are in %s, and --state or RESTAUTH_STATE is not set", users.RedactedURL())
		}
		embedded, err := OpenEmbedded(ctx, users, false, log)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, embedded.Close()) }()
		if err := k.of(embedded); err != nil {
			return err
		}
		if k.State == nil {
			return settings.Errorf("%s was made by another program, and holds no state of restauth's; name another file with --state", users.RedactedURL())
		}
		k.where = users.RedactedURL()
	}
	defer func() { err = errors.Join(err, k.close()) }()
	return do(k)
}
