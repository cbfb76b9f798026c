package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/users"
)

// Config says what is to be looked over. Only Users.URL is required.
type Config struct {
	// Users says where the table is, and which one, as serve was told.
	Users users.Config
	// Usernames are the columns with names, in place of Users.UsernameColumn, unless
	// there are none. Salt is the column with salts, Filters what --users-filter says.
	Usernames []string
	Salt      string
	Filters   []string
	// Named says that the table or a column was named: another one is then only proposed.
	Named bool

	// Hashes is how stored hashes are read.
	Hashes password.Options
	// AllowWeakHashes and Threads, at least 1, are serve's: whether salted digests let
	// people in, and how many passwords are checked at once. LoginMemory is what that may
	// take, in bytes; 0 is no bound.
	AllowWeakHashes bool
	Threads         int
	LoginMemory     int64
	// Secret signs tokens, nil where there is none yet. KeepsSecret says that serve makes
	// itself one then.
	Secret      []byte
	KeepsSecret bool

	// MostRows bounds how many rows are looked at; 0 is all of them.
	MostRows int64
	// Hurry leaves out the pauses that are for others who use the database.
	Hurry bool
	// Estimate leaves out what takes time: what a login takes is estimated.
	Estimate bool
	// Progress, unless it is nil, is told of how many rows were looked at, and how many
	// there may be.
	Progress func(done, about int64)
	// Now is time.Now when nil.
	Now func() time.Time
	// Hash is told to check a password once, and for how long that went on is measured;
	// the hash itself when nil.
	Hash func(h password.Hash)
	// Rest, unless it is nil, gives memory back between the two halves of the work.
	Rest func()
}

// exam is one examination.
type exam struct {
	cfg    Config
	engine engine
	report *Report
	told   time.Time // of progress
}

// Examine looks a user table over. Its errors are about a database that cannot be asked;
// whatever is wrong with what it holds is in the Report.
func Examine(ctx context.Context, cfg Config) (*Report, error) {
	return with(ctx, cfg, func(x *exam) error { return x.run(ctx) })
}

// with opens the database for the time of do.
func with(ctx context.Context, cfg Config, do func(*exam) error) (report *Report, err error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Hash == nil {
		cfg.Hash = func(h password.Hash) { h.Verify("what nobody has for a password") }
	}
	e, err := openEngine(ctx, cfg.Users.Database())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	x := &exam{cfg: cfg, engine: e, report: &Report{
		Proposal: Proposal{Flags: []string{}}, Candidates: []Candidate{}, Columns: []Column{}, Forms: []Form{}, Findings: []Finding{},
	}}
	if err := do(x); err != nil {
		return nil, err
	}
	x.report.order()
	return x.report, nil
}

func (x *exam) run(ctx context.Context) error {
	wanted := x.wanted()
	x.engine.facts(ctx, x.report, x.cfg.Now)
	x.secret()
	tables, err := x.engine.tables(ctx, "")
	if err != nil {
		return err
	}
	t, c, err := x.choose(ctx, tables, wanted)
	if err != nil || t == nil {
		return err
	}
	x.report.Table = x.spelled(t)
	return x.examine(ctx, t, c)
}

// wanted is the table that the settings name.
func (x *exam) wanted() string {
	wanted := orElse(x.cfg.Users.Table, "user")
	if schema, name, dotted := strings.Cut(wanted, "."); dotted {
		if my, is := x.engine.(*myEngine); is {
			my.schema, wanted = schema, name
		}
	}
	return wanted
}

// examine looks at one table.
func (x *exam) examine(ctx context.Context, t *table, c *choice) error {
	proposed := *c
	proposed.filters = x.cfg.Filters
	if hidden := x.hideUnreadable(ctx, t); overlap(hidden, needed(&proposed)) {
		x.engine.grants(ctx, x.report, t, needed(&proposed))
		x.engine.narrow(x.report, hidden)
		return nil
	}
	g, err := x.glance(ctx, t, glanced(t), closer)
	if err != nil {
		return fmt.Errorf("read table %s: %w", x.spelled(t), x.engine.explain(ctx, err))
	}
	if len(proposed.filters) == 0 {
		proposed.filters = x.chooseFilters(t, g)
	}
	x.byTenant(ctx, t, &proposed)
	y, err := x.read(ctx, t, &proposed)
	if err != nil {
		return err
	}
	x.columnsOf(t, &proposed)
	x.stateFindings(t, &proposed, g)
	x.keyFindings(t, &proposed, y)
	x.nameFindings(ctx, t, &proposed, y)
	x.hashFindings(t, &proposed, y)
	x.indexFindings(ctx, t, &proposed)
	names := y.names
	y.names = nil
	clear(names)
	if x.cfg.Rest != nil {
		x.cfg.Rest() // the names are not needed any more; a hash may take as much
	}
	x.measure(ctx, y)
	x.engine.grants(ctx, x.report, t, needed(&proposed))
	x.report.Proposal.Flags = x.flags(t, &proposed, y)
	return nil
}

// read walks the table and counts what stands in it.
func (x *exam) read(ctx context.Context, t *table, c *choice) (*tally, error) {
	pager, unique := pagerOf(t, c.id)
	by := ""
	if pager != nil {
		by = pager.name
	}
	columns, at := x.columns(t, c, by)
	y := x.newTally(t, c, at)
	w := &walker{x: x, t: t, pager: pager, unique: unique, selected: columns}
	complete, err := x.walk(ctx, w, y.count)
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("read table %s: %w", x.spelled(t), ctx.Err())
	case err != nil:
		return nil, fmt.Errorf("read table %s: %w", x.spelled(t), x.engine.explain(ctx, err))
	}
	x.report.Complete = complete
	if pager != nil && pager.nullable {
		x.nullKeys(ctx, t, c, y)
	}
	if !complete && (x.cfg.MostRows == 0 || x.report.Rows < x.cfg.MostRows) {
		x.report.add(Finding{
			Code: "incomplete", Severity: Warning, Rows: x.report.Rows,
			Text: "Only the first " + plural(x.report.Rows, "row") + " were looked at: no index finds those behind them.",
			Fix:  x.uniqueIndex(t, c.id),
		})
	}
	return y, nil
}

// nullKeys counts the rows that a walk by the key does not meet.
func (x *exam) nullKeys(ctx context.Context, t *table, c *choice, y *tally) {
	if y.key == nil || !y.key.nullable {
		return
	}
	found, err := list(ctx, x.engine, 1, fmt.Sprintf("SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1000", x.engine.quoted(t), x.quote(c.id)))
	if err == nil && len(found) > 0 {
		y.note(whyKeyNull, nil, int64(len(found)))
		x.report.Rows += int64(len(found))
		x.report.NoLogin += int64(len(found))
	}
}

func (x *exam) parse(stored, salt string) (password.Hash, error) {
	return x.cfg.Hashes.Parse(stored, salt)
}

func (x *exam) quote(name string) string { return database.Quote(name) }

// spelled is a table's name as --users-table takes it.
func (x *exam) spelled(t *table) string {
	if my, is := x.engine.(*myEngine); is && my.schema != "" {
		return my.schema + "." + t.name
	}
	return t.name
}

// filtered reports whether a filter of the settings uses a column.
func (x *exam) filtered(column string) bool {
	for _, filter := range x.cfg.Filters {
		if name, _, _ := splitFilter(filter); strings.EqualFold(name, column) {
			return true
		}
	}
	return false
}

// progressEvery is how often progress is told of.
const progressEvery = 200 * time.Millisecond

func (x *exam) progress(t *table) {
	now := x.cfg.Now()
	if x.cfg.Progress == nil || now.Sub(x.told) < progressEvery {
		return
	}
	x.told = now
	about := max(t.rows, x.report.Rows)
	if x.cfg.MostRows > 0 {
		about = min(about, x.cfg.MostRows)
	}
	x.cfg.Progress(x.report.Rows, about)
}
