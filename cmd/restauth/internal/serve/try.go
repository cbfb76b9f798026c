package serve

import (
	"context"
	"errors"
	"log/slog"

	"github.com/restauth/restauth/cmd/restauth/internal/logs"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/database"
)

// Try puts a server together as New does, so that nothing passes here that New
// would refuse. Opening mysql:// does not connect yet, but takes the URL apart;
// opening a file would make it, so a database in memory stands in. cfg.Log is told
// of the settings alone.
func Try(ctx context.Context, cfg Config) error {
	opened, err := usersConfig(&cfg.Settings.Users, cfg.Log.Logger)
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
	a := newApp(table, embedded, cfg)
	return errors.Join(a.assemble(ctx, cfg), a.Close())
}

// ErrUnmade is what Connect returns of a file that is not there yet.
var ErrUnmade = database.ErrUnmade

// Connect asks the user database what a server asks it at its start, and changes
// nothing in it.
func Connect(ctx context.Context, s *settings.Users, log *slog.Logger) (err error) {
	cfg, err := usersConfig(s, slog.New(slog.DiscardHandler)) // Try has said what there is to say of it
	if err != nil {
		return err
	}
	cfg.Logger = log
	table, _, err := openUsers(ctx, cfg, s.Embedded(), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	return table.Check(ctx)
}
