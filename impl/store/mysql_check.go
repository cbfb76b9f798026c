package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/restauth/restauth/impl/account"
)

// hints ask the database for more words about what is wrong. Those of Check do;
// an error at run time costs no query more.
type hints struct{ tables, columns, grant func() string }

func (e mySQL) noHints() hints {
	nothing := func() string { return "" }
	return hints{nothing, nothing, func() string {
		return "grant it SELECT on the columns " + strings.Join([]string{e.names.id, e.names.username, e.names.password}, ", ")
	}}
}

func checkHints(ctx context.Context, s *Store, schema string) hints {
	return hints{
		tables:  func() string { return tablesHint(ctx, s, schema) },
		columns: func() string { return columnsHint(ctx, s, schema) },
		grant:   func() string { return grantHint(ctx, s, schema) },
	}
}

// someColumn stands for any of the three.
const someColumn columnRole = -1

func (e mySQL) columns(role columnRole) string {
	if role != someColumn {
		return e.names.column(role)
	}
	return e.names.id + ", " + e.names.username + " or " + e.names.password
}

// named is the column that a server's message is about, as far as it says.
func (e mySQL) named(err error) columnRole {
	for role, column := range e.names.plain {
		if strings.Contains(err.Error(), "column '"+column+"'") {
			return columnRole(role)
		}
	}
	return someColumn
}

func (e mySQL) schema() string { return orDefault(e.names.schema, e.target.driver.DBName) }

// explainColumn turns a failed SELECT of one column into a sentence.
func (e mySQL) explainColumn(ctx context.Context, s *Store, role columnRole, err error) error {
	if errors.As(err, new(connectError)) {
		return e.explainConnect(ctx, err)
	}
	if sentence := e.unreadable(role, err, checkHints(ctx, s, e.schema())); sentence != nil {
		return sentence
	}
	return s.wrap(ctx, "read the user table", e.plain(ctx, err))
}

// explain is what a failed call says at run time.
func (e mySQL) explain(err error) error {
	var sentence error
	if errors.As(err, new(connectError)) {
		if sentence = e.refused(err); sentence == nil {
			sentence = e.untrusted(err)
		}
	} else {
		sentence = e.unreadable(e.named(err), err, e.noHints())
	}
	switch known := (*setupError)(nil); {
	case sentence != nil:
		return sentence
	case errors.As(err, &known):
		return err
	}
	return e.plain(context.Background(), err)
}

// unreadable is the sentence for a query that the server refuses, nil where it
// says nothing that is known.
func (e mySQL) unreadable(role columnRole, err error, hint hints) error {
	user, addr, schema, table := e.target.driver.User, e.target.driver.Addr, quote(e.schema()), quote(e.names.plainTable)
	tableSetting, columnFlag := setting("users-table"), "--users-id-column, --users-username-column or --users-password-column"
	if role != someColumn {
		columnFlag = setting(columnSetting[role])
	}
	switch mysqlNumber(err) {
	case erUnknownDatabase:
		return setup(ErrUnknownDatabase, "database %s does not exist on %s; correct %s", schema, addr, tableSetting)
	case erNoSuchTable:
		return setup(ErrTableMissing, "table %s not found in database %s%s; name it with %s", table, schema, hint.tables(), tableSetting)
	case erTableAccessDenied, erDatabaseAccessDenied:
		return setup(ErrNoGrant, "database user %q may not read table %s in database %s, or there is none%s; %s, or correct %s",
			user, table, schema, hint.tables(), hint.grant(), tableSetting)
	case erColumnAccessDenied:
		return setup(ErrNoGrant, "database user %q may not read column %s of table %s, or there is none; %s, or correct %s",
			user, e.columns(role), e.names.table, hint.grant(), columnFlag)
	case erUnknownColumn:
		return setup(ErrColumnMissing, "table %s has no column %s%s; name the right one with %s",
			e.names.table, e.columns(role), hint.columns(), columnFlag)
	case erViewInvalid:
		return setup(ErrTableMissing, "the view %s in database %s cannot be read: a table, column or function behind it is gone, or whoever it runs as (its DEFINER) may not read them; see SHOW CREATE VIEW %[1]s, and make it anew", table, schema)
	case erNoSuchDefiner, erAccessDenied: // the latter for all but administrators
		return setup(ErrNoGrant, "the view %s in database %s runs as a user that does not exist any more (its DEFINER); make it anew, or with SQL SECURITY INVOKER", table, schema)
	case erMustChangePassword, erPasswordExpired:
		return e.refusedAccount(err)
	case erQueryTime, erQueryTimeMariaDB:
		return setup(account.ErrUnavailable, "%s gave a query up after %v; give column %s of table %s an index, or allow more time with %s",
			addr, e.target.timeout, e.names.username, e.names.table, setting("users-timeout"))
	}
	return e.overLimit(err)
}

// grantHint is the statement that an administrator would run.
func grantHint(ctx context.Context, s *Store, schema string) string {
	who := "the database user"
	var name string
	if err := s.db.GetContext(ctx, &name, "SELECT CURRENT_USER()"); err == nil {
		name = said(name)
		if user, host, ok := strings.Cut(name, "@"); ok {
			who = "'" + user + "'@'" + host + "'"
		}
	}
	return fmt.Sprintf("run GRANT SELECT (%s, %s, %s) ON %s.%s TO %s",
		s.names.id, s.names.username, s.names.password, quote(schema), quote(s.names.plainTable), who)
}

// mostTables is how many tables an error lists.
const mostTables = 20

// tablesHint lists the tables that the database does have, as far as the
// database user may see them.
func tablesHint(ctx context.Context, s *Store, schema string) string {
	var tables []string
	err := s.db.SelectContext(ctx, &tables, fmt.Sprintf(
		"SELECT table_name FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name LIMIT %d", mostTables+1), schema)
	// A name can hold what would move the cursor of whoever reads it.
	tables = slices.DeleteFunc(tables, func(name string) bool { return validName(name, "", "") != nil })
	if err != nil || len(tables) == 0 {
		return ""
	}
	if len(tables) > mostTables {
		tables = append(tables[:mostTables], "...")
	}
	return " (it has " + strings.Join(tables, ", ") + ")"
}

// columnsHint lists the columns that the table does have, as far as the
// database user may see them.
func columnsHint(ctx context.Context, s *Store, schema string) string {
	var columns []string
	err := s.db.SelectContext(ctx, &columns,
		"SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position LIMIT 30",
		schema, s.names.plainTable)
	if err != nil || len(columns) == 0 {
		return ""
	}
	return " (it has " + strings.Join(columns, ", ") + ")"
}
