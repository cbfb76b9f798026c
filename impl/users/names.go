package users

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restauth/restauth/impl/database"
)

// columnRole is what a column is for.
type columnRole int

const (
	roleID columnRole = iota
	roleUsername
	rolePassword
	roleSalt
	roleFilter
	// someColumn stands for any of them.
	someColumn columnRole = -1
)

// setting is the flag that names a column of a role.
func (r columnRole) setting() string {
	return [...]string{"users-id-column", "users-username-column", "users-password-column", "users-salt-column", "users-filter"}[r]
}

// column is a column that is read.
type column struct {
	role    columnRole
	name    string // quoted for SQL
	plain   string // without quotes
	setting string // the flag that names it
}

// names are the configured identifiers, quoted for SQL.
type names struct {
	table, id, password, salt string // salt is "" for none
	usernames                 []string

	plainTable string // without quotes; the part after the dot
	schema     string // without quotes; the part before the dot, or ""
	// columns are all that are read, a key that is the user name too twice: the three
	// that there always are come first.
	columns []column
}

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
	n.table = database.Quote(n.plainTable)
	if n.schema != "" {
		n.table = database.Quote(n.schema) + "." + n.table
	}
	usernames, setting := cfg.UsernameColumns, "users-username-columns"
	if len(usernames) == 0 {
		usernames, setting = []string{orDefault(cfg.UsernameColumn, "username")}, roleUsername.setting()
	} else if cfg.UsernameColumn != "" && cfg.UsernameColumn != usernames[0] {
		return names{}, database.Sentence(database.ErrConfig, "the user name's column is %s by one setting and %s by another; leave out %s or %s",
			cfg.UsernameColumn, usernames[0], database.Setting("users-username-column"), database.Setting("users-username-columns"))
	}
	n.add(roleID, orDefault(cfg.IDColumn, "id"), roleID.setting())
	n.add(roleUsername, usernames[0], setting)
	n.add(rolePassword, orDefault(cfg.PasswordColumn, "password"), rolePassword.setting())
	for _, more := range usernames[1:] {
		n.add(roleUsername, more, setting)
	}
	if cfg.SaltColumn != "" {
		n.add(roleSalt, cfg.SaltColumn, roleSalt.setting())
	}
	for _, f := range cfg.Filters {
		n.add(roleFilter, f.Column, roleFilter.setting())
	}
	for _, c := range n.columns {
		if err := database.ValidName(c.plain, "column name", c.setting); err != nil {
			return names{}, err
		}
	}
	return n, nil
}

// add takes a column in.
func (n *names) add(role columnRole, plain, setting string) {
	c := column{role, database.Quote(plain), plain, setting}
	n.columns = append(n.columns, c)
	switch role {
	case roleID:
		n.id = c.name
	case roleUsername:
		n.usernames = append(n.usernames, c.name)
	case rolePassword:
		n.password = c.name
	case roleSalt:
		n.salt = c.name
	case roleFilter, someColumn:
	}
}

// all are the names of the columns, each once.
func (n names) all() []string {
	var all []string
	for _, c := range n.columns {
		if !slices.Contains(all, c.name) {
			all = append(all, c.name)
		}
	}
	return all
}

// settings are the flags that name columns, for a sentence.
func (n names) settings() string {
	var all []string
	for _, c := range n.columns {
		if flag := "--" + c.setting; !slices.Contains(all, flag) {
			all = append(all, flag)
		}
	}
	return list(all, "or")
}

// list is a list of words.
func list(words []string, last string) string {
	end := len(words) - 1
	return fmt.Sprintf("%s %s %s", strings.Join(words[:end], ", "), last, words[end])
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
	if err != nil {
		return Names{}, err
	}
	return Names{n.table, n.id, n.usernames[0], n.password, n.plainTable}, nil
}

func sqliteNames(cfg Config) (names, error) {
	n, err := newNames(cfg)
	if err == nil && n.schema != "" {
		err = database.Sentence(database.ErrConfig, "a table in SQLite has no database before a dot; correct %s", database.Setting("users-table"))
	}
	return n, err
}
