package account_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
)

// everybody is a table that has a user of each id, and can be away.
type everybody struct {
	account.Users
	away atomic.Bool
}

func (e *everybody) FindByID(_ context.Context, id userid.ID) (account.User, error) {
	if e.away.Load() {
		return account.User{}, account.ErrUnavailable
	}
	return account.User{ID: id, Username: id.String()}, nil
}

func (e *everybody) Ready(context.Context) error {
	if e.away.Load() {
		return account.ErrUnavailable
	}
	return nil
}

// TestIdentitiesOfMany: as many users as decision 8 says go on in an outage, all of
// them; and of more the ones who come all the time. Whatever ids are like they have a
// place: package recent shows that for keys that all meet, so fewer do here.
func TestIdentitiesOfMany(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]struct {
		most int
		id   func(int) int64
	}{
		"one after the other":     {1 << 15, func(n int) int64 { return int64(n + 1) }},
		"of one node among three": {1 << 11, func(n int) int64 { return int64(3*n + 2) }},
		"with a time in front":    {1 << 11, func(n int) int64 { return 1_800_000_000<<22 | int64(n)<<12 }},
		"negative":                {1 << 11, func(n int) int64 { return -int64(n) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			most, id := kind.most, kind.id
			table := new(everybody)
			i := identify(t, table, time.Second, 30*time.Second)
			defer i.Close()
			tokens := make([]string, most)
			ask := func(n int, want error) {
				t.Helper()
				if who, err := i.Identify(t.Context(), tokens[n]); !errors.Is(err, want) || err == nil && who.User.ID != userid.Number(id(n)) {
					t.Fatalf("user %d = %v, %v, want %v", id(n), who.User, err, want)
				}
			}
			for n := range tokens {
				minted, err := i.tokens.Mint(userid.Number(id(n)))
				if err != nil {
					t.Fatal(err)
				}
				tokens[n] = minted.Compact
				ask(n, nil)
			}
			i.later(2 * time.Second)
			table.away.Store(true)
			for n := range tokens {
				ask(n, nil)
			}
			table.away.Store(false)
			i.later(2 * time.Second) // The next finds out that the outage is over.
			asked := i.users.asked.Load()
			for n := range most {
				ask(n%1000, nil)
				minted, err := i.tokens.Mint(userid.Number(id(most + n)))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := i.Identify(t.Context(), minted.Compact); err != nil {
					t.Fatal(err)
				}
			}
			// One for each is due. As everybody had come twice, a few may have had to go.
			if n := int(i.users.asked.Load()-asked) - most; n > 1050 {
				t.Errorf("beside %d users who came once there were %d questions for 1,000 who came all the time", most, n)
			}
		})
	}
}
