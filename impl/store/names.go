package store

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// names are the configured identifiers, quoted for SQL.
type names struct {
	table, id, username, password string

	plainTable string // without quotes; the part after the dot
	schema     string // without quotes; the part before the dot, or ""
	plain      [3]string

	second bool // the table may be made beside another one
}

func (n names) column(role columnRole) string { return [...]string{n.id, n.username, n.password}[role] }

// columnSetting is the flag that names a column, by role.
var columnSetting = [...]string{"users-id-column", "users-username-column", "users-password-column"}

func newNames(cfg Config) (names, error) {
	n := names{second: cfg.NewTable}
	table := orDefault(cfg.Table, "user")
	n.plainTable = table
	if schema, rest, dotted := strings.Cut(table, "."); dotted {
		n.schema, n.plainTable = schema, rest
		if err := validName(schema, "database name before the dot", "users-table"); err != nil {
			return names{}, err
		}
	}
	if err := validName(n.plainTable, "table name", "users-table"); err != nil {
		return names{}, err
	}
	n.plain = [3]string{orDefault(cfg.IDColumn, "id"), orDefault(cfg.UsernameColumn, "username"), orDefault(cfg.PasswordColumn, "password")}
	for role, column := range n.plain {
		if err := validName(column, "column name", columnSetting[role]); err != nil {
			return names{}, err
		}
	}
	n.table = quote(n.plainTable)
	if n.schema != "" {
		n.table = quote(n.schema) + "." + n.table
	}
	n.id, n.username, n.password = quote(n.plain[0]), quote(n.plain[1]), quote(n.plain[2])
	return n, nil
}

func orDefault(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// validName holds a name to MySQL's rules for quoted identifiers: 1 to 64
// characters of the basic plane, no NUL, no space at the end. Other control
// characters are refused too, since names get into messages.
func validName(name, what, flag string) error {
	var reason string
	switch {
	case name == "":
		reason = "is empty"
	case !utf8.ValidString(name):
		reason = "is not UTF-8"
	case utf8.RuneCountInString(name) > 64:
		reason = "is longer than 64 characters"
	case strings.HasSuffix(name, " "):
		reason = "ends with a space"
	case strings.ContainsFunc(name, unicode.IsControl):
		reason = "holds a control character"
	case strings.ContainsFunc(name, func(r rune) bool { return r > 0xFFFF }):
		reason = "holds a character that no database allows in names"
	default:
		return nil
	}
	return setup(ErrConfig, "the %s %.80q %s; correct %s", what, name, reason, setting(flag))
}

// quote quotes an identifier for MySQL and for SQLite, which takes a backtick
// for nothing else; its double quote may turn a misspelt column into text.
func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
