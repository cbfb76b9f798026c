package database

import "context"

// Restrict reaches what no test could make fail through OpenSQLite as root.
var Restrict = restrict

// Create is what OpenSQLite does with a file that it found empty.
func Create(ctx context.Context, file string, schema Schema) error {
	s := SQLite{file: file, schema: schema}
	return s.create(ctx)
}
