package gate

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestCancel: who goes away leaves the queue, and work already begun for
// him is given up.
func TestCancel(t *testing.T) {
	h := newHall(1)
	g := in(t, h, Config{MaxWait: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	var verifying sync.WaitGroup
	for range 40 {
		verifying.Go(func() {
			if match, err := g.Verify(ctx, mustParse(t, bcryptHash), "roy", Client{}); match || !errors.Is(err, context.Canceled) {
				t.Errorf("Verify() = %v, %v", match, err)
			}
		})
	}
	for deadline := time.Now().Add(testPatience); g.counts() != "40 39 40"; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not all are admitted: %s", g.counts())
		}
	}
	cancel()
	verifying.Wait()
	idle(t, g)
}

// TestMaxWait: nobody waits for longer than five times, and once a cost is
// known nobody is let in who would have to wait for longer than once.
func TestMaxWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall(1)
		g := in(t, h, Config{MaxWait: 50 * time.Millisecond})
		maxWait(t, g, h)
		idle(t, g)
	})
}

// maxWait runs it for a gate of 50 ms.
func maxWait(t *testing.T, g *Gate, h *hall) {
	t.Helper()
	const slow = "pbkdf2:sha512:25000$salt$00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
	first := start(t, g, slow, Client{Address: "1", Account: "1"})
	h.wait(1)
	r := <-start(t, g, slow, Client{Address: "2", Account: "2"})
	if _, ok := r.busy(); !ok || r.took != 250*time.Millisecond {
		t.Errorf("waiting = %v after %v, want 250ms", r.err, r.took)
	}
	time.Sleep(100 * time.Millisecond)
	h.release(1, 350*time.Millisecond)
	if r := <-first; r.err != nil {
		t.Fatal(r.err)
	}
	again := start(t, g, slow, Client{Address: "1", Account: "1"})
	h.wait(1)
	r = <-start(t, g, slow, Client{Address: "2", Account: "2"})
	if _, ok := r.busy(); !ok || r.took > 0 {
		t.Errorf("hopeless = %v after %v", r.err, r.took)
	}
	// The first took 350 ms, and who is admitted is served or refused in 250.
	var busy *BusyError
	if errors.As(r.err, &busy); busy == nil || busy.RetryAfter != 250*time.Millisecond {
		t.Errorf("hopeless = %+v, want RetryAfter 250ms", busy)
	}
	h.finishAll()
	<-again
}
