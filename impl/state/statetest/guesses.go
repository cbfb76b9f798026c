package statetest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/throttle"
	"github.com/restauth/restauth/impl/userid"
)

func key(name string) (k throttle.Key) {
	copy(k[:], name)
	return k
}

// failed is a row as a server writes it.
func failed(name string, writer uint64, times ...uint32) throttle.Row {
	return throttle.Row{
		Key: key(name), Writer: writer, Kind: throttle.KindAccount, UserID: "7",
		Times: times, Expires: slices.Max(append(times, 0)) + 1000,
	}
}

func inOrder(rows []throttle.Row) []throttle.Row {
	slices.SortFunc(rows, func(a, b throttle.Row) int {
		return cmp.Or(cmp.Compare(string(a.Key[:]), string(b.Key[:])), cmp.Compare(a.Writer, b.Writer))
	})
	return rows
}

// wantRows waits for what Rows returns, which may be later in a cluster.
func wantRows(t *testing.T, g state.Guesses, keys []throttle.Key, want ...throttle.Row) {
	t.Helper()
	diff := ""
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		got, err := g.Rows(t.Context(), keys)
		if err != nil {
			t.Fatalf("Rows() = %v", err)
		}
		if diff = gocmp.Diff(want, inOrder(got)); diff == "" || len(want) == 0 && len(got) == 0 {
			return
		}
	}
	t.Errorf("Rows() (-want +got):\n%s", diff)
}

// guesses: rows come back as they were put, each writer's by itself.
func guesses(t *testing.T, f Fixture) {
	g := ready(t, f).Guesses()
	first, second := failed("a", 1, 100, 200), failed("a", 1<<63+5, 150)
	address := throttle.Row{Key: key("i"), Writer: 1, Kind: throttle.KindAddress, Address: "2001:db8:1234:5678::/64", Times: []uint32{1 << 31, 1<<32 - 2000}, Expires: 1<<32 - 1}
	if err := g.Put(t.Context(), []throttle.Row{first, second, address, failed("gone", 1, 5)}); err != nil {
		t.Fatalf("Put() = %v", err)
	}
	keys := []throttle.Key{key("a"), key("i"), key("gone"), key("never")}
	wantRows(t, g, keys, first, second, failed("gone", 1, 5), address)
	wantRows(t, g, keys[3:])
	first.Times, first.UserID = []uint32{100, 200, 300}, strings.Repeat("\U0001f600", userid.MostText) // the longest key there is
	if err := g.Put(t.Context(), []throttle.Row{failed("gone", 1), first}); err != nil {
		t.Fatalf("Put() again = %v", err)
	}
	wantRows(t, g, keys, first, second, address)
	if all, err := g.All(t.Context(), 2); err != nil || len(all) != 2 {
		t.Errorf("All(2) = %v, %v, want two rows", all, err)
	}
	many := make([]throttle.Row, 700)
	for i := range many {
		many[i] = failed(fmt.Sprint("many", i), 3, uint32(i)+1)
	}
	if err := g.Put(t.Context(), many); err != nil {
		t.Fatalf("Put() of many = %v", err)
	}
	wanted := make([]throttle.Key, len(many))
	for i := range many {
		wanted[i] = many[i].Key
	}
	if got, err := g.Rows(t.Context(), wanted); err != nil || len(got) != len(many) {
		t.Errorf("Rows() of many = %d rows, %v, want %d", len(got), err, len(many))
	}
}

// guessesCleared: what was counted until then counts no more, also if it is put again
// later, and everybody can learn of it.
func guessesCleared(t *testing.T, f Fixture) {
	g := ready(t, f).Guesses()
	one, other := failed("a", 1, 100, 200, 300), failed("b", 1, 100)
	if err := g.Put(t.Context(), []throttle.Row{one, other}); err != nil {
		t.Fatal(err)
	}
	for _, until := range []uint32{100, 200} {
		if err := g.Clear(t.Context(), []throttle.Key{one.Key}, until); err != nil {
			t.Fatalf("Clear() = %v", err)
		}
	}
	left := one
	left.Times = []uint32{300}
	keys := []throttle.Key{one.Key, other.Key}
	wantRows(t, g, keys, left, other)
	late := failed("a", 2, 150, 200)
	if err := g.Put(t.Context(), []throttle.Row{late}); err != nil {
		t.Fatal(err)
	}
	wantRows(t, g, keys, left, other)
	want := []throttle.Clearing{{Key: one.Key, Until: 200}}
	if got, err := g.Cleared(t.Context(), 200); err != nil || !slices.Equal(got, want) {
		t.Errorf("Cleared(200) = %v, %v, want %v", got, err, want)
	}
	if got, err := g.Cleared(t.Context(), 201); err != nil || len(got) != 0 {
		t.Errorf("Cleared(201) = %v, %v, want none", got, err)
	}
}

// guessesPruned: rows that say nothing any more are taken away, and no others.
func guessesPruned(t *testing.T, f Fixture) {
	g := ready(t, f).Guesses()
	rows := []throttle.Row{failed("kept", 1, 5000)}
	for i := range 600 {
		rows = append(rows, failed(fmt.Sprint("old", i), 1, 100))
	}
	if err := g.Put(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	if err := g.Prune(t.Context(), 5500); err != nil {
		t.Fatalf("Prune() = %v", err)
	}
	if got, err := g.All(t.Context(), 1000); err != nil || len(got) != 1 || got[0].Key != key("kept") {
		t.Errorf("All() after Prune() has %d rows, %v, want the one kept", len(got), err)
	}
}

// guessesAtOnce has replicas guess at one account, many at a time: together they let
// through what one would, and one more for each that did not know yet that something
// had failed elsewhere.
func guessesAtOnce(t *testing.T, f Fixture) {
	const replicas, each, free = 3, 70, 10
	states := []*state.State{ready(t, f)}
	for len(states) < replicas {
		if f.Single {
			states = append(states, states[0])
		} else {
			states = append(states, f.Open(t))
		}
	}
	var (
		wg      sync.WaitGroup
		passed  atomic.Int64
		started = make(chan struct{})
	)
	for i, s := range states {
		limiter, err := throttle.New(throttle.Config{
			Account: throttle.OfAccount(free, 10*time.Hour), Secret: []byte("one secret"), Random: slices.Repeat([]byte{byte(i) + 1}, 32),
			Store: s.Guesses(), StoreWait: time.Minute, MaxWait: time.Minute, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		for guess := range each {
			wg.Go(func() {
				<-started
				r, err := limiter.Reserve(context.Background(), throttle.Attempt{UserID: "1", Name: "roy", Password: fmt.Sprint(i, guess)})
				if err == nil {
					passed.Add(1)
					r.Fail()
				}
			})
		}
	}
	close(started)
	wg.Wait()
	if slack := passed.Load() - free; slack > replicas-1 && !f.ManyWriters {
		t.Errorf("%d guesses pass, want at most %d", passed.Load(), free+replicas-1)
	}
	if passed.Load() == 0 { // Who races may have to give way to each other.
		t.Errorf("no guess passes, want some of %d", free)
	}
}
