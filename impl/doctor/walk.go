package doctor

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// How the table is walked, so that its own application goes on as before: pageRows at a
// time, with a pause of pauseShare times what they took, while that leaves room.
const (
	pageRows   = 500
	pauseShare = 3
	mostPause  = 200 * time.Millisecond
	// slowPage is what no page takes that an index finds.
	slowPage = 3 * time.Second
	// mostUnpaged is how many rows are read where no index finds the next ones.
	mostUnpaged = 50_000
	// mostTies is how many rows with one key are told apart.
	mostTies = 5_000
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

// at is one value, nil for NULL.
func (p *page) at(row, column int) []byte {
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
	x       *exam
	t       *table
	pager   *column // whose index finds the next rows, nil for none
	unique  bool
	list    string // what is selected; the pager's value is the first
	args    []any
	last    []byte
	ties    int // rows with the key last that were seen
	started bool
}

// pagerOf is the column by which a table is walked: the key, or another that is unique.
// A view has no index of its own; what is behind it may have one.
func pagerOf(t *table, id string) (c *column, unique bool) {
	if c := t.column(id); c != nil && (t.sorted(id) || t.view) {
		return c, t.unique(id) || t.view
	}
	for i := range t.columns {
		if c := &t.columns[i]; t.unique(c.name) && !c.nullable && c.holdsKeys() {
			return c, true
		}
	}
	return nil, false
}

// next reads the rows behind those that were read last.
func (w *walker) next(ctx context.Context, p *page, limit int) error {
	if w.pager == nil {
		return w.x.engine.query(ctx, p.read, fmt.Sprintf("SELECT %s FROM %s LIMIT %d", w.list, w.x.engine.quoted(w.t), mostUnpaged), w.args...)
	}
	key, args := w.x.quote(w.pager.name), w.args
	where := key + " IS NOT NULL"
	if w.started {
		comparison := " > ?"
		if w.ties > 0 {
			comparison, limit = " >= ?", limit+w.ties
		}
		where, args = key+comparison, append(append([]any{}, args...), keyArg(w.pager, w.last))
	}
	err := w.x.engine.query(ctx, p.read, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT %d", w.list, w.x.engine.quoted(w.t), where, key, limit), args...)
	if err != nil {
		return err
	}
	w.skip(p)
	return nil
}

// skip leaves out the rows that the page before ended with, and notes with which this one
// ends.
func (w *walker) skip(p *page) {
	skipped := 0
	for w.started && skipped < min(w.ties, p.rows()) && bytes.Equal(p.at(skipped, 0), w.last) {
		skipped++
	}
	p.cells = p.cells[skipped*p.width:]
	n := p.rows()
	if n == 0 {
		return
	}
	last := p.at(n-1, 0)
	if w.unique || w.pager.kind() == kindText {
		w.last, w.ties = append(w.last[:0], last...), 0
	} else {
		ties := 0
		for ties < n && bytes.Equal(p.at(n-1-ties, 0), last) {
			ties++
		}
		if ties == n && w.started && bytes.Equal(w.last, last) {
			ties += w.ties
		}
		w.last, w.ties = append(w.last[:0], last...), ties
		if w.ties > mostTies {
			w.ties = 0
		}
	}
	w.started = true
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
	p := &page{width: strings.Count(w.list, columnEnd) + 1}
	w.list = strings.ReplaceAll(w.list, columnEnd, ", ")
	for {
		limit := pageRows
		if left := x.cfg.MostRows - x.report.Rows; x.cfg.MostRows > 0 && left < pageRows {
			limit = int(left)
		}
		if limit <= 0 {
			return false, nil
		}
		begun := time.Now()
		if err := w.next(ctx, p, limit); err != nil {
			return false, err
		}
		took := time.Since(begun)
		for row := range p.rows() {
			each(p, row)
		}
		x.report.Rows += int64(p.rows())
		x.progress(w.t)
		switch n := p.rows(); {
		case w.pager == nil:
			return n < mostUnpaged, nil
		case n < limit:
			return true, nil
		case took > slowPage:
			return false, nil
		}
		if err := x.pause(ctx, took); err != nil {
			return false, err
		}
	}
}

// columnEnd stands between the columns of a walker's list until they are counted.
const columnEnd = "\x00"

// pause gives the database back to its application for a while.
func (x *exam) pause(ctx context.Context, took time.Duration) error {
	timer := time.NewTimer(min(took*time.Duration(x.cfg.pauseShare()), mostPause))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
