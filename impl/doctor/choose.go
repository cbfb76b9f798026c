package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// choose is which table is looked at, and which columns of it: those of the settings,
// where they name any, else the likeliest.
func (x *exam) choose(ctx context.Context, tables []*table, wanted string) (*table, *choice, error) {
	set := tableNamed(tables, wanted)
	if set != nil && x.cfg.Named {
		if c := x.configured(set); c != nil {
			return set, c, x.engine.reveal(ctx, set, needed(c))
		}
		x.missingColumns(set)
	}
	found, err := x.find(ctx, tables)
	if err != nil {
		return nil, nil, err
	}
	x.report.Candidates = append(x.report.Candidates, found...)
	if len(found) == 0 {
		if set != nil {
			if c := x.configured(set); c != nil {
				return set, c, x.engine.reveal(ctx, set, needed(c))
			}
		}
		x.noTable(tables)
		return nil, nil, nil
	}
	best := &found[0]
	switch {
	case set == nil && x.cfg.Named:
		x.report.add(Finding{Code: "table_missing", Severity: Error, Text: "There is no table " + said(wanted) + " that the database user may see; " + best.Table + " looks like the user table.", Fix: strings.Join(best.Flags, " ")})
	case !x.cfg.Named && !x.asSet(best):
		x.report.add(Finding{Code: "table_found", Severity: Info, Text: fmt.Sprintf("%s looks like the user table: %d %% of its stored passwords are read as hashes.", best.Table, best.Share), Fix: strings.Join(best.Flags, " ")})
	}
	return best.table, &best.pick, nil
}

// asSet reports whether the settings say the same as a candidate.
func (x *exam) asSet(c *Candidate) bool {
	set := x.configured(c.table)
	return set != nil && c.table.name == orElse(x.cfg.Users.Table, "user") && set.id == c.pick.id && set.password == c.pick.password && slices.Equal(set.names, c.pick.names)
}

func tableNamed(tables []*table, name string) *table {
	for _, t := range tables {
		if t.name == name {
			return t
		}
	}
	return nil
}

// configured are the columns of the settings, nil unless the table has them all.
func (x *exam) configured(t *table) *choice {
	s := &x.cfg.Users
	c := &choice{id: orElse(s.IDColumn, "id"), password: orElse(s.PasswordColumn, "password"), names: x.cfg.Usernames, salt: x.cfg.Salt, filters: x.cfg.Filters}
	if len(c.names) == 0 {
		c.names = []string{orElse(s.UsernameColumn, "username")}
	}
	for _, name := range append([]string{c.id, c.password}, c.names...) {
		if t.column(name) == nil {
			return nil
		}
	}
	if c.salt != "" && t.column(c.salt) == nil {
		return nil
	}
	return c
}

func (x *exam) missingColumns(t *table) {
	s := &x.cfg.Users
	for flag, name := range map[string]string{"--users-id-column": orElse(s.IDColumn, "id"), "--users-password-column": orElse(s.PasswordColumn, "password")} {
		if t.column(name) == nil {
			x.columnMissing(t, name, flag)
		}
	}
	names := x.cfg.Usernames
	if len(names) == 0 {
		names = []string{orElse(s.UsernameColumn, "username")}
	}
	for _, name := range names {
		if t.column(name) == nil {
			x.columnMissing(t, name, "--users-username-column")
		}
	}
}

func (x *exam) columnMissing(t *table, name, flag string) {
	var has []string
	for i := range min(len(t.columns), 30) {
		has = append(has, said(t.columns[i].name))
	}
	x.report.add(Finding{
		Code: "column_missing", Severity: Error,
		Text: "Table " + x.spelled(t) + " has no column " + said(name) + " that the database user may see (it has " + strings.Join(has, ", ") + ").",
		Fix:  "name the right one with " + flag + ", or grant SELECT on it",
	})
}

func (x *exam) noTable(tables []*table) {
	var has []string
	for _, t := range tables[:min(len(tables), 20)] {
		has = append(has, said(t.name))
	}
	text := "None of the tables that the database user may see looks like a user table (" + strings.Join(has, ", ") + ")."
	if len(tables) == 0 {
		text = "The database user may see no table."
	}
	x.report.add(Finding{
		Code: "no_table", Severity: Error, Text: text,
		Fix: "grant it SELECT on the user table, or name the table with --users-table, --users-id-column, --users-username-column and --users-password-column",
	})
}
