package serve

import (
	"context"
	"log/slog"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/doctor"
)

// Examination is what Doctor is told beside the settings.
type Examination struct {
	Secret   []byte // what Secret returned
	Cores    int
	MostRows int64
	Hurry    bool
	Progress func(done, about int64)
	Rest     func() // gives memory back
}

// Doctor looks the user table over that the settings name, or finds it, and changes
// nothing.
func Doctor(ctx context.Context, s *settings.Serve, log *slog.Logger, how Examination) (*doctor.Report, error) {
	cfg, err := examination(s, log)
	if err != nil {
		return nil, err
	}
	cfg.Threads, cfg.Secret, cfg.KeepsSecret = s.Threads(how.Cores), how.Secret, s.Embedded()
	cfg.MostRows, cfg.Hurry, cfg.Progress, cfg.Rest = how.MostRows, how.Hurry, how.Progress, how.Rest
	return doctor.Examine(ctx, cfg)
}

// examination is what the settings say of the table.
func examination(s *settings.Serve, log *slog.Logger) (doctor.Config, error) {
	cfg, err := usersConfig(&s.Users, log)
	if err != nil {
		return doctor.Config{}, err
	}
	hashes, err := hashOptions(s, log)
	return doctor.Config{
		Users:           cfg,
		Usernames:       s.UsernameColumns,
		Salt:            s.SaltColumn,
		Filters:         s.Filters,
		Hashes:          hashes,
		Named:           named(&s.Users),
		AllowWeakHashes: s.AllowWeakHashes,
		LoginMemory:     int64(s.LoginMemory) << 20,
	}, err
}

// examined is the same for the server's own look.
func (a *App) examined() (doctor.Config, error) {
	cfg, err := examination(a.settings, slog.New(slog.DiscardHandler)) // New has said what there is to say
	cfg.Threads = a.threads
	return cfg, err
}

// named reports whether the settings say which table it is, or which columns.
func named(s *settings.Users) bool {
	return s.Table != "user" || s.IDColumn != "id" || s.UsernameColumn != "username" || s.PasswordColumn != "password" || s.SaltColumn != "" || len(s.UsernameColumns) > 0
}
