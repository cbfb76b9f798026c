package doctor

import "fmt"

// layout is where in a row what a tally counts stands, nowhere for what was not asked for.
type layout struct {
	key, hash, salt int
	filters         []int
	names           []nameAt
}

// nameAt is where a name stands, and how long it is, and what its collation compares where
// several rows can have what it takes for one name.
type nameAt struct{ name, size, sortKey int }

// nowhere is a value that no row has.
const nowhere = -1

// selected are the columns of a question, and the arguments of their placeholders.
type selected struct {
	list []string
	args []any
}

// add selects what is not selected yet: each value costs the database and the doctor time.
func (s *selected) add(expression string, args ...any) (at int) {
	for at, is := range s.list {
		if is == expression && len(args) == 0 {
			return at
		}
	}
	s.list, s.args = append(s.list, expression), append(s.args, args...)
	return len(s.list) - 1
}

// columns selects what a tally counts, behind the pager's value.
func (x *exam) columns(t *table, c *choice, pager string) (s selected, at layout) {
	s.add(x.quote(orElse(pager, c.id)))
	at.key = s.add(x.quote(c.id))
	at.hash, at.salt = s.add(x.upTo(t, c.password, mostHash, "'*'")), nowhere
	if c.salt != "" {
		at.salt = s.add(x.upTo(t, c.salt, mostSalt, "''"))
	}
	for _, filter := range c.filters {
		condition, bound := x.filterSQL(filter)
		at.filters = append(at.filters, s.add("CASE WHEN "+condition+" THEN 1 ELSE 0 END", bound...))
	}
	for _, name := range c.names {
		quoted, of := x.quote(name), nameAt{size: nowhere}
		if !t.column(name).within(mostName) {
			of.size = s.add("OCTET_LENGTH(" + quoted + ")")
		}
		of.name = s.add(x.upTo(t, name, mostName, "NULL"))
		if of.sortKey = nowhere; !t.unique(name) { // the database itself lets no equal names in
			of.sortKey = s.add(x.orIfOver(t, name, mostName, "NULL", x.engine.sortKey(t.column(name), quoted)))
		}
		at.names = append(at.names, of)
	}
	return s, at
}

// upTo is a column's value for SQL, or something else where it has more bytes.
func (x *exam) upTo(t *table, column string, most int64, otherwise string) string {
	return x.orIfOver(t, column, most, otherwise, x.quote(column))
}

// orIfOver is an expression for SQL, or something else where a column has more bytes.
func (x *exam) orIfOver(t *table, column string, most int64, otherwise, expression string) string {
	if t.column(column).within(most) {
		return expression
	}
	return fmt.Sprintf("CASE WHEN OCTET_LENGTH(%s) > %d THEN %s ELSE %s END", x.quote(column), most, otherwise, expression)
}

// within reports whether no value has more bytes, which need not be asked of each row then.
// A character has four at most.
func (c *column) within(most int64) bool {
	return c != nil && c.length > 0 && c.length <= most/4
}
