package throttle_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/throttle"
)

// patience is how long a test waits for what takes milliseconds on an idle machine.
const patience = time.Minute

// clock stands still until a test moves it.
type clock struct{ seconds atomic.Int64 }

func newClock() *clock {
	c := new(clock)
	c.seconds.Store(1_800_000_000)
	return c
}

func (c *clock) now() time.Time        { return time.Unix(c.seconds.Load(), 0) }
func (c *clock) pass(d time.Duration)  { c.seconds.Add(int64(d / time.Second)) }
func (c *clock) until(err error) error { c.pass(refusal(err).RetryAfter); return err }

func refusal(err error) *throttle.RefusedError {
	var refused *throttle.RefusedError
	if errors.As(err, &refused) {
		return refused
	}
	return &throttle.RefusedError{}
}

// defaults are the budgets of a server that is told nothing.
func defaults(now func() time.Time) throttle.Config {
	random := make([]byte, 32)
	for i := range random {
		random[i] = byte(rand.Int())
	}
	return throttle.Config{
		Account: throttle.OfAccount(10, 10*time.Hour), Known: throttle.OfAccount(10, 10*time.Hour),
		Address: throttle.OfAddress(100, 10*time.Minute),
		Secret:  []byte("a secret of the server"), Random: random, Now: now,
		Logger: slog.New(slog.DiscardHandler),
	}
}

func limiter(t testing.TB, cfg throttle.Config) *throttle.Limiter {
	t.Helper()
	l, err := throttle.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// guess is an attempt with a wrong password.
func guessAt(l *throttle.Limiter, a throttle.Attempt) error {
	if !a.Known && a.Device == "" {
		if err := l.Refused(a); err != nil {
			return err
		}
	}
	r, err := l.Reserve(context.Background(), a)
	if err != nil {
		return err
	}
	r.Fail()
	return nil
}

// evaluated is how many of n guesses at once are; each has a password of its own.
func evaluated(l *throttle.Limiter, n int, a throttle.Attempt) (passed int) {
	for i := range n {
		a.Password = fmt.Sprint("guess ", i, rand.Int())
		if guessAt(l, a) == nil {
			passed++
		}
	}
	return passed
}

var (
	roy    = throttle.Attempt{UserID: "1", Name: "roy", Address: "192.0.2.1"}
	nobody = throttle.Attempt{Name: "nobody", Address: "192.0.2.1"}
)

// TestTenThenWait: ten are free, for users and for names that are nobody's alike, and by
// how they are spelled nobody gets more.
func TestTenThenWait(t *testing.T) {
	for name, a := range map[string]throttle.Attempt{"user": roy, "nobody": nobody} {
		l := limiter(t, defaults(newClock().now))
		if got := evaluated(l, 50, a); got != 10 {
			t.Errorf("%s: %d guesses are evaluated, want 10", name, got)
		}
		for _, spelling := range []string{strings.ToUpper(a.Name), a.Name + " ", strings.Replace(a.Name, "o", "ö", 1), strings.Replace(a.Name, "o", "\u200bO", 1)} {
			other := a
			other.UserID, other.Name, other.Address = "", spelling, "192.0.2.2"
			err := guessAt(l, other)
			if got := refusal(err); got.Budget != throttle.KindAccount || got.RetryAfter != time.Minute {
				t.Errorf("%s: guess at %q = %v, %v, want to wait a minute for the account", name, spelling, err, got.RetryAfter)
			}
		}
	}
}

// TestMonthOfGuessing: an adversary with as many addresses as he likes, who comes as soon
// as he is let, gets no more than is promised in 30 days; and for a name that is nobody's
// he sees the same, refusal for refusal.
func TestMonthOfGuessing(t *testing.T) {
	var told [2][]string
	for i, a := range []throttle.Attempt{roy, nobody} {
		c := newClock()
		l := limiter(t, defaults(c.now))
		passed := 0
		for guess, end := 0, c.now().Add(throttle.Month); c.now().Before(end); guess++ {
			a.Address, a.Password = fmt.Sprint("10.0.", guess/256%256, ".", guess%256), fmt.Sprint(guess)
			err := guessAt(l, a)
			told[i] = append(told[i], fmt.Sprint(err, refusal(err).RetryAfter))
			if err == nil {
				passed++
				continue
			}
			_ = c.until(err)
		}
		if most := throttle.OfAccount(10, 10*time.Hour).Within(throttle.Month); passed > most || passed < 80 {
			t.Errorf("%d guesses are evaluated, want at most %d", passed, most)
		}
	}
	if a, b := strings.Join(told[0], "\n"), strings.Join(told[1], "\n"); a != b {
		t.Errorf("a user is refused as\n%s\nand a name that is nobody's as\n%s", a, b)
	}
}

// TestRestart: without a store a server that is started anew has counted nothing. So a
// guesser gets what the bucket holds for each start, and never more.
func TestRestart(t *testing.T) {
	const starts = 6
	c, b := newClock(), throttle.OfAccount(10, 10*time.Hour)
	passed := 0
	for range starts {
		l := limiter(t, defaults(c.now))
		for end := c.now().Add(throttle.Month / starts); c.now().Before(end); {
			a := roy
			a.Password = fmt.Sprint(c.seconds.Load(), passed)
			if err := guessAt(l, a); err != nil {
				_ = c.until(err)
				continue
			}
			passed++
		}
	}
	if most := b.Within(throttle.Month) + (starts-1)*b.Most(); passed > most || passed < 92 {
		t.Errorf("%d guesses are evaluated in 30 days with %d starts, want at most %d", passed, starts, most)
	}
}

// TestRace: of 200 guesses at once no more pass than of 200 in turn, and logins that are
// right all pass, many at once though they be.
func TestRace(t *testing.T) {
	cfg := defaults(newClock().now)
	cfg.MaxWait = patience
	l := limiter(t, cfg)
	if got := race(l, 200, func(r *throttle.Reservation) { r.Fail() }); got != 10 {
		t.Errorf("%d of 200 guesses at once are evaluated, want 10", got)
	}
	l = limiter(t, cfg)
	if got := race(l, 100, func(r *throttle.Reservation) { r.Succeed() }); got != 100 {
		t.Errorf("%d of 100 logins at once pass, want all", got)
	}
	if got := l.Counters(); got != [3]int{} {
		t.Errorf("%v counters are left of logins that went well, want none", got)
	}
}

func race(l *throttle.Limiter, n int, end func(*throttle.Reservation)) int {
	var (
		passed  atomic.Int64
		wg      sync.WaitGroup
		started = make(chan struct{})
	)
	for i := range n {
		a := roy
		a.Address, a.Password = fmt.Sprint("10.0.0.", i), fmt.Sprint(i, rand.Int())
		wg.Go(func() {
			<-started
			r, err := l.Reserve(context.Background(), a)
			if err != nil {
				return
			}
			passed.Add(1)
			time.Sleep(5 * time.Millisecond) // as if it were hashed
			end(r)
		})
	}
	close(started)
	wg.Wait()
	return int(passed.Load())
}

// TestGivesBack: what succeeded or was not evaluated takes nothing, and gives back
// nothing of what failed.
func TestGivesBack(t *testing.T) {
	c := newClock()
	l := limiter(t, defaults(c.now))
	if got := evaluated(l, 9, roy); got != 9 {
		t.Fatalf("%d of 9 guesses are evaluated", got)
	}
	for range 50 {
		for _, end := range []func(*throttle.Reservation){(*throttle.Reservation).Succeed, (*throttle.Reservation).Cancel} {
			r, err := l.Reserve(t.Context(), roy)
			if err != nil {
				t.Fatalf("Reserve() = %v", err)
			}
			end(r)
			r.Fail() // too late: it has ended
		}
	}
	if got := evaluated(l, 20, roy); got != 1 {
		t.Errorf("%d more guesses are evaluated, want 1: nothing was given back but what succeeded", got)
	}
	// The attacker's own account at the same address.
	own := throttle.Attempt{UserID: "2", Name: "eve", Address: roy.Address}
	if r, err := l.Reserve(t.Context(), own); err != nil {
		t.Errorf("another account = %v", err)
	} else {
		r.Succeed()
	}
	if err := guessAt(l, roy); err == nil {
		t.Error("the attacker's own login lets one more guess pass")
	}
	var none *throttle.Reservation
	none.Succeed()
	none.Fail()
	none.Cancel()
}

// TestStale: the same wrong password takes nothing from the account, tells nothing by
// passing where others do not, and only the last ten are known.
func TestStale(t *testing.T) {
	for name, a := range map[string]throttle.Attempt{"user": roy, "nobody": nobody} {
		c := newClock()
		cfg := defaults(c.now)
		cfg.Address = throttle.Budget{}
		l := limiter(t, cfg)
		phone := a
		phone.Password = "the old one"
		for i := range 1000 {
			phone.Address = fmt.Sprint("10.1.0.", i%256)
			if err := guessAt(l, phone); err != nil {
				t.Fatalf("%s: the same password for the %dth time: %v", name, i+1, err)
			}
			c.pass(time.Minute)
		}
		if got := evaluated(l, 20, a); got != 10 {
			t.Errorf("%s: %d other guesses are evaluated, want 10: the first of the phone's is forgotten", name, got)
		}
		if err := guessAt(l, phone); err == nil {
			t.Errorf("%s: a known wrong password passes where others are refused: it tells that somebody typed it", name)
		}
		c.pass(1000 * time.Hour) // ten others came after it
		if got := evaluated(l, 9, a); got != 9 {
			t.Fatalf("%s: %d of 9 guesses are evaluated", name, got)
		}
		for range 2 {
			_ = guessAt(l, phone)
		}
		if err := guessAt(l, roy); name == "user" && err == nil {
			t.Errorf("%s: a password that is not one of the last ten took nothing", name)
		}
	}
}

// TestKnown: what strangers do takes nothing from who is known, at a device or an
// address, and each of these has a count of its own.
func TestKnown(t *testing.T) {
	c := newClock()
	l := limiter(t, defaults(c.now))
	_ = evaluated(l, 100, roy)
	atHome, phone, tablet := roy, roy, roy
	atHome.Known, atHome.Address = true, "198.51.100.7"
	phone.Known, phone.Device, phone.Address = true, "phone", "192.0.2.1" // from where the guesses come
	tablet.Known, tablet.Device = true, "tablet"
	for range 100 {
		for _, a := range []throttle.Attempt{atHome, phone} {
			r, err := l.Reserve(t.Context(), a)
			if err != nil {
				t.Fatalf("the owner is locked out: %v", err)
			}
			r.Succeed()
		}
	}
	if got := evaluated(l, 20, phone); got != 10 {
		t.Errorf("%d guesses from the owner's phone are evaluated, want 10", got)
	}
	if got := refusal(guessAt(l, phone)).Budget; got != throttle.KindKnown {
		t.Errorf("they are refused for the %s, want known", got)
	}
	for _, a := range []throttle.Attempt{atHome, tablet} {
		if err := guessAt(l, a); err != nil {
			t.Errorf("who took the phone locks out the owner elsewhere: %v", err)
		}
	}
}

// TestSpraying: three common passwords for each of a thousand accounts from one address.
func TestSpraying(t *testing.T) {
	l := limiter(t, defaults(newClock().now))
	passed := 0
	for _, password := range []string{"123456", "password", "qwerty"} {
		for user := range 1000 {
			a := throttle.Attempt{UserID: fmt.Sprint(user), Name: fmt.Sprint("user", user), Address: "192.0.2.66", Password: password}
			if user%3 == 0 {
				a.UserID = "" // a name that is nobody's
			}
			err := guessAt(l, a)
			if err == nil {
				passed++
			} else if refusal(err).Budget != throttle.KindAddress {
				t.Fatalf("refused for %v, want the address", err)
			}
		}
	}
	if passed > 100 || passed < 90 {
		t.Errorf("%d guesses are evaluated, want 100", passed)
	}
	if got := l.Refusals(throttle.KindAddress); got != uint64(3000-passed) {
		t.Errorf("Refusals() = %d, want %d", got, 3000-passed)
	}
}

// TestProxyHint: where the address that is refused may be a proxy's, that is said, once.
func TestProxyHint(t *testing.T) {
	for address, want := range map[string]int{"10.1.2.3": 1, "127.0.0.1": 1, "192.0.2.1": 0, "2001:db8::/64": 0} {
		var log strings.Builder
		cfg := defaults(newClock().now)
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		l := limiter(t, cfg)
		for user := range 110 {
			_ = guessAt(l, throttle.Attempt{Name: fmt.Sprint(user), Address: address, Password: "x"})
		}
		if got := strings.Count(log.String(), "--trusted-proxies"); got != want {
			t.Errorf("%s: the hint stands %d times in the log, want %d:\n%s", address, got, want, log.String())
		}
	}
}

// TestOffice: 200 people behind one address, of whom one in ten mistypes, on five days.
func TestOffice(t *testing.T) {
	c := newClock()
	l := limiter(t, defaults(c.now))
	for range 5 {
		for user := range 200 {
			a := throttle.Attempt{UserID: fmt.Sprint(user), Name: fmt.Sprint("user", user), Address: "192.0.2.10", Password: "mistyped"}
			if user%10 == 0 {
				if err := guessAt(l, a); err != nil {
					t.Fatalf("who mistypes is refused: %v", err)
				}
			}
			r, err := l.Reserve(t.Context(), a)
			if err != nil {
				t.Fatalf("an honest login is refused: %v", err)
			}
			r.Succeed()
			c.pass(time.Second)
		}
		c.pass(24 * time.Hour)
	}
}

// TestMadeUpNames: more of them than are remembered take nothing from real users' counts,
// nor from names that were guessed at more often. (`make attack` makes up a million.)
func TestMadeUpNames(t *testing.T) {
	c := newClock()
	cfg := defaults(c.now)
	cfg.Address = throttle.Budget{} // as from so many addresses that none is refused
	l := limiter(t, cfg)
	_, _ = evaluated(l, 20, roy), evaluated(l, 20, nobody)
	for i := range 1<<16 + 20_000 {
		if err := guessAt(l, throttle.Attempt{Name: fmt.Sprint("made up ", i), Password: "x"}); err != nil {
			t.Fatalf("made-up name %d: %v", i, err)
		}
	}
	if got := l.Counters(); got[1] > 1<<16 || got[0] != 1 {
		t.Errorf("there are counters of %d users and %d names, want 1 and at most %d", got[0], got[1], 1<<16)
	}
	for _, a := range []throttle.Attempt{roy, nobody} {
		if got := evaluated(l, 20, a); got != 0 {
			t.Errorf("%d more guesses at %s are evaluated, want none: its count was pushed out", got, a.Name)
		}
	}
}

// TestBecomesSomebody: the count of a name goes on when somebody gets that name.
func TestBecomesSomebody(t *testing.T) {
	l := limiter(t, defaults(newClock().now))
	before := roy
	before.UserID = ""
	_ = evaluated(l, 6, before)
	if got := evaluated(l, 20, roy); got != 4 {
		t.Errorf("%d more guesses are evaluated, want 4", got)
	}
	if got := l.Counters(); got != [3]int{1, 0, 1} {
		t.Errorf("Counters() = %v, want one user and one address", got)
	}
}

// TestOff: a budget of nothing bounds nothing.
func TestOff(t *testing.T) {
	cfg := defaults(newClock().now)
	cfg.Account, cfg.Address = throttle.Budget{}, throttle.Budget{}
	if got := evaluated(limiter(t, cfg), 1000, roy); got != 1000 {
		t.Errorf("%d of 1000 guesses are evaluated, want all", got)
	}
	for _, wrong := range []throttle.Config{{}, {Secret: []byte("x"), Random: make([]byte, 32), Logger: cfg.Logger, Account: throttle.Budget{Free: 3}}} {
		if _, err := throttle.New(wrong); err == nil {
			t.Errorf("New(%+v) has no error", wrong)
		}
	}
}

// TestGoneWhileWaiting: who goes away while he waits for others is not counted.
func TestGoneWhileWaiting(t *testing.T) {
	cfg := defaults(newClock().now)
	cfg.MaxWait = patience
	l := limiter(t, cfg)
	var open []*throttle.Reservation
	for range 10 {
		r, err := l.Reserve(t.Context(), roy)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, r)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := l.Reserve(ctx, roy); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Reserve() = %v, want the context's error", err)
	}
	for _, r := range open {
		r.Cancel()
	}
	if got := evaluated(l, 20, roy); got != 10 {
		t.Errorf("%d guesses are evaluated, want 10", got)
	}
}

// BenchmarkRefused is what a guess costs that is refused.
func BenchmarkRefused(b *testing.B) {
	l := limiter(b, defaults(newClock().now))
	_ = evaluated(l, 20, roy)
	b.ReportAllocs()
	for b.Loop() {
		if l.Refused(roy) == nil {
			b.Fatal("it is not refused")
		}
	}
}

// BenchmarkLogin is what a login costs that goes well.
func BenchmarkLogin(b *testing.B) {
	l := limiter(b, defaults(newClock().now))
	b.ReportAllocs()
	for b.Loop() {
		if l.Refused(roy) != nil {
			b.Fatal("it is refused")
		}
		r, err := l.Reserve(context.Background(), roy)
		if err != nil {
			b.Fatal(err)
		}
		r.Succeed()
	}
}
