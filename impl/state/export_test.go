package state

import (
	"context"
	"database/sql"

	"github.com/restauth/restauth/impl/database"
)

// Raw is the database, for tests that need rows which no method would write.
func (e *Embedded) Raw() *sql.DB { return e.file.Writer.DB }

// stepsWith are the migrations, and more as a newer version would have.
func stepsWith(kind string, more []string) ([]migration, error) {
	steps, err := migrations(kind)
	for _, statement := range more {
		steps = append(steps, migration{version: len(steps) + 1, name: "of_a_newer_version", statements: []string{statement}})
	}
	return steps, err
}

// OpenNewer is Open of a version with more migrations.
func OpenNewer(ctx context.Context, cfg database.Config, more ...string) (*State, error) {
	kind, err := cfg.Kind()
	if err != nil {
		return nil, err
	}
	steps, err := stepsWith(kind, more)
	if err != nil {
		return nil, err
	}
	return open(ctx, cfg, kind, steps)
}

// OpenEmbeddedNewer is OpenEmbedded of a version with more migrations.
func OpenEmbeddedNewer(ctx context.Context, cfg EmbeddedConfig, more ...string) (*Embedded, error) {
	steps, err := stepsWith(database.KindSQLite, more)
	if err != nil {
		return nil, err
	}
	return openEmbedded(ctx, cfg, steps)
}

// MigrationNames are the migrations of an engine.
func MigrationNames(kind string) ([]string, error) {
	steps, err := migrations(kind)
	var names []string
	for _, step := range steps {
		names = append(names, step.name)
	}
	return names, err
}

// ParseMigration takes a file apart.
func ParseMigration(file, text string) (version int, name string, statements []string, err error) {
	step, err := parseMigration(file, text)
	return step.version, step.name, step.statements, err
}

// Waiting is how many changes wait for the writer of a SQLite database.
func (s *State) Waiting() int { return len(s.engine.(*sqLite).writer.queue) }
