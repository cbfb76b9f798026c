package users

import (
	"context"
	"errors"
	"fmt"

	"github.com/restauth/restauth/impl/database"
)

// mySQL is the engine for MySQL 8.4 and newer and MariaDB 10.11 and newer.
type mySQL struct {
	*database.MySQL
	names names
}

// exactly compares bytes in the connection's character set, whatever the
// column's is.
func (mySQL) exactly(column string) string {
	return "(CAST(CONVERT(" + column + " USING utf8mb4) AS BINARY) = CAST(? AS BINARY))"
}

func (mySQL) inexpressible(err error) bool {
	switch database.Number(err) {
	case erMixOfCollations, erMixOfThreeCollations, erMixOfManyCollations, erImpossibleConversion:
		return true
	}
	return false
}

func (mySQL) largestID() string { return "18446744073709551615" }

// readable tries a column without reading a row.
func readable(ctx context.Context, s *Store, column string) error {
	rows, err := s.db.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s LIMIT 0", column, s.names.table))
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	return rows.Err()
}

func (e mySQL) check(ctx context.Context, s *Store) error {
	if err := e.Ask(ctx, s.db.PingContext); err != nil {
		return e.ExplainConnect(ctx, err)
	}
	for i := range s.names.columns {
		if err := readable(ctx, s, s.names.columns[i].name); err != nil {
			return e.explainColumn(ctx, s, &s.names.columns[i], err)
		}
	}
	if err := s.verify(ctx); err != nil {
		if errors.Is(err, ErrColumnType) {
			return err
		}
		return s.wrap(ctx, "read the user table", e.Plain(ctx, err))
	}
	return nil
}
