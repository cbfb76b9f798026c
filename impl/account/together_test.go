package account_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/userid"
)

// many has so many users come at once, and returns what became of each.
func (i *identified) many(users int64) (names []string, errs []error) {
	i.t.Helper()
	names, errs = make([]string, users), make([]error, users)
	var asking sync.WaitGroup
	for id := range users {
		minted, err := i.tokens.Mint(userid.Number(id))
		if err != nil {
			i.t.Fatal(err)
		}
		asking.Go(func() {
			who, err := i.Identify(i.t.Context(), minted.Compact)
			names[id], errs[id] = who.User.Username, err
		})
	}
	asking.Wait()
	return names, errs
}

// TestAskedTogether: many who come at once are asked for in a few questions, which do not
// stand behind those that are under way. Each hears of himself, also that he is not there.
func TestAskedTogether(t *testing.T) {
	const users = 700
	i, c := identifyTurns(t, time.Minute)
	for id := int64(0); id < users; id += 7 {
		c.gone[userid.Number(id)] = true
	}
	c.Users = without{c.Users, c.gone}
	c.counted.hold.Lock() // questions about one
	c.hold.Lock()         // and about several
	done := make(chan struct{})
	var names []string
	var errs []error
	go func() {
		defer close(done)
		names, errs = i.many(users)
	}()
	until(t, "all are asked for", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return int(c.counted.asked.Load())+len(c.seen) == users
	})
	c.hold.Unlock()
	c.counted.hold.Unlock()
	<-done
	for id := range int64(users) {
		want, wantErr := strconv.FormatInt(id, 10), error(nil)
		if id%7 == 0 {
			want, wantErr = "", account.ErrUserNotFound
		}
		if names[id] != want || !errors.Is(errs[id], wantErr) {
			t.Errorf("user %d = %q, %v, want %q, %v", id, names[id], errs[id], want, wantErr)
		}
	}
	if alone := c.counted.asked.Load(); alone < 2 || alone > users/10 { // a late one has no others to wait with
		t.Errorf("%d users were asked for alone, want few more than 2", alone)
	}
	if most := c.most.Load(); most > 64 {
		t.Errorf("a question is about %d users, want at most 64", most)
	}
	i.want(8, 0, "8", nil)                    // remembered
	i.want(7, 0, "", account.ErrUserNotFound) // as is that one is not there
}

// without is a table without those who are gone.
type without struct {
	account.Users
	gone map[userid.ID]bool
}

func (w without) FindByID(ctx context.Context, id userid.ID) (account.User, error) {
	if w.gone[id] {
		return account.User{}, account.ErrUserNotFound
	}
	return w.Users.FindByID(ctx, id)
}

// TestTogetherInVain: a question about several that fails says nothing of any of them:
// each is asked for then, and only whose own question fails has an error.
func TestTogetherInVain(t *testing.T) {
	for name, fails := range map[string]func(){"error": func() {}, "panic": func() { panic("a driver's fault") }} {
		t.Run(name, func(t *testing.T) {
			const users = 100
			i, c := identifyTurns(t, time.Minute)
			c.fails = fails
			broken := errors.New("the row's own")
			c.Users = brokenRow{c.Users, userid.Number(9), broken}
			c.counted.hold.Lock()
			done := make(chan struct{})
			go func() {
				defer close(done)
				names, errs := i.many(users)
				for id := range int64(users) {
					switch {
					case id == 9 && !errors.Is(errs[id], broken):
						t.Errorf("user 9: %v, want its own error", errs[id])
					case id != 9 && (errs[id] != nil || names[id] != strconv.FormatInt(id, 10)):
						t.Errorf("user %d = %q, %v", id, names[id], errs[id])
					}
				}
			}()
			until(t, "all are asked for alone", func() bool { return c.counted.asked.Load() == users })
			c.counted.hold.Unlock()
			<-done
			if c.n.Load() == 0 {
				t.Error("no question was about several")
			}
		})
	}
}

type brokenRow struct {
	account.Users
	id  userid.ID
	err error
}

func (b brokenRow) FindByID(ctx context.Context, id userid.ID) (account.User, error) {
	if id == b.id {
		return account.User{}, b.err
	}
	return b.Users.FindByID(ctx, id)
}

// TestTogetherInAnOutage: a database that keeps one waiting is not waited for twice: who
// was seen goes on by what is known, and who was not hears that it does not answer.
func TestTogetherInAnOutage(t *testing.T) {
	const users = 100
	_, c := identifyTurns(t, time.Minute)
	table := &silent{turns: c}
	i := identifyBy(t, c.counted, table, time.Second, time.Hour, nil)
	t.Cleanup(i.Close)
	if _, errs := i.many(users / 2); errors.Join(errs...) != nil {
		t.Fatal(errors.Join(errs...))
	}
	i.later(time.Minute)
	table.down.Store(true)
	names, errs := i.many(users)
	for id := range int64(users) {
		seen := id < users/2
		if seen && (errs[id] != nil || names[id] != strconv.FormatInt(id, 10)) || !seen && !errors.Is(errs[id], account.ErrUnavailable) {
			t.Errorf("user %d = %q, %v", id, names[id], errs[id])
		}
	}
	if alone := table.alone.Load(); alone > users/10 {
		t.Errorf("%d users were asked for alone in a database that does not answer, want few more than 2", alone)
	}
}

// silent is a table whose database stops answering.
type silent struct {
	*turns
	down  atomic.Bool
	alone atomic.Int32
}

// timeout is that of a question.
const timeout = 600 * time.Millisecond

func (s *silent) fail() error {
	time.Sleep(timeout)
	return fmt.Errorf("%w: no answer within %v", account.ErrUnavailable, timeout)
}

func (s *silent) FindByID(ctx context.Context, id userid.ID) (account.User, error) {
	if s.down.Load() {
		s.alone.Add(1)
		return account.User{}, s.fail()
	}
	return s.turns.FindByID(ctx, id)
}

func (s *silent) FindByIDs(ctx context.Context, ids []userid.ID) (map[userid.ID]account.User, error) {
	if s.down.Load() {
		return nil, s.fail()
	}
	return s.turns.FindByIDs(ctx, ids)
}

func (s *silent) Ready(ctx context.Context) error {
	if s.down.Load() {
		return s.fail()
	}
	return s.turns.Ready(ctx)
}

// TestTogetherIsNoOutage: a question about several that fails by time because of one of
// them lets nobody go on by an old yes whose own row is read.
func TestTogetherIsNoOutage(t *testing.T) {
	const users = 100
	_, c := identifyTurns(t, time.Minute)
	table := &heavy{turns: c}
	i := identifyBy(t, c.counted, table, time.Second, time.Hour, nil)
	t.Cleanup(i.Close)
	if _, errs := i.many(users); errors.Join(errs...) != nil {
		t.Fatal(errors.Join(errs...))
	}
	i.later(time.Minute)
	for id := int64(0); id < users; id += 2 {
		c.gone[userid.Number(id)] = true
	}
	c.Users = without{c.Users, c.gone}
	table.fails.Store(true)
	names, errs := i.many(users)
	for id := range int64(users) {
		want, wantErr := strconv.FormatInt(id, 10), error(nil)
		if id%2 == 0 {
			want, wantErr = "", account.ErrUserNotFound
		}
		if names[id] != want || !errors.Is(errs[id], wantErr) {
			t.Errorf("user %d = %q, %v, want %q, %v", id, names[id], errs[id], want, wantErr)
		}
	}
}

// heavy is a table of which several rows cannot be read in time.
type heavy struct {
	*turns
	fails atomic.Bool
}

func (h *heavy) FindByIDs(ctx context.Context, ids []userid.ID) (map[userid.ID]account.User, error) {
	if h.fails.Load() {
		time.Sleep(timeout)
		return nil, fmt.Errorf("%w: no answer within %v", account.ErrUnavailable, timeout)
	}
	return h.turns.FindByIDs(ctx, ids)
}

// TestTogetherAtTheEnd: whoever waits when the server ends hears so.
func TestTogetherAtTheEnd(t *testing.T) {
	const users = 100
	i, c := identifyTurns(t, time.Minute)
	c.counted.hold.Lock()
	c.hold.Lock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, errs := i.many(users)
		for id, err := range errs {
			if !errors.Is(err, account.ErrUnavailable) {
				t.Errorf("user %d: %v, want ErrUnavailable", id, err)
			}
		}
	}()
	until(t, "some are asked for", func() bool { return c.counted.asked.Load() >= 2 })
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		i.Close()
	}()
	until(t, "nothing new is begun", func() bool { return i.Closed() })
	c.hold.Unlock()
	c.counted.hold.Unlock()
	<-done
	<-closed
}
