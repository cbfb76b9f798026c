package serve

import (
	"context"
	"errors"
	"log/slog"

	"github.com/restauth/restauth/cmd/restauth/internal/logs"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/store"
)

// Try puts a server together as New does, so that nothing passes here that New
// would refuse. Opening mysql:// does not connect yet, but takes the URL apart;
// opening a file would make it, so a database in memory stands in. cfg.Log is told
// of the settings alone.
func Try(ctx context.Context, cfg Config) error {
	opened, err := usersConfig(&cfg.Settings.Users, false, cfg.Log.Logger)
	if err != nil {
		return err
	}
	if cfg.Settings.NamesFile() {
		opened.URL = settings.InMemory
	}
	users, err := store.Open(ctx, opened)
	if err != nil {
		return err
	}
	cfg.Log = logs.Log{Logger: slog.New(slog.DiscardHandler)}
	a := newApp(users, cfg)
	return errors.Join(a.assemble(ctx, cfg), a.Close())
}

// ErrUnmade is what Connect returns of a file that is not there yet.
var ErrUnmade = store.ErrUnmade

// Connect asks the user database what a server asks it at its start, and changes
// nothing in it.
func Connect(ctx context.Context, s *settings.Users, log *slog.Logger) (err error) {
	cfg, err := usersConfig(s, false, slog.New(slog.DiscardHandler)) // Try has said what there is to say of it
	if err != nil {
		return err
	}
	cfg.LookOnly, cfg.Logger = true, log
	users, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, users.Close()) }()
	return users.Check(ctx)
}
