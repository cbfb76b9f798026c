package state

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

//go:embed migrations
var migrationFiles embed.FS

// migration is one step of the schema. It only ever adds (docs/decisions/0019): a
// binary of before goes on beside one that has applied it.
type migration struct {
	version    int
	name       string
	statements []string // each may be run again
}

// migrations are the steps for an engine, in order, from 1 without a gap.
func migrations(engine string) ([]migration, error) {
	files, err := fs.Glob(migrationFiles, path.Join("migrations", engine, "*.sql"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("state: no migrations for %s: %w", engine, err)
	}
	steps := make([]migration, 0, len(files))
	for i, file := range files { // Glob sorts them
		text, err := migrationFiles.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("state: read a migration: %w", err)
		}
		step, err := parseMigration(path.Base(file), string(text))
		if err != nil {
			return nil, err
		}
		if step.version != i+1 {
			return nil, fmt.Errorf("state: migration %s is not number %d", file, i+1)
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// parseMigration takes 0001_name.sql apart: its statements end with a semicolon at
// the end of a line.
func parseMigration(file, text string) (migration, error) {
	number, name, ok := strings.Cut(strings.TrimSuffix(file, ".sql"), "_")
	version, err := strconv.Atoi(number)
	if !ok || err != nil {
		return migration{}, fmt.Errorf("state: migration %s is not named 0001_name.sql", file)
	}
	step := migration{version: version, name: name}
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "--") {
			lines = append(lines, line)
		}
	}
	for statement := range strings.SplitSeq(strings.Join(lines, ""), ";\n") {
		if statement = strings.TrimSpace(statement); statement != "" {
			step.statements = append(step.statements, statement)
		}
	}
	return step, nil
}

func latest(steps []migration) int { return steps[len(steps)-1].version }
