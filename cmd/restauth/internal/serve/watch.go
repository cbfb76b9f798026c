package serve

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/impl/users"
)

const (
	// calm is how long nothing may have failed before all is said to be well: a
	// database that answers every other question is not.
	calm = 3 * time.Second
	// mostSaid bounds what is remembered of one disturbance.
	mostSaid = 16
)

// watch is the user table as the parts of the server see it. It notes how each
// question ends, and tells the log when the table can be read no more, once for
// each thing that is wrong, and when it can be again.
type watch struct {
	readable
	log   *slog.Logger
	where string // for people's eyes
	now   func() time.Time

	failing atomic.Bool
	woken   chan struct{} // tells whoever waits that failing has begun

	mu    sync.Mutex
	said  map[string]struct{} // what was logged since it began
	begun time.Time
	last  time.Time // when something failed last
	fault error     // the last failure
}

func newWatch(users readable, log *slog.Logger, where string, now func() time.Time) *watch {
	return &watch{readable: users, log: log, where: where, now: now, woken: make(chan struct{}, 1), said: make(map[string]struct{})}
}

// FindByUsername implements account.Users.
func (w *watch) FindByUsername(ctx context.Context, username string) (account.Record, error) {
	record, err := w.readable.FindByUsername(ctx, username)
	w.note(ctx, err)
	return record, err
}

// FindByID implements account.Users.
func (w *watch) FindByID(ctx context.Context, id userid.ID) (account.User, error) {
	user, err := w.readable.FindByID(ctx, id)
	w.note(ctx, err)
	return user, err
}

// FindByIDs implements account.Several.
func (w *watch) FindByIDs(ctx context.Context, ids []userid.ID) (map[userid.ID]account.User, error) {
	found, err := w.readable.FindByIDs(ctx, ids)
	w.note(ctx, err)
	return found, err
}

// SampleHashes implements account.Users.
func (w *watch) SampleHashes(ctx context.Context, limit int) ([]string, error) {
	hashes, err := w.readable.SampleHashes(ctx, limit)
	w.note(ctx, err)
	return hashes, err
}

// Ready implements account.Users.
func (w *watch) Ready(ctx context.Context) error {
	err := w.readable.Ready(ctx)
	w.note(ctx, err)
	return err
}

// note is told how a question ended. What a caller gave up says nothing.
func (w *watch) note(ctx context.Context, err error) {
	if err == nil || errors.Is(err, account.ErrUserNotFound) || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	if !errors.Is(err, account.ErrUnavailable) && !errors.Is(err, account.ErrUnusable) {
		return
	}
	if !w.begins(err) {
		return
	}
	switch {
	case errors.Is(err, account.ErrUnusable):
		w.log.ErrorContext(ctx, "the user table cannot be used; not ready until that is put right", "users", w.where, "error", err)
	default:
		w.log.ErrorContext(ctx, "the user database does not answer; serving 503 until it does", "users", w.where, "error", err)
	}
}

// begins notes a failure, and reports whether it is the first of its kind since
// all was well.
func (w *watch) begins(err error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last, w.fault = w.now(), err
	if !w.failing.Swap(true) {
		w.begun = w.last
		select {
		case w.woken <- struct{}{}:
		default: // told already
		}
	}
	kind := users.Fault(err) // "" for every way in which it does not answer
	if _, ok := w.said[kind]; ok || len(w.said) >= mostSaid {
		return false
	}
	w.said[kind] = struct{}{}
	return true
}

// sound is told that the table was looked over and found right, and says so if
// nothing else has failed for a while.
func (w *watch) sound(ctx context.Context) {
	w.mu.Lock()
	over := w.failing.Load() && w.now().Sub(w.last) >= calm
	lasted := w.last.Sub(w.begun)
	if over {
		w.failing.Store(false)
		w.fault = nil
		clear(w.said)
	}
	w.mu.Unlock()
	if over {
		w.log.InfoContext(ctx, "the user table can be read now", "users", w.where, "failed_for", lasted.Round(time.Millisecond).String())
	}
}

// wrong is the last failure while there is something wrong, else nil.
func (w *watch) wrong() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fault
}
