//go:build linux

package failover

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/dbtest/galera"
)

// writer changes the state all the time, as sessions will.
type writer struct {
	state *state.State
	stop  chan struct{}
	done  sync.WaitGroup

	mu      sync.Mutex
	carried []int // what is said to be carried out
	failed  []bool
	slowest time.Duration
	example error
}

func startWriter(t *testing.T, c *galera.Cluster, stateURL string) *writer {
	t.Helper()
	dbtest.Exec(t, stateURL, "CREATE TABLE change_test (n INT NOT NULL PRIMARY KEY, times INT NOT NULL)")
	s, err := state.Open(t.Context(), database.Config{URL: c.Hosts(t, stateURL, 0, 1, 2), Setting: "state", Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w := &writer{state: s, stop: make(chan struct{})}
	w.done.Go(func() {
		ticker := time.NewTicker(time.Second / perSecond)
		defer ticker.Stop()
		for n := 0; ; n++ {
			select {
			case <-w.stop:
				return
			case <-ticker.C:
				w.done.Go(func() { w.change(n) })
			}
		}
	})
	return w
}

func (w *writer) change(n int) {
	begun := time.Now()
	err := w.state.Change(context.Background(), "count a change", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO change_test VALUES (?, 1)", n)
		return err
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.slowest = max(w.slowest, time.Since(begun))
	if err == nil {
		w.carried = append(w.carried, n)
		return
	}
	w.failed, w.example = append(w.failed, true), err
}

// check: what was said to be carried out is there.
func (w *writer) check(t *testing.T) {
	t.Helper()
	close(w.stop)
	w.done.Wait()
	var there []int
	err := w.state.Change(t.Context(), "read the changes", func(ctx context.Context, tx *sqlx.Tx) error {
		return tx.SelectContext(ctx, &there, "SELECT n FROM change_test")
	})
	if err != nil {
		t.Fatal(err)
	}
	kept := make(map[int]bool, len(there))
	for _, n := range there {
		kept[n] = true
	}
	lost := 0
	for _, n := range w.carried {
		if !kept[n] {
			lost++
		}
	}
	t.Logf("changes of the state: %d, %d failed, slowest %d ms, %d there", len(w.carried)+len(w.failed), len(w.failed), w.slowest.Milliseconds(), len(there))
	if w.example != nil {
		t.Logf("one that failed: %.500s", strings.TrimSpace(w.example.Error()))
	}
	if lost > 0 {
		t.Errorf("%d changes that were said to be carried out are lost", lost)
	}
}
