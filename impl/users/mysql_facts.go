package users

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// facts are what the driver knows of the columns, and beside it what the server tells:
// a UUID of MariaDB, the length of a BINARY, a character set. Of a column that may be
// read it does tell.
func (e mySQL) facts(ctx context.Context, s *Store, types []*sql.ColumnType) (map[string]fact, error) {
	all := make(map[string]fact, len(types))
	for i, t := range types {
		full := strings.ToLower(t.DatabaseTypeName())
		is := fact{kind: strings.TrimPrefix(full, "unsigned "), full: full}
		_, is.scale, _ = t.DecimalSize()
		all[strings.ToLower(e.names.columns[i].plain)] = is
	}
	told, err := e.tableColumns(ctx, s)
	if err != nil {
		return nil, err
	}
	for _, c := range told {
		name := strings.ToLower(c.Name)
		if _, read := all[name]; read {
			all[name] = c.fact()
		}
	}
	return all, nil
}

// told is a column as the server tells of it.
type told struct {
	Name      string
	Kind      string
	Full      string
	Length    sql.NullFloat64 // a LONGTEXT's is beyond int64 in some versions
	Precision sql.NullInt64
	Scale     sql.NullInt64
	Charset   sql.NullString
	Nullable  string
}

func (t told) fact() fact {
	is := fact{
		kind: strings.ToLower(t.Kind), full: t.Full, length: int64(min(t.Length.Float64, 1<<40)),
		precision: t.Precision.Int64, scale: t.Scale.Int64, charset: strings.ToLower(t.Charset.String), nullable: t.Nullable == "YES",
	}
	if is.kind == "enum" {
		is.labels = labels(t.Full)
	}
	return is
}

// labels are those of an ENUM, from enum('a','it”s').
func labels(full string) []string {
	_, rest, _ := strings.Cut(full, "(")
	var all []string
	for strings.HasPrefix(rest, "'") {
		var label strings.Builder
		for rest = rest[1:]; rest != ""; rest = rest[1:] {
			if rest[0] == '\'' {
				if !strings.HasPrefix(rest, "''") {
					break
				}
				rest = rest[1:]
			}
			label.WriteByte(rest[0])
		}
		all = append(all, label.String())
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "'"), ",")
	}
	return all
}

// tableColumns are all columns of the table that the database user may see.
func (e mySQL) tableColumns(ctx context.Context, s *Store) ([]told, error) {
	var all []told
	err := s.db.SelectContext(ctx, &all, "SELECT column_name AS name, data_type AS kind, column_type AS full, character_maximum_length AS length,"+
		" numeric_precision AS `precision`, numeric_scale AS scale, character_set_name AS charset, is_nullable AS nullable"+
		" FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position", e.schema(), e.names.plainTable)
	return all, err
}

func (e mySQL) listed(ctx context.Context, s *Store) ([]Column, error) {
	all, err := e.tableColumns(ctx, s)
	columns := make([]Column, 0, len(all))
	for _, c := range all {
		columns = append(columns, Column{c.Name, c.Full})
	}
	return columns, err
}

// wholeNumbers and texts are types by what their columns hold.
func wholeNumbers(kind string) bool {
	return slices.Contains([]string{"tinyint", "smallint", "mediumint", "int", "bigint"}, kind)
}

func texts(kind string) bool {
	return slices.Contains([]string{"char", "varchar", "tinytext", "text", "mediumtext", "longtext"}, kind)
}

func bytes(kind string) bool {
	return slices.Contains([]string{"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"}, kind)
}

// keys go by the column's type. Sixteen bytes are a UUID in the order of its digits: that
// UUID_TO_BIN wrote it in another order nothing tells but the rows (Check looks at them).
func (e mySQL) keys(is fact) (keys, bool) {
	switch {
	case wholeNumbers(is.kind), is.kind == "decimal" && is.scale == 0:
		return e.keysAs(IDNumber, is)
	case is.kind == "uuid":
		return e.keysAs(IDUUID, is)
	case is.kind == "binary" && is.length == 16:
		return e.keysAs(IDBinary, is)
	case texts(is.kind), bytes(is.kind):
		return e.keysAs(IDText, is)
	}
	return keys{}, false
}

// keysAs are keys of a type that the settings name.
func (mySQL) keysAs(as IDType, is fact) (keys, bool) {
	k := keys{as: as}
	switch as {
	case IDNumber:
		k.decimal = is.kind == "decimal"
		return k, wholeNumbers(is.kind) || k.decimal && is.scale == 0
	case IDText:
		if is.kind == "binary" {
			k.padded = is.length
		}
		return k, texts(is.kind) || bytes(is.kind)
	case IDUUID:
		return k, is.kind == "uuid"
	case IDBinary, IDSwapped:
		return k, bytes(is.kind)
	case IDAuto:
	}
	return k, false
}

func (mySQL) unsuitable(_ columnRole, is fact) string {
	if texts(is.kind) || bytes(is.kind) {
		return ""
	}
	return "it must hold text"
}

// named is the condition that a column of names equals a ?. One of bytes that are filled
// up with zeros is compared with bytes that are.
func (mySQL) named(column string, is fact) string {
	if is.kind == "binary" {
		return column + " = " + keys{as: IDText, padded: is.length}.placeholder()
	}
	return column + " = ?"
}

// exactlyNamed is the condition that it has the very bytes.
func (e mySQL) exactlyNamed(column string, is fact) string {
	if is.kind == "binary" {
		return "(" + e.named(column, is) + ")"
	}
	return e.exactly(column)
}

// text makes texts of different character sets comparable.
func (mySQL) text(expression string) string { return "CONVERT(" + expression + " USING utf8mb4)" }
