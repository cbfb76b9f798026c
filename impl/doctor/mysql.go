package doctor

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/restauth/restauth/impl/database"
)

// myEngine is MySQL or MariaDB.
type myEngine struct {
	*database.MySQL
	asker
	schema  string // of the table, "" for the URL's
	mariaDB bool
}

func (e *myEngine) close() error {
	e.forget("")
	return e.DB.Close()
}

func (e *myEngine) query(ctx context.Context, read func(*sql.Rows) error, query string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return e.Ask(ctx, func(ctx context.Context) error { return e.within(ctx, read, query, args) })
}

func (e *myEngine) explain(ctx context.Context, err error) error {
	if database.Unconnected(err) {
		return e.ExplainConnect(ctx, err)
	}
	if sentence := e.ExplainQuery(err); sentence != nil {
		return sentence
	}
	return e.Plain(ctx, err)
}

// in is the database that the table is in.
func (e *myEngine) in() string {
	if e.schema != "" {
		return e.schema
	}
	return e.Database()
}

func (e *myEngine) quoted(t *table) string {
	if e.schema == "" {
		return database.Quote(t.name)
	}
	return database.Quote(e.schema) + "." + database.Quote(t.name)
}

// sortKey: the weights of a name, which are what a collation compares. Where it pads,
// spaces at the end do not count. What is no text is compared by its bytes.
func (e *myEngine) sortKey(c *column, expression string) string {
	if c.kind() != kindText {
		return expression
	}
	pads := !strings.Contains(c.collation, "_nopad_") && !strings.Contains(c.collation, "_0900_") && c.collation != "binary"
	if pads {
		expression = "TRIM(TRAILING ' ' FROM " + expression + ")"
	}
	return "WEIGHT_STRING(" + expression + ")"
}

// mostColumns bounds what is read of a server with very many tables.
const mostColumns = 20_000

func (e *myEngine) tables(ctx context.Context, only string) ([]*table, error) {
	named, args := "", []any{e.in()}
	if only != "" {
		named, args = " AND c.table_name = ?", append(args, only)
	}
	found, err := list(ctx, e, 10, `SELECT c.table_name, c.column_name, c.data_type, c.column_type, c.character_maximum_length,
		c.character_set_name, c.collation_name, c.is_nullable, t.table_type, t.table_rows
		FROM information_schema.columns c JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
		WHERE c.table_schema = ?`+named+` ORDER BY c.table_name, c.ordinal_position LIMIT `+strconv.Itoa(mostColumns), args...)
	if err != nil {
		return nil, fmt.Errorf("list the tables: %w", e.explain(ctx, err))
	}
	var tables []*table
	for _, f := range found {
		if len(tables) == 0 || tables[len(tables)-1].name != f[0] {
			rows, _ := strconv.ParseInt(f[9], 10, 64)
			tables = append(tables, &table{name: f[0], view: strings.Contains(strings.ToUpper(f[8]), "VIEW"), rows: rows})
		}
		length, _ := strconv.ParseInt(f[4], 10, 64)
		last := tables[len(tables)-1]
		last.columns = append(last.columns, column{
			name: f[1], base: strings.ToLower(f[2]), full: strings.ToLower(f[3]), length: length, charset: f[5], collation: f[6], nullable: f[7] == "YES",
		})
	}
	return tables, e.indexes(ctx, tables, strings.ReplaceAll(named, "c.", ""), args)
}

// reveal: who may read some columns alone is not shown each index, but may ask how a query
// would be answered.
func (e *myEngine) reveal(ctx context.Context, t *table, columns []string) error {
	if t.view {
		return nil
	}
	explain := "EXPLAIN FORMAT=TRADITIONAL "
	if e.mariaDB {
		explain = "EXPLAIN "
	}
	for _, name := range columns {
		c := t.column(name)
		if c == nil || t.sorted(name) {
			continue
		}
		value := any("8Jp2Qx")
		if c.kind() == kindNumber || c.kind() == kindDecimal {
			value = int64(0)
		}
		answer, err := e.row(ctx, explain+"SELECT "+database.Quote(name)+" FROM "+e.quoted(t)+" WHERE "+database.Quote(name)+" = ?", value)
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			continue // a UUID, say, with which no text is compared
		}
		// A row that is not there is looked for already, where there can be one at most.
		unique := answer["type"] == "const" || strings.Contains(answer["Extra"], "const table") || strings.Contains(answer["Extra"], "no matching row")
		if unique || answer["possible_keys"] != "" { // of a small table the index is not used
			t.indexes = append(t.indexes, index{unique: unique, columns: []string{name}})
		}
	}
	return nil
}

// row is the first row of an answer, by the names of its columns.
func (e *myEngine) row(ctx context.Context, query string, args ...any) (answer map[string]string, err error) {
	err = e.query(ctx, func(rows *sql.Rows) error {
		names, err := rows.Columns()
		if err != nil {
			return err
		}
		answer = make(map[string]string, len(names))
		for rows.Next() && len(answer) == 0 {
			read := make([]sql.NullString, len(names))
			into := make([]any, len(names))
			for i := range read {
				into[i] = &read[i]
			}
			if err := rows.Scan(into...); err != nil {
				return err
			}
			for i, name := range names {
				answer[name] = read[i].String
			}
		}
		return rows.Err()
	}, query, args...)
	return answer, err
}

func (e *myEngine) indexes(ctx context.Context, tables []*table, named string, args []any) error {
	found, err := list(ctx, e, 5, `SELECT table_name, index_name, column_name, non_unique, sub_part FROM information_schema.statistics
		WHERE table_schema = ?`+named+` ORDER BY table_name, index_name, seq_in_index LIMIT `+strconv.Itoa(mostColumns), args...)
	if err != nil {
		return fmt.Errorf("list the indexes: %w", e.explain(ctx, err))
	}
	byName := make(map[string]*table, len(tables))
	for _, t := range tables {
		byName[t.name] = t
	}
	last := ""
	for _, f := range found {
		t := byName[f[0]]
		if t == nil {
			continue
		}
		if this := f[0] + "\x00" + f[1]; this != last {
			last = this
			t.indexes = append(t.indexes, index{unique: f[3] == "0"})
		}
		i := &t.indexes[len(t.indexes)-1]
		i.columns = append(i.columns, f[2])
		i.prefix = i.prefix || f[4] != ""
	}
	return nil
}
