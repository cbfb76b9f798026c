package doctor

import (
	"slices"
	"strings"
)

// table is a table or view as the database describes it.
type table struct {
	name    string
	view    bool
	rows    int64 // an estimate of the server's, 0 where it has none
	columns []column
	indexes []index
}

// column is one of its columns.
type column struct {
	name      string
	base      string // its type without length, in lower case
	full      string // as the database writes it
	length    int64  // characters or bytes that fit in, 0 for no bound
	charset   string // "" for what is no text
	collation string
	nullable  bool
}

// index is one of its indexes, of all rows, and compares as its columns do.
type index struct {
	unique  bool
	columns []string
	prefix  bool // of a part of a column
}

func (t *table) column(name string) *column {
	for i := range t.columns {
		if strings.EqualFold(t.columns[i].name, name) {
			return &t.columns[i]
		}
	}
	return nil
}

// unique reports whether no two rows can have the same value there, or what the column's
// collation takes for the same.
func (t *table) unique(name string) bool {
	return slices.ContainsFunc(t.indexes, func(i index) bool {
		return i.unique && !i.prefix && len(i.columns) == 1 && strings.EqualFold(i.columns[0], name)
	})
}

// sorted reports whether an index finds the rows with a value there.
func (t *table) sorted(name string) bool {
	return slices.ContainsFunc(t.indexes, func(i index) bool { return strings.EqualFold(i.columns[0], name) })
}

// together is the column beside which a name is unique, as with tenants, or "".
func (t *table) together(name string) string {
	for _, i := range t.indexes {
		if !i.unique || len(i.columns) != 2 {
			continue
		}
		for at, column := range i.columns {
			if strings.EqualFold(column, name) {
				return i.columns[1-at]
			}
		}
	}
	return ""
}

// kind is what the values of a column are.
type kind int

const (
	kindOther kind = iota
	kindNumber
	kindDecimal
	kindText
	kindBinary
	kindUUID
	kindTime
)

func (c *column) kind() kind {
	switch c.base {
	case "tinyint", "smallint", "mediumint", "int", "integer", "bigint", "bool", "boolean", "bit", "int8", "int2", "unsigned":
		return kindNumber
	case "decimal", "numeric":
		return kindDecimal
	case "char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set", "clob", "nvarchar", "nchar", "character", "varying":
		return kindText
	case "binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob":
		return kindBinary
	case "uuid":
		return kindUUID
	case "date", "datetime", "timestamp", "time", "year":
		return kindTime
	}
	return kindOther
}

// holdsText reports whether a name or a hash can stand there.
func (c *column) holdsText() bool {
	return (c.kind() == kindText || c.kind() == kindBinary) && c.base != "enum" && c.base != "set"
}

// holdsKeys reports whether a user's key can stand there.
func (c *column) holdsKeys() bool {
	switch c.kind() {
	case kindNumber:
		return c.base != "bit" && c.base != "bool" && c.base != "boolean"
	case kindDecimal, kindUUID:
		return true
	case kindText, kindBinary:
		return c.holdsText() && (c.length > 0 && c.length <= 255 || c.length == 0 && c.base == "varchar" || c.charset == sqliteText)
	default:
		return false
	}
}

// sqliteText stands for a charset where SQLite keeps texts, which have no bound there.
const sqliteText = "sqlite"
