package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/database"
)

// Secret returns the secret that the database keeps, after storing what generate
// returns if there is none yet. Processes that ask at the same time all get the
// same one.
func (s *State) Secret(ctx context.Context, generate func() ([]byte, error)) ([]byte, error) {
	const (
		name = "secret"
		op   = "keep the secret"
		read = "SELECT value FROM restauth_setting WHERE name = ?"
	)
	var secret []byte
	stored := func() error {
		// Each look has its own time: a change that waits for another process's may take
		// longer than any look.
		inner, cancel := context.WithTimeout(ctx, max(s.engine.timeout(), database.WriteLimit))
		defer cancel()
		return s.db.GetContext(inner, &secret, read, name)
	}
	if err := stored(); !errors.Is(err, sql.ErrNoRows) {
		return secret, s.wrap(ctx, op, err)
	}
	fresh, err := generate()
	if err != nil {
		return nil, fmt.Errorf("generate a secret: %w", err)
	}
	err = s.Change(ctx, op, func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, s.engine.keepOnce(), name, fresh)
		return err
	})
	if err != nil {
		return nil, err
	}
	// Another process may have been first. Outside of the transaction, which may not
	// see what was stored after it began.
	if err := stored(); err != nil {
		return nil, s.wrap(ctx, op, err)
	}
	return secret, nil
}
