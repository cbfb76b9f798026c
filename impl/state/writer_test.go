package state_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/state"
)

// TestWriterShares: changes that wait for a commit share the next one, and one that
// fails takes nothing of the others with it.
func TestWriterShares(t *testing.T) {
	t.Parallel()
	s := openState(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	const changes = 40
	own := errors.New("refused")
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // holds the writer until all others wait
		_ = s.Change(t.Context(), "hold", func(context.Context, *sqlx.Tx) error {
			close(held)
			<-release
			return nil
		})
	})
	<-held
	var commits sync.Map // transactions that changes ran in
	for i := range changes {
		wg.Go(func() {
			err := s.Change(t.Context(), "put", func(ctx context.Context, tx *sqlx.Tx) error {
				commits.Store(tx, true)
				if _, err := tx.ExecContext(ctx, "INSERT INTO restauth_setting (name, value) VALUES (?, x'')", fmt.Sprint(i)); err != nil {
					return err
				}
				switch i % 4 {
				case 1:
					return state.Refuse(own)
				case 2:
					panic("a fault")
				case 3: // a statement that fails
					_, err := tx.ExecContext(ctx, "INSERT INTO restauth_setting (name, value) VALUES (?, x'')", fmt.Sprint(i))
					return err
				}
				return nil
			})
			if (err == nil) != (i%4 == 0) || errors.Is(err, own) != (i%4 == 1) {
				t.Errorf("change %d: %v", i, err)
			}
		})
	}
	for s.Waiting() < changes {
		time.Sleep(time.Millisecond)
	}
	close(release)
	wg.Wait()
	n := 0
	commits.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("%d changes were committed in %d transactions, want 1", changes, n)
	}
	var kept int
	err := s.Change(t.Context(), "count", func(ctx context.Context, tx *sqlx.Tx) error {
		return tx.GetContext(ctx, &kept, "SELECT count(*) FROM restauth_setting")
	})
	if err != nil || kept != changes/4 {
		t.Errorf("%d changes are kept, %v, want %d", kept, err, changes/4)
	}
}

// TestWriterLeft: whoever goes away while others are at it is not waited for, and
// changes nothing; whoever goes away in the middle learns what became of it.
func TestWriterLeft(t *testing.T) {
	t.Parallel()
	s := openState(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	held, release := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.Change(ctx, "hold", func(ctx context.Context, tx *sqlx.Tx) error {
			close(held)
			<-release
			_, err := tx.ExecContext(ctx, "INSERT INTO restauth_setting (name, value) VALUES ('held', x'')")
			return err
		})
		if err != nil {
			t.Errorf("a change that was begun: %v, want it carried out", err)
		}
	})
	<-held
	var ran atomic.Bool
	wg.Go(func() {
		err := s.Change(ctx, "late", func(context.Context, *sqlx.Tx) error { ran.Store(true); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("a change that was not begun: %v, want context.Canceled", err)
		}
		close(release)
	})
	for s.Waiting() < 1 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	wg.Wait()
	if stored := storedNames(t, s); ran.Load() || len(stored) != 1 || stored[0] != "held" {
		t.Errorf("stored %q, the late one ran: %v", stored, ran.Load())
	}
}

// TestWriterGone: who went away before the change began does not queue it, where there
// is room for it too.
func TestWriterGone(t *testing.T) {
	t.Parallel()
	s := openState(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Change(t.Context(), "hold", func(context.Context, *sqlx.Tx) error {
		for range 32 { // a queue and a context that both can: either is chosen
			err := s.Change(gone, "gone", func(context.Context, *sqlx.Tx) error { return nil })
			if !errors.Is(err, context.Canceled) || s.Waiting() != 0 {
				return fmt.Errorf("a change of who is gone: %w, and %d wait", err, s.Waiting())
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func storedNames(t *testing.T, s *state.State) (names []string) {
	t.Helper()
	err := s.Change(t.Context(), "look", func(ctx context.Context, tx *sqlx.Tx) error {
		names = nil
		return tx.SelectContext(ctx, &names, "SELECT name FROM restauth_setting ORDER BY name")
	})
	if err != nil {
		t.Error(err)
	}
	return names
}

// TestWriterFullDisk: where SQLite takes the whole transaction back, everybody in it
// hears so, and the next change is on its own again.
func TestWriterFullDisk(t *testing.T) {
	t.Parallel()
	e := open(t, config("sqlite:"+filepath.Join(t.TempDir(), "state.db")))
	if _, err := e.Raw().Exec("PRAGMA max_page_count = 16"); err != nil {
		t.Fatal(err)
	}
	err := e.State().Change(t.Context(), "fill", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO restauth_setting (name, value) VALUES ('big', zeroblob(1000000))")
		return err
	})
	if !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("a full database: %v, want ErrUnavailable", err)
	}
	if _, err := e.Add(t.Context(), "roy", "hash"); err != nil {
		t.Errorf("Add() afterwards = %v", err)
	}
}

// TestWriterOthersRefusal: where one change takes the whole transaction back and then
// refuses, its refusal is its own. Whoever shared the transaction hears of an outage.
func TestWriterOthersRefusal(t *testing.T) {
	t.Parallel()
	s := openState(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	own := errors.New("refused")
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = s.Change(t.Context(), "hold", func(context.Context, *sqlx.Tx) error {
			close(held)
			<-release
			return nil
		})
	})
	<-held
	put := func(ctx context.Context, tx *sqlx.Tx, name string) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO restauth_setting (name, value) VALUES (?, x'')", name)
		return err
	}
	for i := range 3 {
		wg.Go(func() {
			err := s.Change(t.Context(), "put", func(ctx context.Context, tx *sqlx.Tx) error { return put(ctx, tx, fmt.Sprint(i)) })
			if errors.Is(err, own) || !errors.Is(err, account.ErrUnavailable) {
				t.Errorf("change %d: %v, want ErrUnavailable and nobody else's refusal", i, err)
			}
		})
		for s.Waiting() < i+1 {
			time.Sleep(time.Millisecond)
		}
	}
	wg.Go(func() {
		err := s.Change(t.Context(), "break", func(ctx context.Context, tx *sqlx.Tx) error {
			_, _ = tx.ExecContext(ctx, "INSERT OR ROLLBACK INTO restauth_setting (name, value) VALUES ('0', x'')")
			return state.Refuse(own)
		})
		if !errors.Is(err, own) {
			t.Errorf("the one that refuses: %v, want its own refusal", err)
		}
	})
	for s.Waiting() < 4 {
		time.Sleep(time.Millisecond)
	}
	close(release)
	wg.Wait()
	if stored := storedNames(t, s); len(stored) != 0 {
		t.Errorf("stored %q, want nothing", stored)
	}
}

// TestWriterWithin: a change within a change would wait for itself. It is refused, and
// where it cannot be known by its context it ends all the same.
func TestWriterWithin(t *testing.T) {
	t.Parallel()
	s := openState(t, "sqlite:"+filepath.Join(t.TempDir(), "state.db"))
	nothing := func(context.Context, *sqlx.Tx) error { return nil }
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := s.Change(t.Context(), "outer", func(ctx context.Context, _ *sqlx.Tx) error {
			if err := s.Change(ctx, "inner", nothing); err == nil {
				t.Error("a change within a change was made")
			}
			return nil
		})
		if err != nil {
			t.Errorf("the outer change: %v", err)
		}
		_ = s.Change(t.Context(), "outer", func(context.Context, *sqlx.Tx) error {
			if err := s.Change(t.Context(), "inner", nothing); err == nil {
				t.Error("a change within a change was made")
			}
			return nil
		})
		if err := s.Change(t.Context(), "after", nothing); err != nil {
			t.Errorf("the next change: %v", err)
		}
	}()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("a change within a change waits for itself")
	}
}

// BenchmarkChange measures small changes of many callers at once: on the one
// connection that shares commits, and beside it, in the same run, each caller on a
// connection of its own.
func BenchmarkChange(b *testing.B) {
	const callers = 16
	put := func(ctx context.Context, tx *sqlx.Tx, n int64) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO restauth_setting (name, value) VALUES (?, x'00')", fmt.Sprint("k", n))
		return err
	}
	run := func(b *testing.B, change func(ctx context.Context, n int64) error) {
		var (
			n       atomic.Int64
			mu      sync.Mutex
			longest time.Duration
		)
		b.SetParallelism(callers / 2)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				begun := time.Now()
				if err := change(b.Context(), n.Add(1)); err != nil {
					b.Error(err)
				}
				mu.Lock()
				longest = max(longest, time.Since(begun))
				mu.Unlock()
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "changes/s")
		b.ReportMetric(float64(longest.Milliseconds()), "longest-ms")
	}
	b.Run("shared commits", func(b *testing.B) {
		s := openState(b, "sqlite:"+filepath.Join(b.TempDir(), "state.db"))
		run(b, func(ctx context.Context, n int64) error {
			return s.Change(ctx, "put", func(ctx context.Context, tx *sqlx.Tx) error { return put(ctx, tx, n) })
		})
	})
	b.Run("a connection each", func(b *testing.B) {
		file := filepath.Join(b.TempDir(), "state.db")
		openState(b, "sqlite:"+file)
		db, err := sqlx.Open("sqlite", "file://"+file+"?_pragma=busy_timeout(10000)&_pragma=synchronous(FULL)&_txlock=immediate")
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		run(b, func(ctx context.Context, n int64) error {
			tx, err := db.BeginTxx(ctx, nil)
			if err != nil {
				return err
			}
			return errors.Join(put(ctx, tx, n), tx.Commit())
		})
	})
}
