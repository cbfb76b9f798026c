package doctor

import (
	"context"
	"database/sql"
	"testing"
)

// counted counts how a database is asked.
type counted struct {
	*sql.DB
	asked, prepared int
}

func (c *counted) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	c.asked++
	return c.DB.QueryContext(ctx, query, args...)
}

func (c *counted) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	c.prepared++
	return c.DB.PrepareContext(ctx, query)
}

// TestAsker prepares a question when it comes again, once, and asks anew after one that
// failed.
func TestAsker(t *testing.T) {
	file, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	file.SetMaxOpenConns(1)
	db := &counted{DB: file}
	a := asker{db: db}
	const repeated, other, wrong, plain = "SELECT ?", "SELECT ? + 1", "SELECT ? FROM nowhere", "SELECT 7"
	for i, step := range []struct {
		query           string
		fails           bool
		asked, prepared int // so far
	}{
		{repeated, false, 1, 0},
		{repeated, false, 1, 1},
		{repeated, false, 1, 1},
		{other, false, 2, 1},
		{repeated, false, 3, 1},
		{repeated, false, 3, 2},
		{wrong, true, 4, 2},
		{wrong, true, 5, 2},
		{repeated, false, 6, 2},
		{repeated, false, 6, 3},
		{plain, false, 7, 3},
		{plain, false, 8, 3},
	} {
		var got int
		args, want := []any{i}, i
		switch step.query {
		case other:
			want++
		case plain:
			args, want = nil, 7
		}
		err := a.within(t.Context(), func(rows *sql.Rows) error {
			for rows.Next() {
				if err := rows.Scan(&got); err != nil {
					return err
				}
			}
			return nil
		}, step.query, args)
		if (err != nil) != step.fails || !step.fails && got != want {
			t.Errorf("%d: %s: %d, %v, want %d", i, step.query, got, err, want)
		}
		if db.asked != step.asked || db.prepared != step.prepared {
			t.Errorf("%d: %s: asked %d times and prepared %d, want %d, %d", i, step.query, db.asked, db.prepared, step.asked, step.prepared)
		}
	}
	a.forget("")
	if open := db.Stats().InUse; open != 0 {
		t.Errorf("%d connections are still in use", open)
	}
}
