package account_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/account"
)

// TestStats: each way in which a token's user is found is counted once.
func TestStats(t *testing.T) {
	table := &faulty{Users: tutorial(t)}
	i := identify(t, table, time.Second, 30*time.Second)
	i.want(1, 1, "roy", nil)
	i.want(1, 0, "roy", nil)
	i.want(9, 1, "", account.ErrUserNotFound)
	i.want(9, 0, "", account.ErrUserNotFound)
	i.later(2 * time.Second)
	i.want(1, 1, "roy", nil) // too old
	table.all.Store(true)
	i.later(2 * time.Second)
	i.want(1, 1, "roy", nil) // asked in vain
	want := account.Identities{Known: 2, Asked: 4, Grace: 1, Remembered: 2}
	stats := i.Stats()
	if diff := cmp.Diff(want, stats.Identities); diff != "" {
		t.Errorf("Stats().Identities (-want +got):\n%s", diff)
	}
	if stats.Tokens.Own.Anew != 6 {
		t.Errorf("Stats().Tokens = %+v, want 6 that passed", stats.Tokens)
	}
}
