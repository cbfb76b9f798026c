package account_test

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/account"
	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
	"github.com/restauth/restauth/impl/throttle"
	"github.com/restauth/restauth/impl/token"
)

var errSecondTurn = errors.New("no second turn")

// oneTurn hashes what it is given first, and fails from then on.
type oneTurn struct {
	done  func(*gate.Job, gate.Outcome)
	turns int
}

func (o *oneTurn) Start(done func(*gate.Job, gate.Outcome)) { o.done = done }
func (o *oneTurn) Slots() int                               { return 1 }
func (o *oneTurn) GiveUp(int, *gate.Job)                    {}
func (o *oneTurn) Pace() float64                            { return 1 }
func (o *oneTurn) Close()                                   {}

func (o *oneTurn) Run(_ int, j *gate.Job) {
	o.turns++
	end := gate.Outcome{Match: j.Hash.Verify(j.Password)}
	if o.turns > 1 {
		end = gate.Outcome{Err: errSecondTurn}
	}
	go o.done(j, end)
}

// TestHalfAGuessCounts: where a password has two spellings, and after the first was wrong
// there is no turn for the second, the attempt is not given back.
func TestHalfAGuessCounts(t *testing.T) {
	t.Parallel()
	_, table, _ := open(t, true, fast)
	ring := single(t, "secret")
	tokens, err := token.New(token.Config{Keys: ring, Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	limiter, err := throttle.New(throttle.Config{
		Account: throttle.Budget{Free: 1, Forget: time.Hour, Window: time.Hour},
		Secret:  []byte("secret"), Random: bytes.Repeat([]byte{1}, 32), Logger: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	turns, err := gate.New(gate.Config{MaxWait: always}, new(oneTurn))
	if err != nil {
		t.Fatal(err)
	}
	s, err := account.New(account.Config{
		Users: table, Tokens: tokens, Keys: ring, Gate: turns, Limiter: limiter, Logger: log,
		Hashes: password.Options{FlaskSecuritySalt: []byte("salt")},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	credentials := account.Credentials{Username: "user0", Password: "p\u00e4ssw\u00f6rd"}
	if _, err := s.Verify(t.Context(), credentials); !errors.Is(err, errSecondTurn) {
		t.Errorf("Verify() = %v, want that there was no second turn", err)
	}
	var refused *throttle.RefusedError
	if _, err := s.Verify(t.Context(), credentials); !errors.As(err, &refused) {
		t.Errorf("Verify() = %v once more: the attempt was given back", err)
	}
}
