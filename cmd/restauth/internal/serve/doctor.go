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
	cfg, err := usersConfig(&s.Users, log)
	if err != nil {
		return nil, err
	}
	return doctor.Examine(ctx, doctor.Config{
		Users:           cfg,
		Named:           named(&s.Users),
		AllowWeakHashes: s.AllowWeakHashes,
		Threads:         s.Threads(how.Cores),
		LoginMemory:     int64(s.LoginMemory) << 20,
		Secret:          how.Secret,
		KeepsSecret:     s.Embedded(),
		MostRows:        how.MostRows,
		Hurry:           how.Hurry,
		Progress:        how.Progress,
		Rest:            how.Rest,
	})
}

// named reports whether the settings say which table it is, or which columns.
func named(s *settings.Users) bool {
	return s.Table != "user" || s.IDColumn != "id" || s.UsernameColumn != "username" || s.PasswordColumn != "password"
}
