package doctor

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// How the table is walked, so that its own application goes on as before: pageRows at a
// time, with a pause of pauseShare times what they took, while that leaves room.
const (
	pageRows   = 800
	pauseShare = 9
	mostPause  = 200 * time.Millisecond
	// unhurried is what a walk may take before its pauses get shorter, down to half of
	// what is between them, and its pages longer, up to mostPageRows. To measure hashes
	// takes another mostMeasuring, and the whole 30 s at the most.
	unhurried    = 25500 * time.Millisecond
	mostPageRows = 1600
	// slowPage is what no page takes that an index finds.
	slowPage = 3 * time.Second
	// mostUnpaged is how many rows are read where no index finds the next ones.
	mostUnpaged = 50_000
	// mostTies is how many rows with one key are looked at.
	mostTies = 50_000
)

// page are some rows as the database wrote them, in memory that is used again.
type page struct {
	width int
	bytes []byte
	cells []cell
}

// cell is one value, in page.bytes; from is -1 for NULL.
type cell struct{ from, to int }

func (p *page) rows() int { return len(p.cells) / p.width }

// at is one value, nil for NULL and for nowhere.
func (p *page) at(row, column int) []byte {
	if column == nowhere {
		return nil
	}
	c := p.cells[row*p.width+column]
	if c.from < 0 {
		return nil
	}
	return p.bytes[c.from:c.to:c.to]
}

// read reads an answer.
func (p *page) read(rows *sql.Rows) error {
	p.bytes, p.cells = p.bytes[:0], p.cells[:0]
	raw := make([]sql.RawBytes, p.width)
	into := make([]any, p.width)
	for i := range raw {
		into[i] = &raw[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return fmt.Errorf("read a row: %w", err)
		}
		for _, value := range raw {
			if value == nil {
				p.cells = append(p.cells, cell{from: -1})
				continue
			}
			from := len(p.bytes)
			p.bytes = append(p.bytes, value...)
			p.cells = append(p.cells, cell{from, len(p.bytes)})
		}
	}
	return rows.Err()
}

// walker goes through a table.
type walker struct {
	x        *exam
	t        *table
	pager    *column // whose index finds the next rows, nil for none
	unique   bool
	selected // the pager's value is the first
	last     []byte
	started  bool
	descend  bool // from the end, for one page
}

// pagerOf is the column by which a table is walked: the key, or another that is unique.
// A view has no index of its own; what is behind it may have one.
func pagerOf(t *table, id string) (c *column, unique bool) {
	if c := t.column(id); c != nil && (t.unique(id) || t.view) {
		return c, true
	}
	for i := range t.columns {
		if c := &t.columns[i]; t.unique(c.name) && !c.nullable && c.holdsKeys() {
			return c, true
		}
	}
	// Texts that are equal need not have the same bytes.
	if c := t.column(id); c != nil && t.sorted(id) && c.kind() != kindText {
		return c, false
	}
	return nil, false
}

// next reads the rows behind those that were read last, and reports whether there may be
// more.
func (w *walker) next(ctx context.Context, p *page, limit int) (more bool, err error) {
	if w.pager == nil {
		err := w.read(ctx, p, "", mostUnpaged, w.args)
		return p.rows() == mostUnpaged, err
	}
	key, args := w.x.quote(w.pager.name), w.args
	where := key + " IS NOT NULL"
	if w.started {
		where, args = key+" > ?", append(slices.Clone(w.args), keyArg(w.pager, w.last))
	}
	order := key
	if w.descend {
		order += " DESC"
	}
	if err := w.read(ctx, p, " WHERE "+where+" ORDER BY "+order, limit, args); err != nil || p.rows() == 0 {
		return false, err
	}
	more = p.rows() == limit
	w.started = true
	if !w.unique && more {
		return true, w.whole(ctx, p)
	}
	w.last = append(w.last[:0], p.at(p.rows()-1, 0)...)
	return more, nil
}

func (w *walker) read(ctx context.Context, p *page, where string, limit int, args []any) error {
	return w.x.engine.query(ctx, p.read, fmt.Sprintf("SELECT %s FROM %s%s LIMIT %d", strings.Join(w.list, ", "), w.x.engine.quoted(w.t), where, limit), args...)
}

// whole leaves the rows with the last key of a page to the next one, or, where all have
// the same, reads all of them: in which order they come nobody says.
func (w *walker) whole(ctx context.Context, p *page) error {
	n := p.rows()
	last := bytes.Clone(p.at(n-1, 0))
	for n > 0 && bytes.Equal(p.at(n-1, 0), last) {
		n--
	}
	if n > 0 {
		w.last = append(w.last[:0], p.at(n-1, 0)...)
		p.cells = p.cells[:n*p.width]
		return nil
	}
	w.last = last
	return w.read(ctx, p, " WHERE "+w.x.quote(w.pager.name)+" = ?", mostTies, append(slices.Clone(w.args), keyArg(w.pager, last)))
}

// keyArg is a key as the database compares it: a number as a number, or it would be
// compared as a text, or as a float.
func keyArg(c *column, value []byte) any {
	switch c.kind() {
	case kindNumber, kindDecimal:
		if n, err := strconv.ParseInt(string(value), 10, 64); err == nil {
			return n
		}
		if n, err := strconv.ParseUint(string(value), 10, 64); err == nil {
			return n
		}
	case kindBinary:
		return bytes.Clone(value)
	default:
	}
	return string(value)
}

// walk reads the whole table, or as much of it as cfg says, and has each row counted.
func (x *exam) walk(ctx context.Context, w *walker, each func(p *page, row int)) (complete bool, err error) {
	p := &page{width: len(w.list)}
	begun, size := time.Now(), pageRows
	for {
		limit := size
		if left := x.cfg.MostRows - x.report.Rows; x.cfg.MostRows > 0 && left < int64(size) {
			limit = int(left)
		}
		if limit <= 0 {
			return false, nil
		}
		asked := time.Now()
		more, err := w.next(ctx, p, limit)
		if err != nil {
			return false, err
		}
		took := time.Since(asked)
		for row := range p.rows() {
			each(p, row)
		}
		x.report.Rows += int64(p.rows())
		x.progress(w.t)
		switch {
		case !more:
			return true, nil
		case w.pager == nil, took > slowPage:
			return false, nil
		}
		var wait time.Duration
		if wait, size = x.pace(w.t, size, time.Since(asked), time.Since(begun)); wait > 0 {
			if err := pause(ctx, wait); err != nil {
				return false, err
			}
		}
	}
}

// pace is how long to wait behind a page of so many rows that took so long, and how many
// the next one has: what is left of the time is for the pages that are left.
func (x *exam) pace(t *table, size int, took, sinceBegun time.Duration) (wait time.Duration, next int) {
	if x.cfg.Hurry {
		return 0, mostPageRows
	}
	pages := max(t.rows-x.report.Rows, 1)/int64(size) + 1
	each := (unhurried-sinceBegun)/time.Duration(pages) - took
	switch {
	case each < took/2:
		next = min(2*size, mostPageRows)
	case each > pauseShare*took:
		next = max(size/2, pageRows)
	default:
		next = size
	}
	return min(max(each, took/2), pauseShare*took, mostPause), next
}

// pause gives the database back to its application for a while.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
