package state

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/database"
)

// sqLite is the engine for SQLite. It is brought up when it is opened.
type sqLite struct {
	file   *database.SQLite
	steps  []migration
	writer *writer
}

// newSQLite's writer outlives ctx.
func newSQLite(ctx context.Context, file *database.SQLite, steps []migration) *sqLite {
	e := &sqLite{file: file, steps: steps}
	if file.Writer != nil {
		e.writer = newWriter(context.WithoutCancel(ctx), file.Writer)
	}
	return e
}

func (e *sqLite) change(ctx context.Context, do func(context.Context, *sqlx.Tx) error) error {
	if e.writer == nil {
		return errors.New("the database was opened for looking only")
	}
	return e.writer.change(ctx, do)
}

func (e *sqLite) version(ctx context.Context) (version int, err error) {
	err = e.file.Reader.GetContext(ctx, &version, "SELECT coalesce(max(version), 0) FROM restauth_migration")
	return version, err
}

func (e *sqLite) migrate(ctx context.Context) error {
	return e.change(ctx, schema{steps: e.steps}.Make)
}

func (e *sqLite) wanted() int { return latest(e.steps) }

func (*sqLite) keepOnce() string {
	return "INSERT INTO restauth_setting (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING"
}

func (*sqLite) sight() string {
	return "INSERT INTO restauth_known_address (user_id, address, day) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET day = max(day, excluded.day)"
}

func (*sqLite) sightAt() string {
	return "INSERT INTO restauth_known_place (address, day) VALUES (?, ?) ON CONFLICT DO UPDATE SET day = max(day, excluded.day)"
}

func (e *sqLite) explain(ctx context.Context, err error) error {
	return cmp.Or(e.file.Explain(ctx, err), err)
}

func (*sqLite) ask(ctx context.Context, question func(context.Context) error) error {
	return question(ctx)
}

func (e *sqLite) timeout() time.Duration { return e.file.Timeout() }

func (e *sqLite) close() error {
	if e.writer != nil {
		e.writer.close()
	}
	return e.file.Close()
}
