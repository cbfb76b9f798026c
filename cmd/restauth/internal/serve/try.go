package serve

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/logs"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
)

// Try puts a server together as New does, so that nothing passes here that New
// would refuse. Opening mysql:// does not connect yet, but takes the URL apart;
// opening a file would make it, so a database in memory stands in. cfg.Log is told
// of the settings alone.
func Try(ctx context.Context, cfg Config) error {
	if err := checkDialect(cfg.Settings); err != nil {
		return err
	}
	if _, err := openCertificate(&cfg.Settings.Server, cfg.Log.Logger, time.Now); err != nil {
		return err
	}
	opened, err := servedConfig(cfg.Settings, cfg.Log.Logger)
	if err != nil {
		return err
	}
	if cfg.Settings.NamesFile() {
		opened.URL = settings.InMemory
	}
	table, embedded, err := openUsers(ctx, opened, cfg.Settings.Embedded(), false)
	if err != nil {
		return err
	}
	cfg.Log = logs.Log{Logger: slog.New(slog.DiscardHandler)}
	tried := *cfg.Settings
	tried.AuditFile = "" // It would be made.
	cfg.Settings = &tried
	kept, err := tryState(ctx, cfg)
	if err != nil {
		return errors.Join(err, table.Close())
	}
	if err := kept.of(embedded); err != nil {
		return errors.Join(err, table.Close())
	}
	a := newApp(table, embedded, kept, cfg)
	return errors.Join(a.assemble(ctx, cfg), a.Close())
}

// tryState opens what --state names, but no file: that would make it.
func tryState(ctx context.Context, cfg Config) (kept, error) {
	s := cfg.Settings.State
	if _, isFile := s.StateFile(&cfg.Settings.Users); isFile && s.StateURL != "" {
		k, err := openState(ctx, &s, &cfg.Settings.Users, true, cfg.Log.Logger)
		if errors.Is(err, ErrUnmade) {
			err = nil
		}
		return k, err
	}
	return openState(ctx, &s, &cfg.Settings.Users, false, cfg.Log.Logger)
}

// connectState asks the state what a server asks it at its start.
func connectState(ctx context.Context, s *settings.Serve, log *slog.Logger) (err error) {
	k, err := openState(ctx, &s.State, &s.Users, true, log)
	if errors.Is(err, ErrUnmade) {
		return nil // serve makes it
	}
	if err != nil || k.State == nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	_, isFile := s.StateFile(&s.Users)
	if err := k.Check(ctx); !errors.Is(err, state.ErrOutdated) || !isFile && !s.Migrate {
		return err
	}
	return nil // serve brings it up
}

// ErrUnmade is what Connect returns of a file that is not there yet.
var ErrUnmade = database.ErrUnmade

// Connect asks the user database what a server asks it at its start, and changes
// nothing in it.
func Connect(ctx context.Context, s *settings.Serve, log *slog.Logger) (err error) {
	if err := connectState(ctx, s, log); err != nil {
		return err
	}
	cfg, err := servedConfig(s, slog.New(slog.DiscardHandler)) // Try has said what there is to say of it
	if err != nil {
		return err
	}
	cfg.Logger = log
	table, embedded, err := openUsers(ctx, cfg, s.Embedded(), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	if s.StateURL != "" && s.OfUsers(&s.Users) {
		if err := (&kept{where: s.RedactedState()}).of(embedded); err != nil {
			return err
		}
	}
	return table.Check(ctx)
}
