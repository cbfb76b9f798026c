package gate

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/restauth/restauth/impl/password"
)

const (
	sha1Hash   = "pbkdf2:sha1:1000$salt$0000000000000000000000000000000000000000"
	cheapHash  = "pbkdf2:sha256:50000$salt$0000000000000000000000000000000000000000000000000000000000000000"
	scryptHash = "scrypt:32768:8:1$salt$"
)

// as starts a VerifyAs and returns the job that the executor was given.
func as(t *testing.T, g *Gate, h *hall, own, usual string) (*Job, <-chan result) {
	t.Helper()
	o, u := mustParse(t, own), mustParse(t, usual)
	c := make(chan result, 1)
	go func() {
		match, err := g.VerifyAs(context.WithoutCancel(t.Context()), o, u, "typed", Client{Address: "a"})
		c <- result{match: match, err: err}
	}()
	h.wait(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.running[0], c
}

// TestVerifyAs: a cheap hash is one job that has what it lacks behind it, stands in the
// line of the usual one and is priced as that; one that is dearer is left alone.
func TestVerifyAs(t *testing.T) {
	scrypt := scryptHash + strings.Repeat("0", 128)
	for _, c := range []struct {
		own, usual, pad, priced string
		kind                    kind
	}{
		{royHash, royHash, "", royHash, sliced},
		{cheapHash, royHash, "pbkdf2:sha256:100000", royHash, sliced},
		{weakHash, royHash, "pbkdf2:sha256:150000", royHash, sliced},
		{weakHash, argonHash, "argon2id:m=19456,t=2,p=1", argonHash, whole},
		{weakHash, bcryptHash, "bcrypt:10", bcryptHash, whole},
		{sha1Hash, royHash, "pbkdf2:sha256:", royHash, whole},
		{cheapHash, scrypt, "pbkdf2:sha256:", scrypt, whole},
		{royHash, cheapHash, "", royHash, sliced},
		{scrypt, cheapHash, "", scrypt, whole},
		{royHash, weakHash, "", royHash, sliced},
	} {
		h := newHall(1)
		g := in(t, h, Config{MaxWait: time.Minute})
		j, r := as(t, g, h, c.own, c.usual)
		pad, ok := j.Hash.Pad()
		if ok != (c.pad != "") || !strings.HasPrefix(pad.Method(), c.pad) {
			t.Errorf("%.20s as %.20s goes on with %q, want %q", c.own, c.usual, pad.Method(), c.pad)
		}
		g.mu.Lock()
		ran := g.running[j]
		if want := g.kernel.Estimate(mustParse(t, c.priced), false); ran.cost != want || ran.kind != c.kind || ran.memory < mustParse(t, c.priced).Memory() {
			t.Errorf("%.20s as %.20s is priced %v in line %d with %d bytes, want %v in %d", c.own, c.usual, ran.cost, ran.kind, ran.memory, want, c.kind)
		}
		g.mu.Unlock()
		h.release(1, time.Millisecond)
		if r := <-r; !r.match || r.err != nil {
			t.Errorf("%.20s as %.20s = %v, %v", c.own, c.usual, r.match, r.err)
		}
		idle(t, g)
	}
}

// TestFillerIsCorrected until a wrong password takes as long as the usual one as often as
// not, whatever was thought of either, whatever they take at first, and again after the
// machine has become another.
func TestFillerIsCorrected(t *testing.T) {
	for name, c := range map[string]struct{ own, usual time.Duration }{
		"as thought":          {4 * time.Millisecond, 65 * time.Millisecond},
		"nearly as dear":      {60 * time.Millisecond, 65 * time.Millisecond},
		"dear, and not cheap": {4 * time.Millisecond, 200 * time.Millisecond},
		"cheap":               {100 * time.Microsecond, 20 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { correct(t, c.own, c.usual) })
		})
	}
}

func correct(t *testing.T, costsOwn, costsUsual time.Duration) {
	scrypt := scryptHash + strings.Repeat("0", 128)
	random := rand.New(rand.NewPCG(1, 2))
	h := newHall(1)
	g := in(t, h, Config{MaxWait: time.Hour})
	// login has one end after what it takes on this machine, more or less.
	login := func(encoded string, own time.Duration, busy float64) time.Duration {
		j, r := as(t, g, h, encoded, scrypt)
		took := own
		if pad, ok := j.Hash.Pad(); ok {
			filler := g.kernel.Estimate(pad, false)
			if most := dearer * g.kernel.Estimate(mustParse(t, scrypt), false); filler > most {
				t.Errorf("a filler of %v on a machine that is %v times as slow, want %v at most", filler, busy, most)
			}
			took += filler * 5 / 4 // It is slower than thought.
		}
		took = time.Duration(float64(took) * busy * (1 + 0.02*random.NormFloat64()))
		time.Sleep(took)
		h.end(j, Outcome{Took: time.Millisecond})
		<-r
		return took
	}
	for round, busy := range []float64{30, 1, 2} {
		longer := 0
		for i := range 700 {
			usual := login(scrypt, costsUsual, busy)
			own := login(cheapHash, costsOwn, busy)
			if busy == 30 && i > 10 {
				break
			}
			if i >= 200 && own > usual {
				longer++
			}
		}
		if part := float64(longer) / 500; busy < 30 && (part < 0.4 || part > 0.6) {
			t.Errorf("round %d: %.2f of the wrong passwords took longer than the usual one, want about half", round, part)
		}
	}
	idle(t, g)
}

// TestLevelsAreBounded: whoever writes rows does not fill the memory.
func TestLevelsAreBounded(t *testing.T) {
	h := newHall(1)
	g := in(t, h, Config{MaxWait: time.Minute})
	for i := range 2 * mostCosts {
		own := fmt.Sprintf("pbkdf2:sha1:%d$salt$%s", 1000+i, strings.Repeat("0", 40))
		for _, pair := range [][2]string{{own, royHash}, {own, own}} {
			j, r := as(t, g, h, pair[0], pair[1])
			if _, ok := j.Hash.Pad(); ok != (pair[1] == royHash) {
				t.Fatalf("%d: padded %v", i, ok)
			}
			h.end(j, Outcome{Took: time.Millisecond})
			<-r
		}
	}
	if n := max(len(g.levels.own), len(g.levels.took), len(g.costs)); n > mostCosts {
		t.Errorf("%d methods are remembered, want %d at most", n, mostCosts)
	}
	if match, err := g.VerifyAs(t.Context(), password.Hash{}, mustParse(t, royHash), "", Client{}); match || err != nil {
		t.Errorf("VerifyAs(zero) = %v, %v", match, err)
	}
}
