package state

import (
	"context"
	"errors"
	"fmt"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/users"
)

// ErrReadOnlyUsers is what Directory's methods and Secret return where the user
// table is someone else's.
var ErrReadOnlyUsers = errors.New("restauth only reads this user table; add and change its users where they were made")

// EmbeddedConfig says which SQLite file holds the users.
type EmbeddedConfig struct {
	users.Config
	// NewTable lets OpenEmbedded make the table in a file of restauth's own that has
	// another one already. Without it that is users.ErrTableMissing: a misspelt
	// name would otherwise be a new table without users.
	NewTable bool
	// LookOnly keeps OpenEmbedded from making or changing a file, as in
	// database.Config.
	LookOnly bool
}

// Embedded is a user table in a SQLite file. It is an account.Directory as well, if
// restauth made the file.
type Embedded struct {
	*users.Store

	file  *database.SQLite
	state *State // nil where the file is someone else's, or is only looked at
	names users.Names
}

var (
	_ account.Users     = (*Embedded)(nil)
	_ account.Directory = (*Embedded)(nil)
)

// OpenEmbedded opens the file, and makes it, readable by its owner only, when there is
// none. A file of someone else's is opened for reading only. A Config that cannot work
// is database.ErrConfig.
func OpenEmbedded(ctx context.Context, cfg EmbeddedConfig) (*Embedded, error) {
	steps, err := migrations(database.KindSQLite)
	if err != nil {
		return nil, err
	}
	return openEmbedded(ctx, cfg, steps)
}

func openEmbedded(ctx context.Context, cfg EmbeddedConfig, steps []migration) (*Embedded, error) {
	names, err := cfg.Names()
	if err != nil {
		return nil, err
	}
	file := cfg.Database()
	file.LookOnly = cfg.LookOnly
	opened, err := database.OpenSQLite(ctx, file, schema{steps: steps, users: &names, newTable: cfg.NewTable})
	if err != nil {
		return nil, err
	}
	if opened.Writer != nil {
		cfg.IDType = users.IDNumber // as the table was made
	}
	store, err := users.In(opened, cfg.Config)
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	e := &Embedded{Store: store, file: opened, names: names}
	if opened.Writer != nil {
		e.state = &State{newSQLite(ctx, opened, steps), opened.Reader}
	}
	return e, nil
}

// State is what else the file holds, nil where it is someone else's. It ends with
// the Embedded.
func (e *Embedded) State() *State { return e.state }

// Ours reports whether restauth made the file.
func (e *Embedded) Ours() bool { return e.file.Ours() }

// Close ends the connections. Calls after it are account.ErrUnavailable.
func (e *Embedded) Close() error {
	closing := e.file.Close
	if e.state != nil {
		closing = e.state.Close
	}
	if err := closing(); err != nil {
		return fmt.Errorf("close the user database: %w", err)
	}
	return nil
}

// Secret is State.Secret; where the table is someone else's it is ErrReadOnlyUsers:
// the secret has to be configured.
func (e *Embedded) Secret(ctx context.Context, generate func() ([]byte, error)) ([]byte, error) {
	if e.state == nil {
		return nil, fmt.Errorf("keep the secret: %w", ErrReadOnlyUsers)
	}
	return e.state.Secret(ctx, generate)
}
