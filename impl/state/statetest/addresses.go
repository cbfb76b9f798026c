package statetest

import (
	"context"
	"errors"
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/state"
)

// at is a sighting at an address with that digest, zeros and 0xff among its bytes.
func at(address byte, day int) account.Sighting {
	return account.Sighting{Address: account.AddressKey{0, address, 0xff, '\'', '\\', 0}, Day: day}
}

// visit is a sighting at a place whose digest begins with that of the address.
func visit(user int64, seen account.Sighting) account.Visit {
	return account.Visit{UserID: user, Sighting: seen, Place: placeOf(seen.Address[1])}
}

func placeOf(address byte) account.AddressKey { return account.AddressKey{address, 0, '\'', 0xff} }

func wantPlace(t *testing.T, s *state.State, address byte, since int, want bool) {
	t.Helper()
	if got, err := s.KnowsPlace(t.Context(), placeOf(address), since); err != nil || got != want {
		t.Errorf("KnowsPlace(%d, since %d) = %v, %v, want %v", address, since, got, err, want)
	}
}

func sight(t *testing.T, s *state.State, user int64, most int, all ...account.Sighting) {
	t.Helper()
	for _, seen := range all {
		if err := s.Sight(t.Context(), visit(user, seen), most); err != nil {
			t.Errorf("Sight(%d, %v) = %v", user, seen, err)
		}
	}
}

func wantSightings(t *testing.T, s *state.State, user int64, since, most int, want ...account.Sighting) {
	t.Helper()
	got, err := s.Sightings(t.Context(), user, since, most)
	if err != nil {
		t.Errorf("Sightings(%d) = %v", user, err)
	}
	if diff := cmp.Diff(append([]account.Sighting{}, want...), got); diff != "" {
		t.Errorf("Sightings(%d, since %d, %d) differ (-want +got):\n%s", user, since, most, diff)
	}
}

// knownAddresses: each user has their own, the latest first, and a day does not go back.
func knownAddresses(t *testing.T, f Fixture) {
	s := ready(t, f)
	wantSightings(t, s, 1, 0, 16)
	sight(t, s, 1, 16, at(1, 100), at(2, 102), at(3, 101), at(3, 101))
	sight(t, s, math.MinInt64, 16, at(1, 7))
	sight(t, s, math.MaxInt64, 16, at(1, 8))
	wantSightings(t, s, 1, 0, 16, at(2, 102), at(3, 101), at(1, 100))
	wantSightings(t, s, 1, 101, 16, at(2, 102), at(3, 101))
	wantSightings(t, s, 1, 0, 1, at(2, 102))
	wantSightings(t, s, math.MinInt64, 0, 16, at(1, 7))
	wantSightings(t, s, math.MaxInt64, 0, 16, at(1, 8))
	sight(t, s, 1, 16, at(1, 103), at(2, 50))
	wantSightings(t, s, 1, 0, 16, at(1, 103), at(2, 102), at(3, 101))
	wantPlace(t, s, 1, 103, true)
	wantPlace(t, s, 1, 104, false)
	wantPlace(t, s, 2, 102, true)
	wantPlace(t, s, 9, 0, false)
}

// manyAddresses: the latest are kept, and that of now, from several processes at once.
func manyAddresses(t *testing.T, f Fixture) {
	s := ready(t, f)
	sight(t, s, 1, 3, at(1, 100), at(2, 101), at(3, 102), at(4, 103))
	wantSightings(t, s, 1, 0, 16, at(4, 103), at(3, 102), at(2, 101))
	sight(t, s, 1, 3, at(9, 103), at(1, 103))
	wantSightings(t, s, 1, 0, 16, at(1, 103), at(4, 103), at(9, 103))
	// One that was written late takes nobody's place.
	sight(t, s, 1, 3, at(7, 102))
	wantSightings(t, s, 1, 0, 16, at(1, 103), at(4, 103), at(9, 103))
	if f.ManyWriters {
		return // What one node has committed the next may not see yet.
	}
	states := []*state.State{s}
	for !f.Single && len(states) < 3 {
		states = append(states, f.Open(t))
	}
	var (
		wg   sync.WaitGroup
		done atomic.Int32
	)
	for i := range byte(12) {
		wg.Go(func() {
			switch err := states[int(i)%len(states)].Sight(t.Context(), visit(2, at(i, 200)), 16); {
			case err == nil:
				done.Add(1)
			case !errors.Is(err, account.ErrUnavailable):
				t.Errorf("Sight() at once = %v", err)
			}
		})
	}
	wg.Wait()
	if got, err := s.Sightings(t.Context(), 2, 0, 16); err != nil || len(got) != int(done.Load()) || len(got) < 6 {
		t.Errorf("%d addresses are there of %d that were written at once, %v", len(got), done.Load(), err)
	}
}

// oldAddresses go, whoever's they are, some at a time.
func oldAddresses(t *testing.T, f Fixture) {
	const users = 205
	s := ready(t, f)
	old := at(1, 100)
	if err := s.Change(t.Context(), "many rows", func(ctx context.Context, tx *sqlx.Tx) error {
		for user := range users {
			place := placeOf(byte(user)) // as many places
			_, err1 := tx.ExecContext(ctx, "INSERT INTO restauth_known_address (user_id, address, day) VALUES (?, ?, ?)", user, old.Address[:], old.Day)
			_, err2 := tx.ExecContext(ctx, "INSERT INTO restauth_known_place (address, day) VALUES (?, ?)", place[:], old.Day)
			if err := errors.Join(err1, err2); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	sight(t, s, 3, 16, at(2, 130), at(3, 99))
	for i, want := range []bool{true, false, false} {
		if more, err := s.PruneSightings(t.Context(), 101); more != want || err != nil {
			t.Errorf("PruneSightings() the %d. time = more %v, %v, want %v", i+1, more, err, want)
		}
	}
	for user := range int64(users) {
		if user != 3 && user%50 == 0 {
			wantSightings(t, s, user, 0, 16)
		}
	}
	wantSightings(t, s, 3, 0, 16, at(2, 130))
	for address, want := range map[byte]bool{0: false, 1: false, 2: true, 3: false, 204: false} {
		wantPlace(t, s, address, 0, want)
	}
}
