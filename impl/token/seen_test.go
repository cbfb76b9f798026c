package token

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/userid"
)

// movable is a clock that a test moves.
func movable() (*atomic.Int64, func() time.Time) {
	unix := new(atomic.Int64)
	unix.Store(1_800_000_000)
	return unix, func() time.Time { return time.Unix(unix.Load(), 0) }
}

// TestSeenTokens: a token seen before is judged as if it were not, at every
// moment of its life, whichever way the clock moves.
func TestSeenTokens(t *testing.T) {
	unix, now := movable()
	s := newService(t, Config{Lifetime: time.Minute, Leeway: 10 * time.Second, Now: now})
	start := unix.Load()
	compact := mint(t, s, 7)
	for _, at := range []int64{0, 1, 59, 60, 70, 71, 72, 70, 0, -10, -11, -100, -10, 30, 1000, 0} {
		unix.Store(start + at)
		fresh := newService(t, Config{Lifetime: time.Minute, Leeway: 10 * time.Second, Now: now})
		want, wantErr := fresh.Verify(compact)
		for range 2 {
			got, err := s.Verify(compact)
			if got != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
				t.Errorf("%+d s: Verify() = %v, %v, want %v, %v", at, got, err, want, wantErr)
			}
		}
	}
}

// TestForgedTokensAreNotRemembered, so they cannot push out what is.
func TestForgedTokensAreNotRemembered(t *testing.T) {
	s := newService(t, Config{})
	compact := mint(t, s, 1)
	if _, err := s.Verify(compact); err != nil {
		t.Fatal(err)
	}
	forger := newService(t, Config{Keys: single(t, "another secret")})
	for i := range 100 {
		if _, err := s.Verify(mint(t, forger, int64(i))); err == nil {
			t.Fatal("a forged token passed")
		}
	}
	for _, wrong := range []string{"", "..", compact + "A", compact[:len(compact)-1], strings.ToUpper(compact), compact + "\n"} {
		if _, err := s.Verify(wrong); err == nil {
			t.Errorf("Verify(%q) passed", wrong)
		}
	}
	if n := s.seen.tokens.Len(); n != 1 {
		t.Errorf("%d tokens are remembered, want 1", n)
	}
}

// TestSeenIsBounded, and forgetting a token costs it nothing but time.
func TestSeenIsBounded(t *testing.T) {
	s := newService(t, Config{})
	first := mint(t, s, 1)
	for i := range mostSeen + mostSeen/4 {
		if _, err := s.Verify(mint(t, s, int64(i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.seen.tokens.Len(); n > mostSeen {
		t.Errorf("%d tokens are remembered, want at most %d", n, mostSeen)
	}
	if claims, err := s.Verify(first); err != nil || claims.UserID != userid.Number(1) {
		t.Errorf("Verify() = %v, %v", claims, err)
	}
}
