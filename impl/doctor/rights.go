package doctor

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/restauth/restauth/impl/database"
)

// erColumnAccessDenied is MySQL's and MariaDB's number for a column that may not be read.
const erColumnAccessDenied = 1143

// hideUnreadable takes out the columns that the database user sees and may not read, as
// who may only write them, and returns their names.
func (x *exam) hideUnreadable(ctx context.Context, t *table) (hidden []string) {
	denied := func(columns []column) bool {
		quoted := make([]string, len(columns))
		for i, c := range columns {
			quoted[i] = x.quote(c.name)
		}
		query := fmt.Sprintf("SELECT %s FROM %s LIMIT 0", strings.Join(quoted, ", "), x.engine.quoted(t))
		return database.Number(x.engine.query(ctx, func(*sql.Rows) error { return nil }, query)) == erColumnAccessDenied
	}
	if !denied(t.columns) {
		return nil
	}
	t.columns = slices.DeleteFunc(t.columns, func(c column) bool {
		if !denied([]column{c}) {
			return false
		}
		hidden = append(hidden, c.name)
		return true
	})
	return hidden
}

func overlap(some, others []string) bool {
	return slices.ContainsFunc(some, func(name string) bool { return hasFold(others, name) })
}

// needed are the columns that the database user has to be able to read.
func needed(c *choice) []string {
	var all []string
	add := func(names ...string) {
		for _, name := range names {
			if name != "" && !hasFold(all, name) {
				all = append(all, name)
			}
		}
	}
	add(c.id)
	add(c.names...)
	add(c.password, c.salt)
	for _, filter := range c.filters {
		column, _, _ := splitFilter(filter)
		add(column)
	}
	return all
}

func hasFold(all []string, name string) bool {
	for _, one := range all {
		if strings.EqualFold(one, name) {
			return true
		}
	}
	return false
}
