package doctor

import (
	"context"
	"fmt"
)

// sampleEnd is how many rows of each end of a table are in a sample.
const sampleEnd = 500

// Sample looks at some rows of the table that the settings name, the oldest and the
// newest, and says how their passwords are stored and who of them cannot log in. It takes
// two short queries and one connection, and tries no hash. Its Report has no more than
// Rows, NoLogin, Forms and the findings about rows.
func Sample(ctx context.Context, cfg Config) (*Report, error) {
	cfg.Estimate = true
	return with(ctx, cfg, func(x *exam) error { return x.sample(ctx) })
}

func (x *exam) sample(ctx context.Context) error {
	wanted := x.wanted()
	tables, err := x.engine.tables(ctx, wanted)
	if err != nil {
		return err
	}
	t := tableNamed(tables, wanted)
	if t == nil {
		return fmt.Errorf("there is no table %s that the database user may see", said(wanted))
	}
	c := x.configured(t)
	if c == nil {
		return fmt.Errorf("table %s has not all of the columns that the settings name", x.spelled(t))
	}
	if err := x.engine.reveal(ctx, t, []string{c.id}); err != nil {
		return err
	}
	y, err := x.ends(ctx, t, c)
	if err != nil {
		return fmt.Errorf("read table %s: %w", x.spelled(t), x.engine.explain(ctx, err))
	}
	x.report.Table = x.spelled(t)
	x.hashFindings(t, c, y)
	x.nameFindings(ctx, t, c, y)
	x.keyFindings(t, c, y)
	x.measure(ctx, y)
	return nil
}

// ends counts the rows of both ends; those of a short table once.
func (x *exam) ends(ctx context.Context, t *table, c *choice) (*tally, error) {
	pager, unique := pagerOf(t, c.id)
	by, seen := "", map[string]bool{}
	if pager != nil {
		by = pager.name
	}
	columns, at := x.columns(t, c, by)
	y := x.newTally(t, c, at)
	y.names = nil // rows of a sample say nothing of who has the same name
	p := &page{width: len(columns.list)}
	for _, descend := range []bool{false, true} {
		w := &walker{x: x, t: t, pager: pager, unique: unique, selected: columns, descend: descend}
		if _, err := w.next(ctx, p, sampleEnd); err != nil {
			return nil, err
		}
		rows := min(p.rows(), sampleEnd)
		for row := range rows {
			if key := string(p.at(row, 0)); !seen[key] || !unique {
				seen[key] = true
				y.count(p, row)
				x.report.Rows++
			}
		}
		if rows < sampleEnd || pager == nil {
			break
		}
	}
	return y, nil
}
