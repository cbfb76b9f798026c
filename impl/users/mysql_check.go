package users

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
)

// The error numbers that mean something of a table, as
// https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html and
// https://mariadb.com/kb/en/mariadb-error-code-reference/ list them.
const (
	erDatabaseAccessDenied = 1044
	erAccessDenied         = 1045
	erUnknownDatabase      = 1049
	erUnknownColumn        = 1054
	erTableAccessDenied    = 1142
	erColumnAccessDenied   = 1143
	erNoSuchTable          = 1146
	erMixOfCollations      = 1267 // MariaDB, a parameter that the column's charset cannot hold
	erMixOfThreeCollations = 1270 // the same, among three
	erMixOfManyCollations  = 1271 // the same, among more
	erViewInvalid          = 1356
	erNoSuchDefiner        = 1449
	erQueryTimeMariaDB     = 1969
	erQueryTime            = 3024
	erImpossibleConversion = 3988 // MySQL, as 1267
)

// hints ask the database for more words about what is wrong. Those of Check do;
// an error at run time costs no query more.
type hints struct{ tables, columns, grant func() string }

func (e mySQL) noHints() hints {
	nothing := func() string { return "" }
	return hints{nothing, nothing, func() string {
		return "grant it SELECT on the columns " + strings.Join(e.names.all(), ", ")
	}}
}

func checkHints(ctx context.Context, s *Store, schema string) hints {
	return hints{
		tables:  func() string { return tablesHint(ctx, s, schema) },
		columns: func() string { return columnsHint(ctx, s, schema) },
		grant:   func() string { return grantHint(ctx, s, schema) },
	}
}

// columns are the one that an error is about, or all where that is not known.
func (e mySQL) columns(about *column) string {
	if about != nil {
		return about.name
	}
	return list(e.names.all(), "or")
}

// about is the column that a server's message is about, as far as it says.
func (e mySQL) about(err error) *column {
	for i := range e.names.columns {
		if strings.Contains(err.Error(), "column '"+e.names.columns[i].plain+"'") {
			return &e.names.columns[i]
		}
	}
	return nil
}

func (e mySQL) schema() string { return orDefault(e.names.schema, e.Database()) }

// explainColumn turns a failed SELECT of one column into a sentence.
func (e mySQL) explainColumn(ctx context.Context, s *Store, about *column, err error) error {
	if database.Unconnected(err) {
		return e.ExplainConnect(ctx, err)
	}
	if sentence := e.unreadable(about, err, checkHints(ctx, s, e.schema())); sentence != nil {
		return sentence
	}
	return s.wrap(ctx, "read the user table", e.Plain(ctx, err))
}

// explain is what a failed call says at run time.
func (e mySQL) explain(ctx context.Context, err error) error {
	var sentence error
	if database.Unconnected(err) {
		sentence = e.ExplainRefusal(err)
	} else {
		sentence = e.unreadable(e.about(err), err, e.noHints())
	}
	switch {
	case sentence != nil:
		return sentence
	case database.IsSentence(err):
		return err
	}
	return e.Plain(context.WithoutCancel(ctx), err)
}

// unreadable is the sentence for a query that the server refuses, nil where it
// says nothing that is known.
func (e mySQL) unreadable(about *column, err error, hint hints) error {
	user, addr, schema, table := e.User(), e.Address(err), database.Quote(e.schema()), database.Quote(e.names.plainTable)
	tableSetting, columnFlag := database.Setting("users-table"), e.names.settings()
	if about != nil {
		columnFlag = database.Setting(about.setting)
	}
	switch database.Number(err) {
	case erUnknownDatabase:
		return database.Sentence(database.ErrUnknownDatabase, "database %s does not exist on %s; correct %s", schema, addr, tableSetting)
	case erNoSuchTable:
		return database.Sentence(ErrTableMissing, "table %s not found in database %s%s; name it with %s", table, schema, hint.tables(), tableSetting)
	case erTableAccessDenied, erDatabaseAccessDenied:
		return database.Sentence(database.ErrNoGrant, "database user %q may not read table %s in database %s, or there is none%s; %s, or correct %s",
			user, table, schema, hint.tables(), hint.grant(), tableSetting)
	case erColumnAccessDenied:
		return database.Sentence(database.ErrNoGrant, "database user %q may not read column %s of table %s, or there is none; %s, or correct %s",
			user, e.columns(about), e.names.table, hint.grant(), columnFlag)
	case erUnknownColumn:
		return database.Sentence(ErrColumnMissing, "table %s has no column %s%s; name the right one with %s",
			e.names.table, e.columns(about), hint.columns(), columnFlag)
	case erViewInvalid:
		return database.Sentence(ErrTableMissing, "the view %s in database %s cannot be read: a table, column or function behind it is gone, or whoever it runs as (its DEFINER) may not read them; see SHOW CREATE VIEW %[1]s, and make it anew", table, schema)
	case erNoSuchDefiner, erAccessDenied: // the latter for all but administrators
		return database.Sentence(database.ErrNoGrant, "the view %s in database %s runs as a user that does not exist any more (its DEFINER); make it anew, or with SQL SECURITY INVOKER", table, schema)
	case erQueryTime, erQueryTimeMariaDB:
		return database.Sentence(account.ErrUnavailable, "%s gave a query up after %v; give column %s of table %s an index, or allow more time with %s",
			addr, e.Timeout(), strings.Join(e.names.usernames, " and "), e.names.table, database.Setting("users-timeout"))
	}
	return e.ExplainQuery(err)
}

// grantHint is the statement that an administrator would run.
func grantHint(ctx context.Context, s *Store, schema string) string {
	who := "the database user"
	var name string
	if err := s.db.GetContext(ctx, &name, "SELECT CURRENT_USER()"); err == nil {
		name = database.Said(name)
		if user, host, ok := strings.Cut(name, "@"); ok {
			who = "'" + user + "'@'" + host + "'"
		}
	}
	return fmt.Sprintf("run GRANT SELECT (%s) ON %s.%s TO %s",
		strings.Join(s.names.all(), ", "), database.Quote(schema), database.Quote(s.names.plainTable), who)
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
	tables = slices.DeleteFunc(tables, func(name string) bool { return database.ValidName(name, "", "") != nil })
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
