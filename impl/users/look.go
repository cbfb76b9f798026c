package users

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/userid"
)

// fact is what is known of a column.
type fact struct {
	kind      string // the type in one word, in lower case
	full      string // as it was declared
	length    int64  // in characters, or bytes
	precision int64  // digits, or bits
	scale     int64  // digits behind the point
	charset   string
	labels    []string // of an ENUM
	nullable  bool
}

// plan is how a table is asked, once its columns were looked at.
type plan struct {
	keys keys
	// byName has a statement for each column of names; filtered are the values that
	// follow in all of them.
	byName   []*nameStatement
	filtered []any
	// claims are what tokens carry, and claimed is how they are asked for.
	claims  []claimColumn
	claimed string

	byID, ready statement
	byIDs       [len(idsAtOnce)]statement // for so many ids each
	sample      string                    // with %s for the order
	// paddedHash and paddedName: they are in a BINARY column, which zero bytes fill.
	paddedHash, paddedName bool
}

// nameStatement looks a name up in one column.
type nameStatement struct {
	statement
	latin1 bool // whose bytes may be UTF-8 nevertheless
	padded bool // with zero bytes, to its length
}

// IDs is what the keys of users are: as the setting says, or as the column was found to
// be.
func (s *Store) IDs() userid.Kind {
	if p := s.plan.Load(); p != nil {
		return p.keys.as.kind()
	}
	return s.idType.kind()
}

// looked returns the plan, looking at the table on the first call that reaches the
// database.
func (s *Store) looked(ctx context.Context) (*plan, error) {
	if p := s.plan.Load(); p != nil {
		return p, nil
	}
	p, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	s.plan.CompareAndSwap(nil, p) // Another call may have been faster.
	return s.plan.Load(), nil
}

// verify looks at the columns for Check, and says what else can be seen.
func (s *Store) verify(ctx context.Context) error {
	p, err := s.look(ctx)
	if err != nil {
		return err
	}
	s.plan.CompareAndSwap(nil, p)
	s.advise(ctx)
	return nil
}

// look looks at the columns, and refuses those of a type for which "=" is not what it
// seems: compared with a number column, MySQL takes the text "1 OR 1=1" for 1.
func (s *Store) look(ctx context.Context) (*plan, error) {
	types, err := s.columnTypes(ctx)
	if err != nil {
		return nil, err
	}
	facts, err := s.engine.facts(ctx, s, types)
	if err != nil {
		return nil, err
	}
	of := func(c column) fact { return facts[strings.ToLower(c.plain)] }
	p := &plan{}
	var all filters
	filter, asked := 0, []string(nil)
	for _, c := range s.names.columns {
		switch c.role {
		case roleID:
			if p.keys, err = s.keysOf(c, of(c)); err != nil {
				return nil, err
			}
		case roleFilter:
			condition, err := s.engine.filter(s.filters[filter], of(c))
			if err != nil {
				return nil, err
			}
			all = append(all, condition)
			filter++
		case roleClaim:
			kind, sql, reason := s.engine.claim(c.name, of(c))
			if reason != "" {
				return nil, s.unsuitable(c, of(c), reason)
			}
			p.claims = append(p.claims, claimColumn{s.claimed[len(p.claims)], kind})
			asked = append(asked, sql)
		case roleUsername, rolePassword, roleSalt, someColumn:
			if reason := s.engine.unsuitable(c.role, of(c)); reason != "" {
				return nil, s.unsuitable(c, of(c), reason)
			}
		}
	}
	if before := s.plan.Load(); before != nil && before.keys.as != p.keys.as {
		c := s.names.columns[roleID]
		return nil, database.Sentence(ErrColumnType, "column %s of table %s has type %s now, another kind of keys than when restauth began; start it again",
			c.name, s.names.table, strings.ToUpper(of(c).full))
	}
	p.filtered = all.args()
	if len(asked) > 0 {
		p.claimed = s.engine.claims(asked)
	}
	s.write(p, all, of)
	return p, nil
}

// columnTypes are the types of the columns, as the driver knows them.
func (s *Store) columnTypes(ctx context.Context) ([]*sql.ColumnType, error) {
	read := make([]string, 0, len(s.names.columns))
	for _, c := range s.names.columns {
		read = append(read, c.name)
	}
	rows, err := s.db.QueryContext(ctx, fmt.Sprintf("SELECT %s FROM %s LIMIT 0", strings.Join(read, ", "), s.names.table))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	return types, rows.Err()
}

func (s *Store) unsuitable(c column, is fact, reason string) error {
	return database.Sentence(ErrColumnType, "column %s of table %s has type %s, but %s; name another column with %s",
		c.name, s.names.table, strings.ToUpper(is.full), reason, database.Setting(c.setting))
}

// keysOf is how the ids in a column are read.
func (s *Store) keysOf(c column, is fact) (keys, error) {
	k, ok := s.engine.keys(is)
	if s.idType == "" || s.idType == IDAuto || s.idType == k.as {
		if !ok {
			return k, s.unsuitable(c, is, "ids must be whole numbers, texts or UUIDs")
		}
		return k, nil
	}
	wanted, ok := s.engine.keysAs(s.idType, is)
	if !ok {
		return k, database.Sentence(ErrColumnType, "column %s of table %s has type %s, which holds no keys of type %s; correct %s or %s",
			c.name, s.names.table, strings.ToUpper(is.full), s.idType, database.Setting("users-id-type"), database.Setting(c.setting))
	}
	return wanted, nil
}

// write writes the queries once; their only variable parts are quoted names.
func (s *Store) write(p *plan, all filters, of func(column) fact) {
	n, e, and := s.names, s.engine, all.and()
	name := s.shownName()
	for _, c := range n.columns {
		if c.role == rolePassword {
			p.paddedHash = of(c).kind == "binary"
		}
		if c.role != roleUsername {
			continue
		}
		// The exact rows come first, the oldest of them on top: two rows tell all
		// there is to know, however many match.
		// The condition on the column as it is uses its index; the one in ORDER BY
		// names the table, or a server could take it for the bounded value.
		p.paddedName = p.paddedName || of(c).kind == "binary"
		equal, exactly := e.named(c.name, of(c)), e.exactlyNamed(n.table+"."+c.name, of(c))
		columns := fmt.Sprintf("%s AS id, %s AS username, %s AS password", n.id, name, boundedHash(n.password))
		if len(n.usernames) > 1 {
			columns += fmt.Sprintf(", %s AS matched", boundedName(c.name))
		}
		if n.salt != "" {
			columns += fmt.Sprintf(", %s AS salt", boundedHash(n.salt))
		}
		if p.claimed != "" {
			columns += ", " + p.claimed + " AS claims"
		}
		p.byName = append(p.byName, &nameStatement{
			statement: statement{query: fmt.Sprintf("SELECT %s FROM %s WHERE %s%s ORDER BY %s DESC, %s LIMIT 2", columns, n.table, equal, and, exactly, n.id)},
			latin1:    of(c).charset == "latin1",
			padded:    of(c).kind == "binary",
		})
	}
	one, exactly := p.keys.placeholder(), ""
	if p.keys.exact() {
		exactly = " AND " + e.exactly(n.id)
	}
	p.byID.query = fmt.Sprintf("SELECT %s AS id, %s AS username FROM %s WHERE %[1]s = %[4]s%[5]s%[6]s LIMIT 1", n.id, name, n.table, one, exactly, and)
	for i, several := range idsAtOnce {
		p.byIDs[i].query = fmt.Sprintf("SELECT %s AS id, %s AS username FROM %s WHERE %[1]s IN (%[4]s%[5]s)%[6]s LIMIT %[7]d",
			n.id, name, n.table, one, strings.Repeat(", "+one, several-1), and, mostRows)
	}
	ready := n.id
	for _, c := range n.columns[1:] {
		ready += ", " + c.name + " IS NULL"
	}
	p.ready.query = fmt.Sprintf("SELECT %s FROM %s LIMIT 1", ready, n.table)
	largest := ""
	if p.keys.as == IDNumber && !p.keys.decimal {
		largest = fmt.Sprintf(" AND %s <= %s", n.id, e.largestID())
	}
	p.sample = fmt.Sprintf("SELECT %[1]s AS id, %[2]s AS hash FROM %[3]s WHERE %[4]s IS NOT NULL%[5]s%[6]s ORDER BY %[1]s %%s LIMIT ?",
		n.id, boundedHash(n.password), n.table, n.password, largest, and)
}

// shownName is an SQL expression for the user's name: the first of the columns of names
// that is not NULL.
func (s *Store) shownName() string {
	n := s.names.usernames
	if len(n) == 1 {
		return boundedName(n[0])
	}
	parts := make([]string, 0, len(n))
	for _, c := range n {
		parts = append(parts, s.engine.text(boundedName(c)))
	}
	return "COALESCE(" + strings.Join(parts, ", ") + ")"
}
