package serve

import (
	"context"
	"database/sql"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
)

// readable is a user table as requests need it.
type readable interface {
	account.Users
	account.Several
}

// userTable is what the server needs of users, wherever they are.
type userTable interface {
	readable
	Check(ctx context.Context) error
	// IDs is what the keys of users are, as far as is known.
	IDs() userid.Kind
	// Connections is how many there may be to the database at once.
	Connections() int
	// Pool is how they are used.
	Pool() sql.DBStats
	Close() error
}

// OpenEmbedded opens the users in a SQLite file; newTable is as in
// state.EmbeddedConfig.
func OpenEmbedded(ctx context.Context, s *settings.Users, newTable bool, log *slog.Logger) (*state.Embedded, error) {
	cfg, err := usersConfig(s, log)
	if err != nil {
		return nil, err
	}
	return state.OpenEmbedded(ctx, state.EmbeddedConfig{Config: cfg, NewTable: newTable})
}

// openUsers opens the user table that cfg names. The Embedded is nil where users are
// on a server.
func openUsers(ctx context.Context, cfg users.Config, embedded, lookOnly bool) (userTable, *state.Embedded, error) {
	if !embedded {
		table, err := users.Open(ctx, cfg)
		return table, nil, err
	}
	table, err := state.OpenEmbedded(ctx, state.EmbeddedConfig{Config: cfg, LookOnly: lookOnly})
	return table, table, err
}

// usersConfig reads the password's file. The URL may hold a password, so no error
// here may quote it.
func usersConfig(s *settings.Users, log *slog.Logger) (users.Config, error) {
	cfg := users.Config{
		URL:            s.URL,
		Table:          s.Table,
		IDColumn:       s.IDColumn,
		UsernameColumn: s.UsernameColumn,
		PasswordColumn: s.PasswordColumn,
		SaltColumn:     s.SaltColumn,
		IDType:         users.IDType(s.IDType),
		Timeout:        s.Timeout,
		Logger:         log,
	}
	if len(s.UsernameColumns) > 0 {
		cfg.UsernameColumn, cfg.UsernameColumns = "", s.UsernameColumns
	}
	for _, text := range s.Filters {
		filter, err := users.ParseFilter(text)
		if err != nil {
			return cfg, err
		}
		cfg.Filters = append(cfg.Filters, filter)
	}
	if s.PasswordFile != "" {
		if s.Embedded() {
			return cfg, settings.Usagef("--users-password-file is for mysql:// databases; %s has no password", s.RedactedURL())
		}
		var err error
		if cfg.Password, cfg.PasswordOf, err = passwordIn("users-password-file", s.PasswordFile, log); err != nil {
			return cfg, err
		}
	}
	return cfg, nil
}

// ShownURL is a database's URL as it may be seen by others, with its options: serve
// would take it, so that they begin at the first question mark and are such as it
// knows, none of which is a secret.
func ShownURL(raw string) string {
	before, query, _ := strings.Cut(raw, "?")
	if scheme, _, _ := strings.Cut(raw, ":"); !strings.EqualFold(scheme, "mysql") || strings.Count(before, "@") != 1 {
		before, query = raw, ""
	}
	shown, separator := (&settings.Users{URL: before}).RedactedURL(), "?"
	for option := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(option, "=")
		name, _ = url.QueryUnescape(name) // "" is none of them
		if slices.ContainsFunc(database.Options(), func(known database.Option) bool { return known.Name == name }) {
			shown += separator + option
			separator = "&"
		}
	}
	return shown
}
