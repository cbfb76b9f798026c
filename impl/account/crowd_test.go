package account_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/throttle"
	"github.com/restauth/restauth/impl/token"
	"github.com/restauth/restauth/impl/userid"
)

const (
	crowdSlots = 2
	// crowdTakes is what a login takes of a core.
	crowdTakes = 20 * time.Millisecond
	// crowdHash is of the form that new users have. It is never computed.
	crowdHash = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw"
	// refusedWithin is what a refusal may take (docs/decisions/0023).
	refusedWithin = 100 * time.Millisecond
)

// mill is an executor on a processor that does not exist, in time that moves only when all
// sleep. Every password is right.
type mill struct {
	done func(*gate.Job, gate.Outcome)
	part atomic.Int64 // of each core that it gets, in percent
}

func (m *mill) Start(done func(*gate.Job, gate.Outcome)) { m.done = done }
func (m *mill) Slots() int                               { return crowdSlots }
func (m *mill) GiveUp(int, *gate.Job)                    {}
func (m *mill) Pace() float64                            { return float64(m.part.Load()) / 100 }
func (m *mill) Close()                                   {}

func (m *mill) Run(_ int, j *gate.Job) {
	time.AfterFunc(crowdTakes*100/time.Duration(m.part.Load()), func() {
		m.done(j, gate.Outcome{Match: true, Took: crowdTakes})
	})
}

// anybody is a table in which every name is a user's; it counts the questions.
type anybody struct {
	account.Users
	hash  string
	asked atomic.Int64
}

func (e *anybody) FindByUsername(_ context.Context, name string) (account.Record, error) {
	e.asked.Add(1)
	id := int64(0)
	for _, c := range name {
		id = id*100 + int64(c)%100
	}
	return account.Record{User: account.User{ID: userid.Number(id), Username: name}, PasswordHash: e.hash}, nil
}

// crowdedService counts guesses as a server does that is told nothing, and hashes on m.
func crowdedService(t *testing.T, m *mill, table *anybody) *account.Service {
	t.Helper()
	ring, log := single(t, "secret"), slog.New(slog.DiscardHandler)
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	limiter, err := throttle.New(throttle.Config{
		Account: throttle.OfAccount(10, 10*time.Hour), Known: throttle.OfAccount(10, 10*time.Hour),
		Address: throttle.OfAddress(100, 10*time.Minute),
		Secret:  []byte("secret"), Random: bytes.Repeat([]byte{1}, 32), Logger: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	turns, err := gate.New(gate.Config{}, m)
	if err != nil {
		t.Fatal(err)
	}
	s, err := account.New(account.Config{
		Users: table, Tokens: tokens, Keys: ring, Gate: turns, Limiter: limiter, Logger: log, KnownAddressAge: 24 * time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.SleepsLikeTests()
	return s
}

// TestCrowdIsAnsweredSoon: of far more right logins at once than can be served, whether of
// one account or one address or neither, as many are served as the processor can, and all
// others are refused at once, as ones too many and not as guesses. Nearly all of these cost
// no question. That holds too where the processor turns out to have less time for hashing
// than it had when the crowd came.
func TestCrowdIsAnsweredSoon(t *testing.T) {
	const clients, long, warm, pause = 320, 12 * time.Second, 6 * time.Second, 100 * time.Millisecond
	for _, c := range []struct{ accounts, addresses, part int }{
		{1, 1, 100}, {1, clients, 100}, {clients, 1, 100}, {1, 1, 25}, {1, clients, 25}, {clients, 1, 25},
	} {
		t.Run(fmt.Sprintf("%d accounts, %d addresses, %d %% of the cores", c.accounts, c.addresses, c.part), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m, table := new(mill), &anybody{hash: crowdHash}
				m.part.Store(100)
				s := crowdedService(t, m, table)
				defer s.Close()
				time.AfterFunc(150*time.Millisecond, func() { m.part.Store(int64(c.part)) })
				ctx, stop := context.WithTimeout(t.Context(), long)
				defer stop()
				var (
					all                           sync.WaitGroup
					mu                            sync.Mutex
					served, refused, late, asWell int
					slowest                       time.Duration
					begun                         = time.Now()
				)
				for i := range clients {
					credentials := account.Credentials{
						Username: fmt.Sprint("u", i%c.accounts), Address: fmt.Sprint("192.0.2.", i%c.addresses), Password: "right",
					}
					all.Go(func() {
						for ctx.Err() == nil {
							asked := time.Now()
							_, err := s.Verify(ctx, credentials)
							if ctx.Err() != nil {
								return
							}
							took := time.Since(asked)
							mu.Lock()
							switch {
							case err == nil && time.Since(begun) > warm:
								served++
							case err != nil:
								refused++
								slowest = max(slowest, took)
								if took > refusedWithin {
									late++
								}
								var throttled *throttle.RefusedError
								if errors.As(err, &throttled) && !throttled.AtOnce {
									asWell++
								}
							}
							mu.Unlock()
							if err != nil {
								time.Sleep(pause)
							}
						}
					})
				}
				all.Wait()
				fastest := crowdSlots * float64(c.part) / 100 / crowdTakes.Seconds()
				got := float64(served) / (long - warm).Seconds()
				t.Logf("%.1f of %.1f logins a second; %d refused, %d of them late, the last after %v; %d questions", got, fastest, refused, late, slowest, table.asked.Load())
				if got < 0.95*fastest {
					t.Errorf("%.1f logins a second, want %.1f but for a twentieth", got, fastest)
				}
				if asWell > 0 {
					t.Errorf("%d right logins are refused as guesses", asWell)
				}
				if refused == 0 || late*500 > refused {
					t.Errorf("%d of %d refusals take over %v, the last %v; want two in a thousand at the most", late, refused, refusedWithin, slowest)
				}
				if asked := int(table.asked.Load()); asked > int(fastest*long.Seconds())+refused/5 {
					t.Errorf("%d questions for %d refusals, want one for each login that is served, and few more", asked, refused)
				}
			})
		})
	}
}
