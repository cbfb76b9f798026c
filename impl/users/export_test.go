package users

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"

	"github.com/restauth/restauth/impl/userid"
)

// ByNameQuery is what FindByUsername sends.
func (s *Store) ByNameQuery(ctx context.Context) string {
	p, err := s.looked(ctx)
	if err != nil {
		return err.Error()
	}
	return p.byName[0].query
}

// ScanID is what becomes of an id that a driver hands on.
func ScanID(value any) (id userid.ID, usable bool) {
	var scanned rowID
	_ = scanned.Scan(value) // never fails
	keys{as: IDNumber}.read(&scanned)
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

// ByIDQueries are what FindByID and FindByIDs send, and 256 keys that no row has.
func (s *Store) ByIDQueries(ctx context.Context) (one, several string, keys []any) {
	p, err := s.looked(ctx)
	if err != nil {
		return err.Error(), "", nil
	}
	for n := range mostIDs {
		id := userid.Number(1<<40 + int64(n))
		if p.keys.as.kind() == userid.Texts {
			id = userid.Text(fmt.Sprint("nobody", n))
			if _, ok := p.keys.argument(id); !ok {
				id = userid.Text(fmt.Sprintf("6ccd780c-baba-1026-9564-5b8c656024%02x", n))
			}
		}
		arg, _ := p.keys.argument(id)
		keys = append(keys, arg)
	}
	return p.byID.query, p.byIDs[len(p.byIDs)-1].query, keys
}

// ReadyQuery is what Ready sends.
func (s *Store) ReadyQuery(ctx context.Context) string {
	p, err := s.looked(ctx)
	if err != nil {
		return err.Error()
	}
	return p.ready.query
}
