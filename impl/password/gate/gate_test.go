package gate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSlots: never more at once than slots, or than memory for.
func TestSlots(t *testing.T) {
	for _, c := range []struct {
		name        string
		slots, want int
		encoded     string
	}{
		{"slots", 3, 3, bcryptHash},
		{"memory", 8, 2, "$argon2id$v=19$m=102400,t=1,p=1$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw"},
		{"memory for one", 8, 1, "$argon2id$v=19$m=131072,t=1,p=1$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHall(c.slots)
			g := in(t, h, Config{MaxWait: time.Minute, MemoryLimit: 210 << 20})
			results := make([]<-chan result, 10)
			for i := range results {
				results[i] = start(t, g, c.encoded, Client{Address: fmt.Sprint(i)})
			}
			h.wait(c.want)
			for left := len(results); left > 0; left-- {
				if n := h.runs(); n != min(c.want, left) {
					t.Errorf("%d at once, want %d", n, min(c.want, left))
				}
				h.release(1, time.Millisecond)
			}
			for i, r := range results {
				if r := <-r; !r.match || r.err != nil {
					t.Errorf("%d: %v, %v", i, r.match, r.err)
				}
			}
			idle(t, g)
		})
	}
}

// TestMemoryIsNoDeadEnd: what needs much is not passed by for ever, and
// what needs none does not wait for it.
func TestMemoryIsNoDeadEnd(t *testing.T) {
	h := newHall(3)
	g := in(t, h, Config{MaxWait: time.Minute, MemoryLimit: LeastMemoryLimit})
	argon := func(mib int) string {
		return fmt.Sprintf("$argon2id$v=19$m=%d,t=1,p=1$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw", mib<<10)
	}
	for i, encoded := range []string{argon(1), argon(128), argon(1), bcryptHash} {
		client := fmt.Sprint(i)
		start(t, g, encoded, Client{Address: client, Account: client})
	}
	if diff := cmp.Diff([]string{"0", "3"}, h.wait(2)); diff != "" || len(h.begun) > 0 {
		t.Errorf("began (-want +got):\n%s and %d more: a small one passed the big one by", diff, len(h.begun))
	}
	h.release(1, time.Millisecond)
	if diff := cmp.Diff([]string{"1"}, h.wait(1)); diff != "" || len(h.begun) > 0 {
		t.Errorf("then began (-want +got):\n%s and %d more", diff, len(h.begun))
	}
	h.release(2, time.Millisecond)
	if diff := cmp.Diff([]string{"2"}, h.wait(1)); diff != "" {
		t.Errorf("in the end began (-want +got):\n%s", diff)
	}
	h.finishAll()
	idle(t, g)
}

// TestFull: what does not fit is refused at once, with the way to go on.
func TestFull(t *testing.T) {
	h := newHall(1)
	g := in(t, h, Config{QueueLimit: 4, MaxWait: time.Minute})
	for i := range 5 {
		start(t, g, bcryptHash, Client{Address: fmt.Sprint(i), Account: fmt.Sprint(i)})
		if i == 0 {
			h.wait(1)
		}
	}
	r := <-start(t, g, bcryptHash, Client{Address: "6", Account: "6"}) // Nothing ends before this.
	if one, ok := r.busy(); !ok || one || r.took > g.maxWait {
		t.Errorf("the sixth = %v after %v", r.err, r.took)
	}
	h.finishAll()
	idle(t, g)
}

// TestIsFair: neither an address nor an account takes the whole queue where
// others wait, and whoever has asked for less goes first.
func TestIsFair(t *testing.T) {
	for name, flood := range map[string]func(i int) Client{
		"one address": func(i int) Client { return Client{Address: "flood", Account: fmt.Sprint(i)} },
		"one account": func(i int) Client { return Client{Address: fmt.Sprint(i), Account: "flood"} },
		"both":        func(int) Client { return Client{Address: "flood", Account: "flood"} },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHall(1)
			g := in(t, h, Config{QueueLimit: 10, MaxWait: time.Minute})
			var flooding []<-chan result
			for i := range 11 { // Alone it may have the slot and the queue.
				flooding = append(flooding, start(t, g, bcryptHash, flood(i)))
				if i == 0 {
					h.wait(1)
				}
			}
			if one, ok := (<-start(t, g, bcryptHash, flood(99))).busy(); !ok || !one {
				t.Errorf("one more = busy %v, one client %v", ok, one)
			}
			for i := range 6 {
				start(t, g, bcryptHash, Client{Address: fmt.Sprint("other", i/2), Account: fmt.Sprint("user", i/2)})
				// It took the place of the latest of the flood.
				if one, ok := (<-flooding[10-i]).busy(); !ok || !one {
					t.Errorf("%d of the flood = busy %v, one client %v", 10-i, ok, one)
				}
			}
			if one, ok := (<-start(t, g, bcryptHash, flood(99))).busy(); !ok || !one {
				t.Errorf("the flood again = busy %v, one client %v", ok, one)
			}
			var order []string
			for range 10 {
				h.release(1, 10*time.Millisecond)
				order = append(order, h.wait(1)...)
			}
			for i := range order { // Everyone's first, then everyone's second.
				if !strings.HasPrefix(order[i], "other") {
					order[i] = "flood"
				}
			}
			want := []string{"flood", "other0", "other1", "other2", "flood", "other0", "other1", "other2", "flood", "flood"}
			if name == "one account" { // Its second address stands where others' second login does.
				want = []string{"other0", "other1", "other2", "flood", "other0", "other1", "other2", "flood", "flood", "flood"}
			}
			if diff := cmp.Diff(want, order); diff != "" {
				t.Errorf("served (-want +got):\n%s", diff)
			}
			h.finishAll()
			idle(t, g)
		})
	}
}

// TestOwnerAndAttacker: one address that floods an account moves its owner
// back by one place, wherever the owner comes from.
func TestOwnerAndAttacker(t *testing.T) {
	h := newHall(1)
	g := in(t, h, Config{QueueLimit: 10, MaxWait: time.Minute})
	for i := range 9 {
		start(t, g, bcryptHash, Client{Address: "attacker", Account: "ann"})
		if i == 0 {
			h.wait(1)
		}
	}
	start(t, g, bcryptHash, Client{Address: "home", Account: "ann"})
	start(t, g, bcryptHash, Client{Address: "elsewhere", Account: "bob"})
	var order []string
	for range 4 {
		h.release(1, 10*time.Millisecond)
		order = append(order, h.wait(1)...)
	}
	if diff := cmp.Diff([]string{"attacker", "elsewhere", "attacker", "home"}, order); diff != "" {
		t.Errorf("served (-want +got):\n%s", diff)
	}
	h.finishAll()
	idle(t, g)
}

// TestNew refuses what could never work.
func TestNew(t *testing.T) {
	for _, cfg := range []Config{{QueueLimit: -1}, {MaxWait: -1}, {MemoryLimit: LeastMemoryLimit - 1}} {
		if _, err := New(cfg, newHall(1)); err == nil {
			t.Errorf("New(%+v) is no error", cfg)
		}
	}
	if _, err := New(Config{}, nil); err == nil {
		t.Error("New without an executor is no error")
	}
}
