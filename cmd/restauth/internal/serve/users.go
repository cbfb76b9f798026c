package serve

import (
	"context"
	"log/slog"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/store"
)

// OpenUsers opens the user table; newTable is as in store.Config. The URL may hold a password, so no error here may
// quote it.
func OpenUsers(ctx context.Context, s *settings.Users, newTable bool, log *slog.Logger) (*store.Store, error) {
	cfg, err := usersConfig(s, newTable, log)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, cfg)
}

func usersConfig(s *settings.Users, newTable bool, log *slog.Logger) (store.Config, error) {
	cfg := store.Config{
		URL:            s.URL,
		Table:          s.Table,
		IDColumn:       s.IDColumn,
		UsernameColumn: s.UsernameColumn,
		PasswordColumn: s.PasswordColumn,
		Timeout:        s.Timeout,
		Logger:         log,
		NewTable:       newTable,
	}
	if s.PasswordFile != "" {
		if s.Embedded() {
			return cfg, settings.Usagef("--users-password-file is for mysql:// databases; %s has no password", s.RedactedURL())
		}
		password, err := readSecretFile(s.PasswordFile, log)
		if err != nil {
			return cfg, settings.Errorf("--users-password-file: %w", err)
		}
		if len(password) == 0 {
			return cfg, settings.Errorf("--users-password-file: %s is empty", s.PasswordFile)
		}
		cfg.Password = string(password)
	}
	return cfg, nil
}
