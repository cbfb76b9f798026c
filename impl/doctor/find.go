package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/restauth/restauth/impl/password"
)

const (
	// mostTried is how many tables are looked into, and glance how many rows of each.
	mostTried, glance = 40, 50
	// closer is how many rows of the table are looked at that was chosen.
	closer = 1000
	// mostCandidates is how many are told of.
	mostCandidates = 5
)

// choice is which columns of a table are for what.
type choice struct {
	id, password, salt string
	names              []string
	filters            []string
}

// glimpse is what some rows of a table hold.
type glimpse struct {
	rows   int
	filled map[string]int            // values that are neither NULL nor empty, by column
	hashes map[string]int            // those that are read as a hash
	likely map[string]int            // those that look like a hash, of a form that is not read
	values map[string]map[string]int // short values, by column
}

// find ranks the tables of a database by how likely they are the user table.
func (x *exam) find(ctx context.Context, tables []*table) ([]Candidate, error) {
	slices.SortStableFunc(tables, func(a, b *table) int { return cmp.Compare(byWords(b), byWords(a)) })
	var found []Candidate
	tried := 0
	for _, t := range tables {
		if !mayBeUsers(t) || tried == mostTried {
			continue
		}
		tried++
		g, err := x.glance(ctx, t, glanced(t), glance)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			continue // a view that cannot be read is nobody's user table
		}
		if len(t.indexes) == 0 {
			if err := x.engine.reveal(ctx, t, glanced(t)); err != nil {
				return nil, err
			}
		}
		if c, ok := x.weigh(t, g); ok {
			found = append(found, c)
		}
	}
	slices.SortStableFunc(found, func(a, b Candidate) int { return cmp.Compare(b.score, a.score) })
	return found[:min(len(found), mostCandidates)], nil
}

// byWords is how much the names alone say.
func byWords(t *table) int {
	best := 0
	for i := range t.columns {
		if t.columns[i].holdsText() {
			best = max(best, passwordWord(t.columns[i].name))
		}
	}
	return best + tableWord(t.name)
}

// mayBeUsers: a user table has a column with names, and another text beside it.
func mayBeUsers(t *table) bool {
	texts, names := 0, 0
	for i := range t.columns {
		if t.columns[i].holdsText() {
			texts++
			if nameWord(t.columns[i].name) != noName {
				names++
			}
		}
	}
	return texts >= 2 && (names > 0 || byWords(t) >= 100)
}

// glanced are the columns that a glance is for.
func glanced(t *table) []string {
	var all []string
	for i := range t.columns {
		c := &t.columns[i]
		if c.holdsText() && (passwordWord(c.name) > 0 || nameWord(c.name) != noName || c.length == 0 || c.length >= 32 && c.length <= 4096) || stateOf(c) != nil {
			all = append(all, c.name)
		}
	}
	return all[:min(len(all), 24)]
}

// glance reads the first rows that there are. Long values are not read: they are no
// hashes.
func (x *exam) glance(ctx context.Context, t *table, columns []string, rows int) (*glimpse, error) {
	g := &glimpse{filled: map[string]int{}, hashes: map[string]int{}, likely: map[string]int{}, values: map[string]map[string]int{}}
	if len(columns) == 0 {
		return g, nil
	}
	selected := make([]string, len(columns))
	for i, c := range columns {
		selected[i] = fmt.Sprintf("CASE WHEN OCTET_LENGTH(%[1]s) > %[2]d THEN NULL ELSE %[1]s END", x.quote(c), password.MaxEncoded)
	}
	found, err := list(ctx, x.engine, len(columns), fmt.Sprintf("SELECT %s FROM %s LIMIT %d", strings.Join(selected, ", "), x.engine.quoted(t), rows))
	if err != nil {
		return nil, err
	}
	g.rows = len(found)
	for _, row := range found {
		for i, value := range row {
			g.note(x, columns[i], value)
		}
	}
	return g, nil
}

func (g *glimpse) note(x *exam, column, value string) {
	if g.values[column] == nil {
		g.values[column] = map[string]int{}
	}
	if len(value) <= 32 {
		g.values[column][value]++
	}
	if value == "" {
		return
	}
	g.filled[column]++
	if _, err := x.parse(value, ""); err == nil {
		g.hashes[column]++
	} else if looksLike(value, err) != looksText {
		g.likely[column]++
	}
}

// weigh says how likely a table is, and which columns are for what.
func (x *exam) weigh(t *table, g *glimpse) (Candidate, bool) {
	c := choice{}
	best, share := 0, 0
	for i := range t.columns {
		column := &t.columns[i]
		if !column.holdsText() {
			continue
		}
		word, filled := passwordWord(column.name), max(g.filled[column.name], 1)
		hashes := 100 * g.hashes[column.name] / filled
		score := word + 2*hashes
		if word > 0 {
			score += 100 * g.likely[column.name] / filled
		}
		if (word >= 50 || hashes >= 50 && word == 0 && nameWord(column.name) == noName) && score > best {
			best, c.password, share = score, column.name, hashes
		}
		if saltWord(column.name) {
			c.salt = column.name
		}
	}
	if c.password == "" {
		return Candidate{}, false
	}
	c.names = chooseNames(t, g, c.password)
	if len(c.names) == 0 {
		return Candidate{}, false
	}
	c.id = chooseKey(t, c.names)
	c.filters = x.chooseFilters(t, g)
	if share > 0 {
		c.salt = "" // the hashes have theirs in them
	}
	score := best + tableWord(t.name)
	if t.view {
		score -= 5 // what is behind it has the same rows, and indexes
	}
	if g.rows == 0 {
		score -= 20
	}
	return Candidate{Table: x.spelled(t), Share: share, Flags: x.flags(t, &c, nil), score: score, table: t, pick: c}, true
}

// chooseNames: what people type to log in, and their address beside it where an index
// finds that.
func chooseNames(t *table, g *glimpse, passwordColumn string) []string {
	var logins, mails, some []string
	for i := range t.columns {
		c := &t.columns[i]
		if !c.holdsText() || c.name == passwordColumn {
			continue
		}
		if g.rows > 0 && 2*g.filled[c.name] < g.rows && nameWord(c.name) != noName {
			continue // most have none
		}
		switch nameWord(c.name) {
		case loginName:
			logins = append(logins, c.name)
		case mailName:
			mails = append(mails, c.name)
		case someName:
			some = append(some, c.name)
		case noName:
		}
	}
	var names []string
	// One that is unique is more likely typed than one that is not.
	byUse := func(a, b string) int { return cmp.Compare(use(t, b), use(t, a)) }
	slices.SortStableFunc(logins, byUse)
	slices.SortStableFunc(mails, byUse)
	slices.SortStableFunc(some, byUse)
	switch {
	case len(logins) > 0:
		names = logins[:1]
	case len(some) > 0 && (use(t, some[0]) >= 2 || len(mails) == 0):
		names = some[:1]
	}
	if len(mails) > 0 && (len(names) == 0 || t.sorted(mails[0])) {
		names = append(names, mails[0])
	}
	if len(names) > 0 {
		return names
	}
	// Where the key is a text and there is no other name, it is the name.
	for i := range t.columns {
		if c := &t.columns[i]; keyWord(c.name) && c.kind() == kindText && c.holdsText() && (t.unique(c.name) || t.view) {
			return []string{c.name}
		}
	}
	return nil
}

// use is 3 for what is unique, 2 for what is so beside another column, 1 for what an
// index finds.
func use(t *table, name string) int {
	switch {
	case t.unique(name):
		return 3
	case t.together(name) != "":
		return 2
	case t.sorted(name):
		return 1
	}
	return 0
}

// chooseKey: the table's own key, where it is one column.
func chooseKey(t *table, names []string) string {
	var unique []string
	for i := range t.columns {
		c := &t.columns[i]
		if t.unique(c.name) && c.holdsKeys() && !c.nullable {
			if keyWord(c.name) {
				return c.name
			}
			unique = append(unique, c.name)
		}
	}
	for i := range t.columns {
		if c := &t.columns[i]; keyWord(c.name) && c.holdsKeys() && !slices.Contains(names, c.name) {
			return c.name // a key beside another column, or of a view
		}
	}
	// The address of somebody may change; a number does not.
	for _, name := range unique {
		if c := t.column(name); c.kind() == kindNumber || c.kind() == kindUUID || c.kind() == kindBinary {
			return name
		}
	}
	if len(unique) > 0 {
		if slices.Contains(unique, names[0]) {
			return names[0]
		}
		return unique[0]
	}
	return names[0]
}
