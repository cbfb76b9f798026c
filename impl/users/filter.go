package users

import (
	"strings"

	"github.com/restauth/restauth/impl/database"
)

// Filter is a condition that a row has to meet, or it is as if it were not there.
type Filter struct {
	Column string
	// Not wants another value; a row whose column is NULL has none, and does not meet it.
	Not bool
	// Null compares with NULL in the place of Value.
	Null  bool
	Value string
}

// ParseFilter reads COLUMN=VALUE, COLUMN!=VALUE, COLUMN=NULL or COLUMN!=NULL. The value
// begins behind the first equals sign and is taken as it is. An error is
// database.ErrConfig and does not repeat the value.
func ParseFilter(text string) (Filter, error) {
	column, value, ok := strings.Cut(text, "=")
	f := Filter{Value: value}
	f.Column, f.Not = strings.CutSuffix(column, "!")
	f.Column = strings.TrimSpace(f.Column)
	if !ok || f.Column == "" {
		return Filter{}, database.Sentence(database.ErrConfig, "a filter is COLUMN=VALUE, COLUMN!=VALUE, COLUMN=NULL or COLUMN!=NULL, such as is_active=1; correct %s", database.Setting("users-filter"))
	}
	if strings.EqualFold(value, "null") {
		f.Null, f.Value = true, ""
	}
	if err := database.ValidName(f.Column, "column name", "users-filter"); err != nil {
		return Filter{}, err
	}
	return f, nil
}

// String is the filter as ParseFilter reads it.
func (f Filter) String() string {
	operator, value := "=", f.Value
	if f.Not {
		operator = "!="
	}
	if f.Null {
		value = "NULL"
	}
	return f.Column + operator + value
}

// condition is a filter in SQL, its values apart.
type condition struct {
	sql  string
	args []any
}

// filters are all of them.
type filters []condition

// and is what comes behind another condition, "" without filters.
func (all filters) and() string {
	var sql strings.Builder
	for _, c := range all {
		sql.WriteString(" AND (" + c.sql + ")")
	}
	return sql.String()
}

// args are the values, in order.
func (all filters) args() []any {
	var args []any
	for _, c := range all {
		args = append(args, c.args...)
	}
	return args
}

// isNull is the condition that all databases have in common.
func (f Filter) isNull(column string) condition {
	if f.Not {
		return condition{sql: column + " IS NOT NULL"}
	}
	return condition{sql: column + " IS NULL"}
}

// compare is an equation with one value.
func (f Filter) compare(column, placeholder string, value any) condition {
	operator := " = "
	if f.Not {
		operator = " <> "
	}
	return condition{column + operator + placeholder, []any{value}}
}

// refused is the sentence for a value that cannot be compared with the column exactly.
func (f Filter) refused(table string, typeName, want string) error {
	return database.Sentence(ErrColumnType, "column %s of table %s has type %s, and a filter can compare it %s; correct %s",
		database.Quote(f.Column), table, typeName, want, database.Setting("users-filter"))
}
