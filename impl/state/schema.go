package state

import (
	"context"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/users"
)

// schema is what a SQLite file of restauth's own holds: the tables of the
// migrations, and beside them, where the users are embedded, theirs.
type schema struct {
	steps    []migration
	users    *users.Names // nil where the users are elsewhere
	newTable bool         // the users' table may be made beside another one
}

var _ database.Schema = schema{}

const ownTables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"

// Look implements database.Schema.
func (s schema) Look(ctx context.Context, tx *sqlx.Tx) (database.Completeness, error) {
	var tables []string
	if err := tx.SelectContext(ctx, &tables, ownTables); err != nil {
		return database.Unfinished, err
	}
	if !s.hasUsers(tables) {
		return database.Unfinished, s.onlyTable(tables)
	}
	if !slices.Contains(tables, "restauth_migration") {
		if slices.Contains(tables, "restauth_setting") { // 1.0.0 and 1.1.0 wrote no version down
			return database.Outdated, nil
		}
		return database.Unfinished, nil
	}
	var version int
	switch err := tx.GetContext(ctx, &version, "SELECT coalesce(max(version), 0) FROM restauth_migration"); {
	case err != nil:
		return database.Unfinished, err
	case version < latest(s.steps):
		return database.Outdated, nil
	default: // a newer one goes on with what it knows
		return database.Complete, nil
	}
}

// Make implements database.Schema. The transaction has the write lock, so that two
// processes make everything once.
func (s schema) Make(ctx context.Context, tx *sqlx.Tx) error {
	if s.users != nil {
		// AUTOINCREMENT: the id of a deleted user is never given again, so an
		// old token never becomes someone else's. password is NULL for a user
		// who cannot log in.
		if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+s.users.Table+" (\n"+
			"\t"+s.users.ID+" INTEGER PRIMARY KEY AUTOINCREMENT,\n"+
			"\t"+s.users.Username+" TEXT NOT NULL UNIQUE,\n"+
			"\t"+s.users.Password+" TEXT\n) STRICT"); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS restauth_migration (\n"+
		"\tversion INTEGER PRIMARY KEY,\n\tname TEXT NOT NULL,\n\tapplied_at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP\n) STRICT"); err != nil {
		return err
	}
	var done []int
	if err := tx.SelectContext(ctx, &done, "SELECT version FROM restauth_migration"); err != nil {
		return err
	}
	for _, step := range s.steps {
		if slices.Contains(done, step.version) {
			continue
		}
		for _, statement := range step.statements {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO restauth_migration (version, name) VALUES (?, ?)", step.version, step.name); err != nil {
			return err
		}
	}
	return nil
}

// hasUsers reports whether there is the users' table, if there is to be one. SQLite
// compares names of tables without case, ASCII only.
func (s schema) hasUsers(tables []string) bool {
	return s.users == nil || slices.ContainsFunc(tables, func(name string) bool { return strings.EqualFold(name, s.users.PlainTable) })
}

// onlyTable refuses to make a table of users beside those that a file has
// already: the name is more likely misspelt, and an empty table would look as if
// everybody was gone.
func (s schema) onlyTable(tables []string) error {
	others := slices.DeleteFunc(tables, func(name string) bool { return strings.HasPrefix(name, "restauth_") })
	if len(others) == 0 || s.newTable {
		return nil
	}
	return database.Sentence(users.ErrTableMissing, "table %s not found in the database file (it has %s); name the right one with %s, name another file with %s, or make a second, empty table with: restauth user add NAME --new-table",
		s.users.Table, strings.Join(others, ", "), database.Setting("users-table"), database.Setting("users"))
}
