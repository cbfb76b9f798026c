package users

import (
	"context"
	"log/slog"
	"strconv"

	"github.com/restauth/restauth/impl/userid"
)

// ByNameQuery is what FindByUsername sends.
func (s *Store) ByNameQuery() string { return s.byName.query }

// ScanID is what becomes of an id that a driver hands on.
func ScanID(value any) (id userid.ID, usable bool) {
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
