package users

import (
	"strings"

	"github.com/restauth/restauth/impl/database"
)

// names are the configured identifiers, quoted for SQL.
type names struct {
	table, id, username, password string

	plainTable string // without quotes; the part after the dot
	schema     string // without quotes; the part before the dot, or ""
	plain      [3]string
}

func (n names) column(role columnRole) string { return [...]string{n.id, n.username, n.password}[role] }

// columnSetting is the flag that names a column, by role.
var columnSetting = [...]string{"users-id-column", "users-username-column", "users-password-column"}

func newNames(cfg Config) (names, error) {
	var n names
	table := orDefault(cfg.Table, "user")
	n.plainTable = table
	if schema, rest, dotted := strings.Cut(table, "."); dotted {
		n.schema, n.plainTable = schema, rest
		if err := database.ValidName(schema, "database name before the dot", "users-table"); err != nil {
			return names{}, err
		}
	}
	if err := database.ValidName(n.plainTable, "table name", "users-table"); err != nil {
		return names{}, err
	}
	n.plain = [3]string{orDefault(cfg.IDColumn, "id"), orDefault(cfg.UsernameColumn, "username"), orDefault(cfg.PasswordColumn, "password")}
	for role, column := range n.plain {
		if err := database.ValidName(column, "column name", columnSetting[role]); err != nil {
			return names{}, err
		}
	}
	n.table = database.Quote(n.plainTable)
	if n.schema != "" {
		n.table = database.Quote(n.schema) + "." + n.table
	}
	n.id, n.username, n.password = database.Quote(n.plain[0]), database.Quote(n.plain[1]), database.Quote(n.plain[2])
	return n, nil
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// Names are the configured identifiers, quoted for SQL; PlainTable is the table's
// without quotes.
type Names struct{ Table, ID, Username, Password, PlainTable string }

// Names are those of a table in SQLite. One that no database allows is
// database.ErrConfig.
func (c Config) Names() (Names, error) {
	n, err := sqliteNames(c)
	return Names{n.table, n.id, n.username, n.password, n.plainTable}, err
}

func sqliteNames(cfg Config) (names, error) {
	n, err := newNames(cfg)
	if err == nil && n.schema != "" {
		err = database.Sentence(database.ErrConfig, "a table in SQLite has no database before a dot; correct %s", database.Setting("users-table"))
	}
	return n, err
}
