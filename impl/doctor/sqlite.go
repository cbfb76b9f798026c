package doctor

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/restauth/restauth/impl/database"
)

// liteEngine is a SQLite file.
type liteEngine struct {
	*database.SQLite
	asker
}

func (e *liteEngine) close() error {
	e.forget("")
	return e.Close()
}

func (e *liteEngine) query(ctx context.Context, read func(*sql.Rows) error, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return e.within(ctx, read, query, args)
}

func (e *liteEngine) explain(ctx context.Context, err error) error {
	if sentence := e.Explain(ctx, err); sentence != nil {
		return sentence
	}
	return database.Fit(err)
}

func (e *liteEngine) quoted(t *table) string { return database.Quote(t.name) }

// sortKey: SQLite's three collations (https://www.sqlite.org/datatype3.html, section 7).
func (e *liteEngine) sortKey(c *column, expression string) string {
	switch c.collation {
	case "NOCASE":
		return "lower(" + expression + ")"
	case "RTRIM":
		return "rtrim(" + expression + ", ' ')"
	}
	return expression
}

func (e *liteEngine) tables(ctx context.Context, only string) ([]*table, error) {
	named, err := list(ctx, e, 3, "SELECT name, type, coalesce(sql, '') FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name")
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", e.explain(ctx, err))
	}
	var tables []*table
	for _, n := range named {
		if only != "" && n[0] != only {
			continue
		}
		t := &table{name: n[0], view: n[1] == "view"}
		if err := e.describe(ctx, t, n[2]); err != nil {
			return nil, fmt.Errorf("describe table %s: %w", database.Said(t.name), e.explain(ctx, err))
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// sized is a type with its length, as in VARCHAR(60). SQLite keeps to neither.
var sized = regexp.MustCompile(`^([A-Za-z ]+?)\s*(?:\(\s*(\d+)\s*(?:,\s*\d+\s*)?\))?( unsigned)?$`)

func (e *liteEngine) describe(ctx context.Context, t *table, made string) error {
	columns, err := list(ctx, e, 4, "SELECT name, type, \"notnull\", pk FROM pragma_table_info(?)", t.name)
	if err != nil {
		return err
	}
	var key []string
	for _, f := range columns {
		c := column{name: f[0], full: strings.ToLower(f[1]), nullable: f[2] == "0", charset: sqliteText, collation: collationIn(made, f[0])}
		c.base = affinity(f[1])
		t.columns = append(t.columns, c)
		if f[3] != "0" {
			key = append(key, f[0])
		}
	}
	if len(key) > 0 {
		t.indexes = append(t.indexes, index{unique: true, columns: key})
	}
	if err := e.indexes(ctx, t); err != nil {
		return err
	}
	if !t.view {
		count, err := values(ctx, e, 1, "SELECT count(*) FROM "+e.quoted(t))
		if err != nil {
			return err
		}
		t.rows, _ = strconv.ParseInt(count[0], 10, 64)
	}
	return nil
}

// indexes leaves out those of some rows, of expressions, and those that compare otherwise
// than their columns do: by such an index no rows are found in order, and what it takes for
// different a login may not.
func (e *liteEngine) indexes(ctx context.Context, t *table) error {
	found, err := list(ctx, e, 4, `SELECT l.name, l."unique", x.name, x.coll FROM pragma_index_list(?) l, pragma_index_xinfo(l.name) x
		WHERE x.key AND NOT l.partial ORDER BY l.seq, x.seqno`, t.name)
	if err != nil {
		return err
	}
	for len(found) > 0 {
		name, i, usable := found[0][0], index{unique: found[0][1] == "1"}, true
		for ; len(found) > 0 && found[0][0] == name; found = found[1:] {
			c := t.column(found[0][2])
			usable = usable && c != nil && strings.EqualFold(found[0][3], orElse(c.collation, "BINARY"))
			i.columns = append(i.columns, found[0][2])
		}
		if usable {
			t.indexes = append(t.indexes, i)
		}
	}
	return nil
}

// affinity is a declared type in MySQL's words, by the rules of
// https://www.sqlite.org/datatype3.html, section 3.1.
func affinity(declared string) string {
	found := sized.FindStringSubmatch(declared)
	upper := strings.ToUpper(declared)
	switch {
	case strings.Contains(upper, "INT"):
		return "bigint"
	case strings.Contains(upper, "UUID"), strings.Contains(upper, "CHAR"), strings.Contains(upper, "CLOB"), strings.Contains(upper, "TEXT"), upper == "":
		return "text"
	case strings.Contains(upper, "BLOB"), strings.Contains(upper, "BINARY"):
		return "blob"
	case strings.Contains(upper, "BOOL"):
		return "bool"
	case found != nil:
		return strings.ToLower(strings.TrimSpace(found[1]))
	}
	return "other"
}

// collationIn finds what a CREATE TABLE says of how a column is compared. SQLite has no
// other way to tell.
func collationIn(made, column string) string {
	pattern := "(?is)[(,]\\s*[\"`\\[]?" + regexp.QuoteMeta(column) + "[\"`\\]]?\\s[^,]*?\\bCOLLATE\\s+[\"`]?(NOCASE|RTRIM)"
	found := regexp.MustCompile(pattern).FindStringSubmatch(made)
	if found == nil {
		return ""
	}
	return strings.ToUpper(found[1])
}

// reveal: all can be seen.
func (e *liteEngine) reveal(context.Context, *table, []string) error { return nil }

// facts: a file has no server.
func (e *liteEngine) facts(_ context.Context, r *Report, _ func() time.Time) { r.Server = "SQLite" }

// grants: whoever may read the file may read all of it.
func (e *liteEngine) grants(context.Context, *Report, *table, []string) {}

// narrow: as grants.
func (e *liteEngine) narrow(*Report, []string) {}
