package users

import (
	"context"
	"database/sql"
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

// facts are the declared types. A column of a view may have none.
func (e sqLite) facts(_ context.Context, _ *Store, types []*sql.ColumnType) (map[string]fact, error) {
	all := make(map[string]fact, len(types))
	for i, t := range types {
		full := t.DatabaseTypeName()
		all[strings.ToLower(e.names.columns[i].plain)] = fact{kind: affinityOf(full), full: full}
	}
	return all, nil
}

// The affinities of SQLite, and the declared types that a program means something by.
const (
	isInteger = "integer"
	isText    = "text"
	isBlob    = "blob"
	isReal    = "real"
	isNumeric = "numeric"
	isUUID    = "uuid"
	isAny     = "" // none was declared
)

// affinityOf looks at the declared type the way SQLite itself derives an affinity from it
// (https://www.sqlite.org/datatype3.html, section 3.1).
func affinityOf(declared string) string {
	declared = strings.ToUpper(declared)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(declared, word) })
	}
	switch {
	case declared == "":
		return isAny
	case has("INT"):
		return isInteger
	case has("CHAR", "CLOB", "TEXT"):
		return isText
	case has("BLOB"):
		return isBlob
	case has("REAL", "FLOA", "DOUBLE"):
		return isReal
	case has("UUID"):
		return isUUID
	case has("BINARY"):
		return isBlob // what was put there as bytes stays bytes
	}
	return isNumeric
}

// keys: SQLite keeps with each value what it is, so that a key is found as what it was
// written as.
func (e sqLite) keys(is fact) (keys, bool) {
	switch is.kind {
	case isInteger, isNumeric, isAny:
		return e.keysAs(IDNumber, is)
	case isText, isUUID:
		return e.keysAs(IDText, is)
	case isBlob:
		return e.keysAs(IDBinary, is)
	}
	return keys{}, false
}

func (sqLite) keysAs(as IDType, is fact) (keys, bool) {
	k := keys{as: as, typed: true}
	switch as {
	case IDNumber:
		return k, is.kind == isInteger || is.kind == isNumeric || is.kind == isAny
	case IDText, IDUUID:
		k.as = IDText
		return k, is.kind == isText || is.kind == isUUID || is.kind == isAny
	case IDBinary, IDSwapped:
		return k, is.kind == isBlob || is.kind == isAny
	case IDAuto:
	}
	return k, false
}

func (sqLite) unsuitable(_ columnRole, is fact) string {
	if is.kind == isText || is.kind == isBlob || is.kind == isAny {
		return ""
	}
	return "it must hold text"
}

func (sqLite) listed(ctx context.Context, s *Store) ([]Column, error) {
	var all []Column
	err := s.db.SelectContext(ctx, &all, "SELECT name, type FROM pragma_table_info(?)", s.names.plainTable)
	return all, err
}

func (sqLite) named(column string, _ fact) string { return column + " = ?" }

func (e sqLite) exactlyNamed(column string, _ fact) string { return e.exactly(column) }

func (sqLite) text(expression string) string { return expression }

// filter is a filter in SQL. A column of numbers is compared with numbers, of texts with
// texts, byte for byte; of what was declared otherwise nothing is known but NULL.
func (e sqLite) filter(f Filter, is fact) (condition, error) {
	column := database.Quote(f.Column)
	if f.Null {
		return f.isNull(column), nil
	}
	declared := strings.ToUpper(is.full)
	switch {
	case is.kind == isText, is.kind == isUUID:
		if f.Not {
			return f.compare(column, "?", f.Value), nil
		}
		return condition{e.exactly(column), []any{f.Value}}, nil
	case is.kind == isInteger, is.kind == isNumeric && !strings.Contains(declared, "DATE") && !strings.Contains(declared, "TIME"):
		if n, ok := integer(f.Value); ok && fits(n, 63) || ok && strings.HasPrefix(f.Value, "-") {
			return f.compare(column, "?", n), nil
		}
		return condition{}, f.refused(e.names.table, declared, "with whole numbers, true, false and NULL")
	}
	return condition{}, f.refused(e.names.table, orDefault(declared, "no type"), onlyNull)
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
		return database.Sentence(ErrColumnMissing, "table %s in %s has no column %s any more; name the right one with %s",
			e.names.table, e.Where(), list(e.names.all(), "or"), e.names.settings())
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
	for _, c := range s.names.columns {
		// SQLite compares the names of columns without case, ASCII only.
		if !slices.ContainsFunc(columns, func(name string) bool { return strings.EqualFold(name, c.plain) }) {
			return database.Sentence(ErrColumnMissing, "table %s has no column %s (it has %s); name the right one with %s",
				s.names.table, c.name, strings.Join(columns, ", "), database.Setting(c.setting))
		}
	}
	if err := s.verify(ctx); err != nil {
		if errors.Is(err, ErrColumnType) {
			return err
		}
		return s.wrap(ctx, "read the user table", err)
	}
	return nil
}
