package users

import (
	"context"
	"errors"
	"slices"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/restauth/restauth/impl/database"
)

// sqLite is the engine for SQLite.
type sqLite struct {
	*database.SQLite
	names names
}

// exactly: SQLite compares the bytes unless the column says otherwise.
func (sqLite) exactly(column string) string {
	return "(CAST(" + column + " AS BLOB) = CAST(? AS BLOB))"
}

// inexpressible: SQLite holds any text.
func (sqLite) inexpressible(error) bool { return false }

// largestID: what is larger SQLite keeps as a fraction, which sorts behind all integers
// together with texts and blobs.
func (sqLite) largestID() string { return "9223372036854775807" }

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
func (e sqLite) explain(ctx context.Context, err error) error {
	unknown := database.PrimaryCode(err) == sqlite3.SQLITE_ERROR
	switch sentence := e.Explain(ctx, err); {
	case database.IsSentence(err):
		return err
	case sentence != nil:
		return sentence
	case unknown && strings.Contains(err.Error(), "no such table: "):
		return database.Sentence(ErrTableMissing, "table %s not found in %s; name it with %s", e.names.table, e.Where(), database.Setting("users-table"))
	case unknown && strings.Contains(err.Error(), "no such column: "):
		return database.Sentence(ErrColumnMissing, "table %s in %s has no column %s, %s or %s any more; name the right one with --users-id-column, --users-username-column or --users-password-column",
			e.names.table, e.Where(), e.names.id, e.names.username, e.names.password)
	}
	return database.Fit(err)
}

func (e sqLite) check(ctx context.Context, s *Store) error {
	var columns []string
	err := s.db.SelectContext(ctx, &columns, "SELECT name FROM pragma_table_info(?)", s.names.plainTable)
	if err != nil {
		if database.PrimaryCode(err) == sqlite3.SQLITE_NOTADB || database.PrimaryCode(err) == sqlite3.SQLITE_CORRUPT {
			return e.Explain(ctx, err)
		}
		return s.wrap(ctx, "read the user table", err)
	}
	if len(columns) == 0 {
		var tables []string
		if err := s.db.SelectContext(ctx, &tables, "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name LIMIT 20"); err != nil {
			return s.wrap(ctx, "read the user table", err)
		}
		return database.Sentence(ErrTableMissing, "table %s not found in %s (it has %s); name it with %s",
			s.names.table, e.Where(), orDefault(strings.Join(tables, ", "), "no tables"), database.Setting("users-table"))
	}
	for role, column := range s.names.plain {
		// SQLite compares the names of columns without case, ASCII only.
		if !slices.ContainsFunc(columns, func(c string) bool { return strings.EqualFold(c, column) }) {
			return database.Sentence(ErrColumnMissing, "table %s has no column %s (it has %s); name the right one with %s",
				s.names.table, s.names.column(columnRole(role)), strings.Join(columns, ", "), database.Setting(columnSetting[role]))
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
