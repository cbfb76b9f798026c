package store

import (
	"context"
	"database/sql"
	"log/slog"
	"strconv"
)

// Restrict reaches what no test could make fail through Open as root.
var Restrict = restrict

// Create is what Open does with a file that it found empty.
func Create(ctx context.Context, file string) error {
	n, err := newNames(Config{})
	if err != nil {
		return err
	}
	return sqLite{file: file}.create(ctx, n)
}

// Raw is the database behind an embedded Store, for tests that need rows which
// no method would write.
func (s *Store) Raw() *sql.DB { return s.writer.DB }

// ByNameQuery is what FindByUsername sends.
func (s *Store) ByNameQuery() string { return s.byName.query }

// ScanID is what becomes of an id that a driver hands on.
func ScanID(value any) (id int64, usable bool) {
	var scanned rowID
	_ = scanned.Scan(value) // never fails
	return scanned.value, scanned.usable
}

// Reported is how many of that many rows with broken ids are remembered.
func Reported(log *slog.Logger, rows int) int {
	r, name := reports{log: log}, "x"
	for i := range rows {
		id := rowID{broken: strconv.Itoa(i)}
		r.report(context.Background(), []row{{ID: id, Username: &name}}, name)
	}
	return len(r.seen)
}
