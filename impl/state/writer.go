package state

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/database"
)

// mostTogether bounds the changes that share a commit. Measured: beyond 16 little is
// gained, and who comes first waits for the last (docs/decisions/0019).
const mostTogether = 64

var errClosed = errors.New("the database is closed")

// writer runs changes on the one connection that writes. What waits while a commit is
// on its way to the disk shares the next one:
//
//	Change ──► queue ──► begin ── savepoint, do, release ──┐
//	                       ▲  └─── savepoint, do, undo ────┤ each that waits, up to 64
//	                       └───────────────────────────────┤
//	                    answers ◄── commit ◄───────────────┘
//
// A change that fails is undone alone.
type writer struct {
	db    *sqlx.DB
	queue chan *task
	done  chan struct{} // closed when the last change has been answered

	mu     sync.RWMutex
	closed bool // guards sending on queue
}

// task is a change that waits. Its caller may go away until it is begun.
type task struct {
	do     func(context.Context, *sqlx.Tx) error
	taken  atomic.Bool // by the writer, or by the caller who went away
	err    error
	answer chan struct{} // closed when err is set
}

func newWriter(ctx context.Context, db *sqlx.DB) *writer {
	w := &writer{db: db, queue: make(chan *task, mostTogether), done: make(chan struct{})}
	go w.run(ctx)
	return w
}

// change runs do. It does not run under ctx: an interrupted statement would take back
// the changes of others. ctx ends the waiting only, and so does database.WriteLimit.
func (w *writer) change(ctx context.Context, do func(context.Context, *sqlx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, database.WriteLimit)
	defer cancel()
	// put may choose the queue though ctx has ended: select chooses either at random.
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &task{do: do, answer: make(chan struct{})}
	if err := w.put(ctx, t); err != nil {
		return err
	}
	select {
	case <-t.answer:
		return t.err
	case <-ctx.Done():
	}
	if t.taken.CompareAndSwap(false, true) {
		return ctx.Err()
	}
	<-t.answer // begun: what became of it is known soon
	return t.err
}

func (w *writer) put(ctx context.Context, t *task) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return errClosed
	}
	select {
	case w.queue <- t:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close waits for the changes that were put.
func (w *writer) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.queue)
	}
	w.mu.Unlock()
	<-w.done
}

func (w *writer) run(ctx context.Context) {
	defer close(w.done)
	for first := range w.queue {
		together := w.collect(first)
		if len(together) > 0 {
			w.commit(ctx, together)
		}
	}
}

// collect takes what waits, without waiting for more.
func (w *writer) collect(first *task) []*task {
	var together []*task
	for next := first; ; {
		if next.taken.CompareAndSwap(false, true) {
			together = append(together, next)
		}
		if len(together) == mostTogether {
			return together
		}
		select {
		case more, ok := <-w.queue:
			if !ok {
				return together
			}
			next = more
		default:
			return together
		}
	}
}

// commit runs the changes in one transaction and answers them.
func (w *writer) commit(ctx context.Context, together []*task) {
	ctx, cancel := context.WithTimeout(ctx, database.WriteLimit)
	defer cancel()
	err := w.inOne(ctx, together)
	for _, t := range together {
		if t.err == nil {
			t.err = err
		}
		close(t.answer)
	}
}

func (w *writer) inOne(ctx context.Context, together []*task) error {
	tx, err := w.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	for _, t := range together {
		if _, err := tx.ExecContext(ctx, "SAVEPOINT change"); err != nil {
			return err
		}
		if t.err = attempt(ctx, tx, t.do); t.err != nil {
			// SQLite takes a transaction back whole where the disk is full, say.
			if _, err := tx.ExecContext(ctx, "ROLLBACK TO change"); err != nil {
				return errors.Join(fault(t.err), err)
			}
		}
		if _, err := tx.ExecContext(ctx, "RELEASE change"); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// fault is err where it says something of the database. A refusal is an answer to the
// one who asked, and to nobody else.
func fault(err error) error {
	if errors.As(err, new(refusal)) {
		return nil
	}
	return err
}

// within marks the context of a change.
type within struct{}

// attempt keeps a panic in one change from ending the process and all others.
func attempt(ctx context.Context, tx *sqlx.Tx, do func(context.Context, *sqlx.Tx) error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("state: a change panicked: %v\n%s", cause, debug.Stack())
		}
	}()
	return do(context.WithValue(ctx, within{}, true), tx)
}
