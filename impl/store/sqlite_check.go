package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/restauth/restauth/impl/account"
)

// exactly: SQLite compares the bytes unless the column says otherwise.
func (sqLite) exactly(column string) string {
	return "(CAST(" + column + " AS BLOB) = CAST(? AS BLOB))"
}

// inexpressible: SQLite holds any text.
func (sqLite) inexpressible(error) bool { return false }

// transient: there is no connection that could be lost.
func (sqLite) transient(error) bool { return false }

// unsuitable looks at the declared type the way SQLite itself derives an
// affinity from it (https://www.sqlite.org/datatype3.html, section 3.1). A
// column of a view may have none.
func (sqLite) unsuitable(role columnRole, declared string) string {
	number := strings.Contains(declared, "INT")
	text := strings.Contains(declared, "CHAR") || strings.Contains(declared, "CLOB") ||
		strings.Contains(declared, "TEXT") || strings.Contains(declared, "BLOB")
	switch {
	case declared == "":
		return ""
	case role == roleID && !number:
		return "ids must be whole numbers"
	case role != roleID && (number || !text):
		return "it must hold text"
	}
	return ""
}

// explain: the words of SQLITE_ERROR are those of
// https://www.sqlite.org/src/file/src/resolve.c and build.c.
func (e sqLite) explain(err error) error {
	switch code, known := primaryCode(err), (*setupError)(nil); {
	case errors.As(err, &known):
		return err
	case code == sqlite3.SQLITE_NOTADB, code == sqlite3.SQLITE_CORRUPT:
		return e.explainOpen(context.Background(), err)
	case code == sqlite3.SQLITE_ERROR && strings.Contains(err.Error(), "no such table: "):
		return setup(ErrTableMissing, "table %s not found in %s; name it with %s", e.names.table, e.where(), setting("users-table"))
	case code == sqlite3.SQLITE_ERROR && strings.Contains(err.Error(), "no such column: "):
		return setup(ErrColumnMissing, "table %s in %s has no column %s, %s or %s any more; name the right one with --users-id-column, --users-username-column or --users-password-column",
			e.names.table, e.where(), e.names.id, e.names.username, e.names.password)
	case code == sqlite3.SQLITE_BUSY, code == sqlite3.SQLITE_LOCKED:
		return setup(account.ErrUnavailable, "another program keeps %s locked; end it or wait for it", e.where())
	case code == sqlite3.SQLITE_CANTOPEN:
		return setup(account.ErrUnavailable, "%s cannot be opened any more; put it back, or correct its owner and mode", e.where())
	case code == sqlite3.SQLITE_FULL:
		return setup(account.ErrUnavailable, "the disk of %s is full; make room", e.where())
	}
	return saidError{err}
}

func (e sqLite) check(ctx context.Context, s *Store) error {
	var columns []string
	err := s.db.SelectContext(ctx, &columns, "SELECT name FROM pragma_table_info(?)", s.names.plainTable)
	if err != nil {
		if primaryCode(err) == sqlite3.SQLITE_NOTADB || primaryCode(err) == sqlite3.SQLITE_CORRUPT {
			return e.explainOpen(ctx, err)
		}
		return s.wrap(ctx, "read the user table", err)
	}
	if len(columns) == 0 {
		var tables []string
		if err := s.db.SelectContext(ctx, &tables, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name LIMIT 20"); err != nil {
			return s.wrap(ctx, "read the user table", err)
		}
		return setup(ErrTableMissing, "table %s not found in %s (it has %s); name it with %s",
			s.names.table, e.where(), orDefault(strings.Join(tables, ", "), "no tables"), setting("users-table"))
	}
	for role, column := range s.names.plain {
		// SQLite compares the names of columns without case, ASCII only.
		if !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, column) }) {
			return setup(ErrColumnMissing, "table %s has no column %s (it has %s); name the right one with %s",
				s.names.table, s.names.column(columnRole(role)), strings.Join(columns, ", "), setting(columnSetting[role]))
		}
	}
	if err := s.verifyColumns(ctx); err != nil {
		if errors.Is(err, ErrColumnType) {
			return err
		}
		return s.wrap(ctx, "read the user table", err)
	}
	return nil
}

func (e sqLite) where() string { return orDefault(e.file, "the database in memory") }
