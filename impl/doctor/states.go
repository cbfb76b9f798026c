package doctor

import (
	"slices"
	"strings"

	"github.com/restauth/restauth/impl/users"
)

// state is a column that looks as if it told who may use an account.
type state struct {
	column  string
	filter  string // as --users-filter takes it, "" where nobody can tell
	perhaps bool   // many applications let in those too whom it keeps out
	told    bool   // most applications let them in: it is told, and not proposed
	flag    bool   // only if there are no values but 0 and 1
}

// stateOf is what a column's name and type say of it, nil for most.
func stateOf(c *column) *state {
	if strings.EqualFold(c.name, "default_langcode") { // Drupal: a row for each language
		return &state{column: c.name, filter: c.name + "=1"}
	}
	found, ok := users.StateOf(c.name)
	if !ok {
		return nil
	}
	s := &state{column: c.name, filter: found.Filter, perhaps: found.Perhaps}
	// Laravel, ASP.NET: an address that is not confirmed keeps nobody out by itself.
	s.told = s.perhaps && strings.Contains(plainName(c.name), "mail")
	// A date where others have a flag says since when, or never.
	if c.kind() == kindTime {
		switch {
		case strings.HasSuffix(s.filter, "=0"):
			s.filter = c.name + "=NULL"
		case strings.HasSuffix(s.filter, "=1"):
			s.filter = c.name + "!=NULL"
		}
	}
	if strings.HasSuffix(s.filter, "NULL") && !c.nullable {
		s.filter, s.perhaps = "", true
	}
	// A status of two values is a flag by another name, as in Drupal.
	if s.filter == "" && c.kind() == kindNumber {
		s.filter, s.flag = c.name+"=1", true
	}
	return s
}

// chooseFilters are those that let anybody in, and of those that many applications do not
// keep to the ones that let most in: who is kept out notices, and who is let in that
// should not be nobody does.
func (x *exam) chooseFilters(t *table, g *glimpse) []string {
	var filters []string
	for i := range t.columns {
		s := stateOf(&t.columns[i])
		if s == nil || s.filter == "" || s.told || s.flag && !isFlag(g.values[s.column]) {
			continue
		}
		filter, passes := fitting(s.filter, g.values[s.column])
		switch {
		case s.perhaps && 2*passes < max(g.rows, 1): // and not of an empty table
		case g.rows == 0, passes > 0:
			filters = append(filters, filter)
		}
	}
	return filters
}

// isFlag reports that there are no values but 0 and 1.
func isFlag(values map[string]int) bool {
	for value := range values {
		if value != "0" && value != "1" {
			return false
		}
	}
	return len(values) > 0
}

// fitting is the filter in the words of the column's own values, and how many of them
// pass.
func fitting(filter string, values map[string]int) (string, int) {
	column, condition, value := splitFilter(filter)
	if value == null {
		passes := 0
		for v, n := range values {
			if (v == "") == (condition == "=") {
				passes += n
			}
		}
		return filter, passes
	}
	yes, no := "y yes true t on active enabled", "n no false f off inactive none"
	words := yes
	if value == "0" {
		words = no
	}
	best, most := value, values[value]
	for v, n := range values {
		if oneOf(strings.ToLower(v), words) && v != "" && n > most {
			best, most = v, n
		}
	}
	if bit := values["\x01"]; value == "1" && bit > most { // BIT(1)
		most = bit
	}
	if bit := values["\x00"]; value == "0" && bit > most {
		most = bit
	}
	return column + condition + best, most
}

const null = "NULL"

// splitFilter takes COLUMN=VALUE and COLUMN!=VALUE apart.
func splitFilter(filter string) (column, condition, value string) {
	column, value, _ = strings.Cut(filter, "=")
	if rest, not := strings.CutSuffix(column, "!"); not {
		return rest, "!=", value
	}
	return column, "=", value
}

// filterSQL is a filter as a condition with its value bound.
func (x *exam) filterSQL(filter string) (sql string, arg []any) {
	column, condition, value := splitFilter(filter)
	quoted := x.quote(column)
	switch {
	case value == null && condition == "=":
		return quoted + " IS NULL", nil
	case value == null:
		return quoted + " IS NOT NULL", nil
	case condition == "!=":
		return "(" + quoted + " <> ? OR " + quoted + " IS NULL)", []any{bound(value)}
	}
	return quoted + " = ?", []any{bound(value)}
}

// bound is a number where it is written as one: a text would be compared with a BIT
// by its bytes.
func bound(value string) any {
	n := int64(0)
	if value == "" || len(value) > 18 {
		return value
	}
	for _, r := range value {
		if r < '0' || r > '9' {
			return value
		}
		n = 10*n + int64(r-'0')
	}
	return n
}

// stateFindings tells of the columns that look like account state and are in no filter.
func (x *exam) stateFindings(t *table, c *choice, g *glimpse) {
	used := make([]string, 0, len(c.filters))
	for _, filter := range c.filters {
		column, _, _ := splitFilter(filter)
		used = append(used, strings.ToLower(column))
	}
	for i := range t.columns {
		s := stateOf(&t.columns[i])
		if s == nil {
			continue
		}
		seen := g.values[s.column]
		switch name := said(s.column); {
		case slices.Contains(used, strings.ToLower(s.column)):
			if !x.filtered(s.column) {
				x.report.add(Finding{
					Code: "state_column", Severity: Warning,
					Text: "Column " + name + " looks as if it told who may use an account, and no filter of the settings uses it: whoever was shut out there can log in.",
					Fix:  "--users-filter " + filterOn(c.filters, s.column),
				})
			}
		case len(seen) <= 1 && g.rows > 0: // all the same, it says nothing
		case s.filter == "", s.flag && !isFlag(seen):
			x.report.add(Finding{
				Code: "state_column", Severity: Info,
				Text: "Column " + name + " may tell who may use an account; what its values mean only the application knows.",
				Fix:  "--users-filter " + name + "=VALUE, where one value is that of accounts in use",
			})
		default:
			filter, passes := fitting(s.filter, seen)
			x.report.add(Finding{
				Code: "state_column", Severity: Info,
				Text: "Column " + name + " may tell who may use an account; of " + plural(int64(g.rows), "row") + " that were looked at a filter would let in " + count(int64(passes)) + ". Many applications let in the others too.",
				Fix:  "--users-filter " + filter + ", where the application keeps the others out",
			})
		}
	}
}

func filterOn(filters []string, column string) string {
	for _, filter := range filters {
		if name, _, _ := splitFilter(filter); strings.EqualFold(name, column) {
			return filter
		}
	}
	return ""
}
