package account_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
	"github.com/restauth/restauth/impl/userid"
)

const oneDay = 24 * time.Hour

// book is a state that counts what it is asked and told, and fails when a test says so.
type book struct {
	*state.State
	asked, askedPlace atomic.Int32
	told, pruned      atomic.Int32
	down              atomic.Bool
	hold              sync.RWMutex
}

func (b *book) Sightings(ctx context.Context, user int64, since, most int) ([]account.Sighting, error) {
	b.asked.Add(1)
	if b.down.Load() {
		return nil, errFault
	}
	return b.State.Sightings(ctx, user, since, most)
}

func (b *book) KnowsPlace(ctx context.Context, place account.AddressKey, since int) (bool, error) {
	b.askedPlace.Add(1)
	if b.down.Load() {
		return false, errFault
	}
	return b.State.KnowsPlace(ctx, place, since)
}

func (b *book) Sight(ctx context.Context, visit account.Visit, most int) error {
	b.told.Add(1)
	b.hold.RLock()
	defer b.hold.RUnlock()
	if b.down.Load() {
		return errFault
	}
	return b.State.Sight(ctx, visit, most)
}

func (b *book) PruneSightings(ctx context.Context, before int) (bool, error) {
	b.pruned.Add(1)
	return b.State.PruneSightings(ctx, before)
}

func newBook(t testing.TB) *book {
	t.Helper()
	kept, err := state.Open(t.Context(), database.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), "state.db"), Setting: "state", Timeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kept.Close() })
	return &book{State: kept}
}

func (b *book) configure(c *account.Config) { c.Addresses = b }

// at logs somebody in from an address.
func (f *front) at(username, address string) {
	f.t.Helper()
	c := account.Credentials{Username: username, Password: "correct horse", Address: address}
	if _, err := f.Verify(f.t.Context(), c); err != nil {
		f.t.Fatal(err)
	}
}

// knownAt is how somebody at an address is known who brings nothing.
func (f *front) knownAt(username, address string) account.Known {
	f.t.Helper()
	return f.from(account.Credentials{Username: username, Address: address})
}

func (f *front) wantAt(username, address string, want bool, why string) {
	f.t.Helper()
	if got := f.knownAt(username, address); (got.By == account.ByAddress) != want {
		f.t.Errorf("%s: %s at %s: Known = %v, want it %v", why, username, address, got, want)
	}
}

// written waits until the book was told so often.
func (b *book) written(t *testing.T, times int32) {
	t.Helper()
	for end := time.Now().Add(patience); b.told.Load() < times; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("written %d times, want %d", b.told.Load(), times)
		}
	}
}

// TestKnownAddress: where a user logged in is known for that user and that time, and a
// wrong password makes nothing known; in memory and with a state alike.
func TestKnownAddress(t *testing.T) {
	for name, change := range map[string]func(*account.Config){"in memory": nil, "with a state": newBook(t).configure} {
		t.Run(name, func(t *testing.T) {
			f := doorman(t, change, digest, digest)
			f.wantAt("user0", "203.0.113.5", false, "before")
			if _, err := f.Verify(t.Context(), account.Credentials{Username: "user0", Password: "wrong", Address: "203.0.113.5"}); err == nil {
				t.Fatal("a wrong password was let in")
			}
			f.wantAt("user0", "203.0.113.5", false, "after a wrong password")
			f.at("user0", "203.0.113.5")
			f.wantAt("user0", "203.0.113.5", true, "after a login")
			f.wantAt("user0", "203.0.113.6", false, "elsewhere")
			f.wantAt("user0", "", false, "nowhere")
			f.wantAt("user1", "203.0.113.5", false, "another user")
			f.wantAt("nobody", "203.0.113.5", false, "nobody")
			f.at("user1", "203.0.113.5")
			if a, b := f.knownAt("user0", "203.0.113.5"), f.knownAt("user1", "203.0.113.5"); a.Key == b.Key {
				t.Errorf("two users at one address have the key %x", a.Key)
			}
			begun := f.now()
			f.set(begun.Add(29 * oneDay))
			f.wantAt("user0", "203.0.113.5", true, "29 days later")
			f.set(begun.Add(30 * oneDay))
			f.wantAt("user0", "203.0.113.5", false, "30 days later")
			f.at("user0", "203.0.113.5")
			f.wantAt("user0", "203.0.113.5", true, "after the next login")
		})
	}
}

// TestKnownAddressByDeviceFirst: the count of one client is its own.
func TestKnownAddressByDeviceFirst(t *testing.T) {
	f := doorman(t, nil, digest)
	f.at("user0", "203.0.113.5")
	brought := f.login("user0", "")
	for device, want := range map[string]account.KnownBy{brought: account.ByDevice, "": account.ByAddress, brought[1:]: account.ByAddress} {
		if got := f.from(account.Credentials{Username: "user0", Address: "203.0.113.5", DeviceToken: device}); got.By != want {
			t.Errorf("Known = %v, want %v", got, want)
		}
	}
}

// TestKnownAddressOutlivesTheProcess with a state, without the address in it; and another
// server knows it too.
func TestKnownAddressOutlivesTheProcess(t *testing.T) {
	b := newBook(t)
	f := doorman(t, b.configure, digest)
	f.at("user0", "203.0.113.5")
	f.Close() // waits for what is to be written
	f.again(b.configure)
	f.wantAt("user0", "203.0.113.5", true, "after a restart")
	if rows, err := b.State.Sightings(t.Context(), 1, 0, 99); err != nil || len(rows) != 1 || rows[0].Day != int(f.now().Unix()/86400) {
		t.Errorf("the state has %v, %v", rows, err)
	}
	other := &front{t: t, table: f.table, ring: f.ring}
	other.set(f.now())
	other.again(b.configure)
	other.wantAt("user0", "198.51.100.7", false, "at the other server")
	told := b.told.Load()
	f.at("user0", "198.51.100.7")
	b.written(t, told+1)
	f.Close()
	other.set(other.now().Add(31 * time.Second))
	other.wantAt("user0", "198.51.100.7", true, "at the other server, half a minute later")
	f.ring = single(t, "another secret")
	f.again(b.configure)
	f.wantAt("user0", "203.0.113.5", false, "under another root")
}

// TestKnownAddressIsWrittenOnceADay, and asked for once in half a minute, whoever it is:
// names that nobody has cost the same.
func TestKnownAddressIsWrittenOnceADay(t *testing.T) {
	b := newBook(t)
	f := doorman(t, b.configure, digest)
	for day := range int32(3) {
		for range 5 {
			f.at("user0", "203.0.113.5")
		}
		b.written(t, day+1)
		f.set(f.now().Add(oneDay))
	}
	f.Close()
	if n := b.told.Load(); n != 3 {
		t.Errorf("written %d times in three days, want 3", n)
	}
	if n := b.pruned.Load(); n < 1 || n > 3 {
		t.Errorf("pruned %d times in three days with one write each, want that many at most", n)
	}
	f.again(b.configure)
	for _, username := range []string{"user0", "nobody"} {
		before := b.asked.Load()
		for range 5 {
			f.knownAt(username, "203.0.113.5")
		}
		f.set(f.now().Add(31 * time.Second))
		f.knownAt(username, "203.0.113.6")
		if n := b.asked.Load() - before; n != 2 {
			t.Errorf("%s: asked %d times, want 2", username, n)
		}
	}
}

// TestKnownAddressesAreFew: the latest, whoever logs in from anywhere.
func TestKnownAddressesAreFew(t *testing.T) {
	for name, b := range map[string]*book{"in memory": nil, "with a state": newBook(t)} {
		t.Run(name, func(t *testing.T) {
			var change func(*account.Config)
			if b != nil {
				change = b.configure
			}
			f := doorman(t, change, digest)
			for i := range 20 {
				f.at("user0", fmt.Sprintf("203.0.113.%d", i))
				f.set(f.now().Add(oneDay))
			}
			if b != nil {
				f.Close()
				f.again(change)
			}
			for i := range 20 {
				f.wantAt("user0", fmt.Sprintf("203.0.113.%d", i), i >= 4, fmt.Sprint("login ", i))
			}
		})
	}
}

// TestKnownAddressInAnOutage: nobody is refused or held up, what this process saw counts,
// and is written when the state is back.
func TestKnownAddressInAnOutage(t *testing.T) {
	t.Parallel() // it waits for five seconds
	b := newBook(t)
	var log syncedLog
	f := doorman(t, func(c *account.Config) {
		c.Addresses, c.Logger = b, slog.New(slog.NewTextHandler(&log, nil))
	}, digest, digest)
	f.at("user0", "203.0.113.5")
	b.written(t, 1)
	f.set(f.now().Add(time.Minute))
	b.down.Store(true)
	asked := b.asked.Load()
	f.wantAt("user0", "203.0.113.5", true, "in the outage")
	f.wantAt("user1", "203.0.113.5", false, "in the outage")
	for range 10 {
		f.wantAt("user0", "203.0.113.6", false, "in the outage")
	}
	if n := b.asked.Load() - asked; n != 1 {
		t.Errorf("asked %d times in an outage, want once in five seconds", n)
	}
	f.at("user1", "203.0.113.7")
	f.wantAt("user1", "203.0.113.7", true, "seen in the outage")
	b.written(t, 2)
	b.down.Store(false)
	f.set(f.now().Add(6 * time.Second))
	f.wantAt("user1", "203.0.113.7", true, "afterwards, not written yet")
	if warned, healed := strings.Count(log.String(), "cannot be read or written"), strings.Count(log.String(), "written again"); warned == 0 || warned > 2 || healed == 0 {
		t.Errorf("%d warnings and %d ends, want one for each time that it began:\n%s", warned, healed, log.String())
	}
	if strings.Contains(log.String(), "203.0.113") {
		t.Errorf("an address is in the log:\n%s", log.String())
	}
	b.written(t, 3)
	f.Close()
	f.again(b.configure)
	f.wantAt("user1", "203.0.113.7", true, "after a restart")
}

// TestKnownAddressHeldUp: a state that hangs does not hold a login up, nor the end.
func TestKnownAddressHeldUp(t *testing.T) {
	b := newBook(t)
	b.hold.Lock()
	f := doorman(t, b.configure, digest)
	begun := time.Now()
	for i := range 3 {
		f.at("user0", fmt.Sprintf("203.0.113.%d", i))
	}
	if b.written(t, 1); time.Since(begun) > patience/2 {
		t.Errorf("three logins took %v while nothing could be written", time.Since(begun))
	}
	b.hold.Unlock()
}

// TestNoKnownAddresses where that is switched off.
func TestNoKnownAddresses(t *testing.T) {
	b := newBook(t)
	f := doorman(t, func(c *account.Config) { c.Addresses, c.KnownAddressAge = b, 0 }, digest)
	f.at("user0", "203.0.113.5")
	f.wantAt("user0", "203.0.113.5", false, "switched off")
	f.Close()
	if b.asked.Load()+b.told.Load() != 0 {
		t.Error("the state was asked or told all the same")
	}
}

// TestKnownAddressesAtOnce is for the race detector.
func TestKnownAddressesAtOnce(t *testing.T) {
	b := newBook(t)
	f := doorman(t, b.configure, digest, digest, digest)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			username := fmt.Sprintf("user%d", i%3)
			c := account.Credentials{Username: username, Password: "correct horse", Address: fmt.Sprintf("203.0.113.%d", i)}
			for range 4 {
				if _, err := f.Verify(context.Background(), c); err != nil {
					t.Error(err)
				}
			}
			f.wantAt(username, c.Address, true, "at once")
		})
	}
	wg.Wait()
	f.Close()
	f.again(b.configure)
	for i := range 8 {
		f.wantAt(fmt.Sprintf("user%d", i%3), fmt.Sprintf("203.0.113.%d", i), true, "after a restart")
	}
}

// syncedLog is a log that the background writes to as well.
type syncedLog struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *syncedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *syncedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// BenchmarkKnownAddress is what a login without a device token pays.
func BenchmarkKnownAddress(b *testing.B) {
	kept := newBook(b)
	f := doorman(b, kept.configure, digest)
	f.at("user0", "203.0.113.5")
	b.ReportAllocs()
	for b.Loop() {
		f.KnowsRow(b.Context(), account.Record{User: account.User{ID: userid.Number(1)}}, true, account.Credentials{Username: "user0", Address: "203.0.113.5"})
	}
}
