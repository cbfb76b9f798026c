// Package statetest holds every database that can be restauth's own to the same
// rules: Run is the conformance suite of state.State.
package statetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/state"
)

// Fixture is an empty database.
type Fixture struct {
	// Open opens it, as another process would where that is possible.
	Open func(t *testing.T) *state.State
	// Single says that Open opens it once only: it is in memory.
	Single bool
	// ManyWriters says that each Open writes to another server of a cluster: what one
	// has committed the next may not see yet, and who loses too often is told so.
	ManyWriters bool
}

// Run runs the suite; fresh makes a Fixture.
func Run(t *testing.T, fresh func(t *testing.T) Fixture) {
	for name, test := range map[string]func(t *testing.T, f Fixture){
		"migrate":         migrate,
		"migrate at once": migrateAtOnce,
		"secret":          secret,
		"change":          change,
		"changes at once": changesAtOnce,
		"going away":      goingAway,
		"panic":           panics,
		"closed":          closed,
		"known addresses": knownAddresses,
		"many addresses":  manyAddresses,
		"old addresses":   oldAddresses,
		"guesses":         guesses,
		"guesses cleared": guessesCleared,
		"guesses pruned":  guessesPruned,
		"guesses at once": guessesAtOnce,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

// ready is a database that was brought up.
func ready(t *testing.T, f Fixture) *state.State {
	t.Helper()
	s := f.Open(t)
	if _, _, err := s.Migrate(t.Context()); err != nil {
		t.Fatalf("Migrate() = %v", err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Fatalf("Check() after Migrate() = %v", err)
	}
	return s
}

func migrate(t *testing.T, f Fixture) {
	s := ready(t, f)
	before, after, err := s.Migrate(t.Context())
	if err != nil || before != after || after < 1 {
		t.Errorf("Migrate() again = %d, %d, %v, want nothing to do", before, after, err)
	}
}

// migrateAtOnce has replicas start together on an empty database, time and again.
func migrateAtOnce(t *testing.T, f Fixture) {
	if f.Single {
		ready(t, f)
		return
	}
	var wg sync.WaitGroup
	states := make([]*state.State, 3)
	for i := range states {
		states[i] = f.Open(t)
	}
	for _, s := range states {
		wg.Go(func() {
			if _, after, err := s.Migrate(t.Context()); err != nil || after < 1 {
				t.Errorf("Migrate() at once = %d, %v", after, err)
			}
		})
	}
	wg.Wait()
	for _, s := range states {
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("Check() = %v", err)
		}
	}
}

// secret: whoever asks, at once or later, gets the same one.
func secret(t *testing.T, f Fixture) {
	states := []*state.State{ready(t, f)}
	for !f.Single && len(states) < 3 {
		states = append(states, f.Open(t))
	}
	var (
		wg  sync.WaitGroup
		mu  sync.Mutex
		got []string
	)
	for i := range 12 {
		wg.Go(func() {
			key, err := states[i%len(states)].Secret(t.Context(), func() ([]byte, error) { return fmt.Append(nil, "secret\x00\xff", i), nil })
			if err != nil {
				t.Errorf("Secret() = %v", err)
			}
			mu.Lock()
			got = append(got, string(key))
			mu.Unlock()
		})
	}
	wg.Wait()
	slices.Sort(got)
	if one := slices.Compact(got); len(one) != 1 || !strings.HasPrefix(one[0], "secret\x00\xff") {
		t.Errorf("secrets = %q, want one", one)
	}
	failed := errors.New("no randomness")
	if key, err := states[0].Secret(t.Context(), func() ([]byte, error) { return nil, failed }); err != nil || string(key) != got[0] {
		t.Errorf("Secret() later = %q, %v, want %q", key, err, got[0])
	}
}

const (
	insert = "INSERT INTO restauth_setting (name, value) VALUES (?, ?)"
	update = "UPDATE restauth_setting SET value = ? WHERE name = ?"
)

// stored is a setting's value, "" for none.
func stored(t *testing.T, s *state.State, name string) (value string) {
	t.Helper()
	err := s.Change(t.Context(), "look", func(ctx context.Context, tx *sqlx.Tx) error {
		var values []string
		err := tx.SelectContext(ctx, &values, "SELECT value FROM restauth_setting WHERE name = ?", name)
		value = strings.Join(values, ", ")
		return err
	})
	if err != nil {
		t.Errorf("look at %s: %v", name, err)
	}
	return value
}

func put(ctx context.Context, tx *sqlx.Tx, name, value string) error {
	_, err := tx.ExecContext(ctx, insert, name, []byte(value))
	return err
}

// change: an error undoes all of it, and is the caller's own when it says so.
func change(t *testing.T, f Fixture) {
	s := ready(t, f)
	own := errors.New("not allowed")
	for name, end := range map[string]error{"kept": nil, "refused": state.Refuse(own), "failed": errors.New("of unknown cause")} {
		err := s.Change(t.Context(), "put a row", func(ctx context.Context, tx *sqlx.Tx) error {
			return errors.Join(put(ctx, tx, name, "1"), put(ctx, tx, name+" too", "2"), end)
		})
		if name == "kept" {
			if err != nil || stored(t, s, name) != "1" || stored(t, s, name+" too") != "2" {
				t.Errorf("a change: %v, stored %q and %q", err, stored(t, s, name), stored(t, s, name+" too"))
			}
			continue
		}
		if got := stored(t, s, name) + stored(t, s, name+" too"); got != "" {
			t.Errorf("%s: %q is stored, want nothing", name, got)
		}
		if errors.Is(err, own) != (name == "refused") || errors.Is(err, account.ErrUnavailable) == (name == "refused") {
			t.Errorf("%s: Change() = %v", name, err)
		}
	}
	err := s.Change(t.Context(), "put it again", func(ctx context.Context, tx *sqlx.Tx) error { return put(ctx, tx, "kept", "9") })
	if !errors.Is(err, account.ErrUnavailable) || stored(t, s, "kept") != "1" {
		t.Errorf("a key twice: %v, want ErrUnavailable; stored %q", err, stored(t, s, "kept"))
	}
}

// changesAtOnce counts in one row from many callers in several processes: whoever
// read what another is about to write loses, and is run again.
func changesAtOnce(t *testing.T, f Fixture) {
	const callers, each = 6, 15
	states := []*state.State{ready(t, f)}
	for !f.Single && len(states) < 3 {
		states = append(states, f.Open(t))
	}
	if err := states[0].Change(t.Context(), "begin", func(ctx context.Context, tx *sqlx.Tx) error { return put(ctx, tx, "count", "0") }); err != nil {
		t.Fatal(err)
	}
	for _, s := range states {
		everywhere(t, s, "count", "0")
	}
	var (
		wg   sync.WaitGroup
		done atomic.Int64
	)
	for caller := range callers {
		wg.Go(func() {
			for range each {
				switch err := states[caller%len(states)].Change(t.Context(), "count", countOne); {
				case err == nil:
					done.Add(1)
				case !f.ManyWriters || !errors.Is(err, account.ErrUnavailable):
					t.Errorf("count: %v", err)
				}
			}
		})
	}
	wg.Wait()
	if done.Load() < callers*each/2 {
		t.Errorf("%d of %d changes were made", done.Load(), callers*each)
	}
	for _, s := range states {
		everywhere(t, s, "count", fmt.Sprint(done.Load())) // none lost, none twice
	}
}

// everywhere waits until a change that was made is seen, which may be later in a cluster.
func everywhere(t *testing.T, s *state.State, name, want string) {
	t.Helper()
	var got string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if got = stored(t, s, name); got == want {
			return
		}
	}
	t.Errorf("%s is %q, want %q", name, got, want)
}

func countOne(ctx context.Context, tx *sqlx.Tx) error {
	lock := ""
	if tx.DriverName() == "mysql" {
		lock = " FOR UPDATE"
	}
	var value string
	if err := tx.GetContext(ctx, &value, "SELECT value FROM restauth_setting WHERE name = 'count'"+lock); err != nil {
		return err
	}
	var n int
	if _, err := fmt.Sscan(value, &n); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, update, fmt.Append(nil, n+1), "count")
	return err
}

// goingAway: who is gone before it began has changed nothing, and no other caller
// notices.
func goingAway(t *testing.T, f Fixture) {
	s := ready(t, f)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Change(gone, "put", func(ctx context.Context, tx *sqlx.Tx) error { return put(ctx, tx, "gone", "1") })
	if !errors.Is(err, context.Canceled) || errors.Is(err, account.ErrUnavailable) || stored(t, s, "gone") != "" {
		t.Errorf("Change() of a caller who went = %v, stored %q", err, stored(t, s, "gone"))
	}
}

// panics: a fault in one change is an error of that one.
func panics(t *testing.T, f Fixture) {
	s := ready(t, f)
	err := s.Change(t.Context(), "put", func(ctx context.Context, tx *sqlx.Tx) error {
		if err := put(ctx, tx, "half", "1"); err != nil {
			return err
		}
		panic("a fault")
	})
	if err == nil || !strings.Contains(err.Error(), "a fault") || stored(t, s, "half") != "" {
		t.Errorf("Change() that panics = %v, stored %q", err, stored(t, s, "half"))
	}
}

// closed: what comes after Close is an outage.
func closed(t *testing.T, f Fixture) {
	s := ready(t, f)
	if err := s.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	if err := s.Change(t.Context(), "put", func(context.Context, *sqlx.Tx) error { return nil }); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("Change() after Close() = %v, want ErrUnavailable", err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, account.ErrUnavailable) {
		t.Errorf("Check() after Close() = %v, want ErrUnavailable", err)
	}
}
