package pool

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
)

// forms are hashes of each way to run, and the password of each.
func forms() map[string]string {
	return map[string]string{
		weakHash:                                     "correct horse",
		"plain$$battery staple":                      "battery staple",
		"pbkdf2:sha256:1$k1Ud5dzh$" + derived(1):     "roy",
		"pbkdf2:sha256:257$k1Ud5dzh$" + derived(257): "roy",
		"$2a$04$UpUzTU2QLIaygUwFiGrHGeY03BCPVWKbAYrauT13JQYTDVdz1bZ6W": "hunter2",
	}
}

// pads are of each way to run.
func pads(t *testing.T) []password.Hash {
	t.Helper()
	return []password.Hash{
		mustParse(t, royHash), mustParse(t, argonHash), mustParse(t, weakHash),
		mustParse(t, "pbkdf2:sha1:1000$salt$"+strings.Repeat("0", 40)),
	}
}

// testPadded: a right password is right at once, a wrong one is wrong after the pad's work
// too, wherever either of the two is run.
func testPadded(t *testing.T, newGate maker) {
	g := newGate(t, settings{Slots: 2, QueueLimit: 1000, MaxWait: always})
	var verifying sync.WaitGroup
	for hash, right := range forms() {
		for i, pad := range pads(t) {
			for _, typed := range []string{right, "wrong", right + "\x00", strings.Repeat("x", maxSent+1)} {
				h := mustParse(t, hash).Padded(pad)
				verifying.Go(func() {
					got, err := g.Verify(t.Context(), h, typed, gate.Client{Address: fmt.Sprint(i, typed)})
					if err != nil || got != (typed == right) {
						t.Errorf("Verify(%s, padded with %s, %.20q) = %v, %v", h, pad, typed, got, err)
					}
				})
			}
		}
	}
	verifying.Wait()
	idle(t, g)
}

// testPaddedTakes as long as both, and only where the password is wrong.
func testPaddedTakes(t *testing.T, newGate maker) {
	g := newGate(t, settings{Slots: 1, MaxWait: always})
	pad := mustParse(t, "pbkdf2:sha256:3000000$salt$"+strings.Repeat("0", 64))
	took := func(h password.Hash, typed string) time.Duration {
		begun := time.Now()
		if _, err := g.Verify(t.Context(), h, typed, gate.Client{}); err != nil {
			t.Fatal(err)
		}
		return time.Since(begun)
	}
	took(pad, "roy") // starts what there is to start
	usual := took(pad, "roy")
	for hash, right := range forms() {
		h := mustParse(t, hash).Padded(pad)
		var wrong, match time.Duration
		for range 10 { // A busy machine holds one up now and then, but not each time.
			if wrong, match = took(h, "wrong"), took(h, right); wrong > usual/4 && match < wrong/2 {
				break
			}
		}
		if wrong < usual/4 || match > wrong/2 {
			t.Errorf("%s: %v for a wrong password and %v for the right one, where the pad takes %v", h, wrong, match, usual)
		}
	}
	idle(t, g)
}

// testPaddedEnds: a child that goes away takes none of them along.
func testPaddedEnds(t *testing.T, newGate maker) {
	g := newGate(t, settings{Slots: 2, QueueLimit: 1000, MaxWait: always})
	var verifying sync.WaitGroup
	for hash := range forms() {
		for i, pad := range pads(t) {
			for n := range 5 {
				h := mustParse(t, hash).Padded(pad)
				verifying.Go(func() {
					if got, err := g.Verify(t.Context(), h, "wrong", gate.Client{Address: fmt.Sprint(i, n)}); got || err != nil {
						t.Errorf("Verify(%s, padded with %s) = %v, %v", h, pad, got, err)
					}
				})
			}
		}
	}
	time.Sleep(20 * time.Millisecond)
	g.Close()
	verifying.Wait()
	idle(t, g)
}
