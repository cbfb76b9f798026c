package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password"
)

const (
	royHash   = "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e"
	argonHash = "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw" // nobody's
	weakHash  = "sha1$ofeFms0S$9f0b7ba72147f46e78f0d50c0d13a6c17db5bee2"               // correct horse
)

// bcryptHash runs to its end and needs no memory.
var bcryptHash = "$2b$10$" + strings.Repeat(".", 53)

// testPatience is how long a test waits for what takes milliseconds on an idle machine.
const testPatience = 3 * time.Minute

// hall is an Executor where nothing ends until the test says so.
type hall struct {
	slots int
	pace  float64
	done  func(*Job, Outcome)

	mu      sync.Mutex
	running []*Job // in the order in which they began
	places  map[*Job]int
	begun   chan string // passwords
}

func newHall(slots int) *hall {
	return &hall{slots: slots, pace: 1, places: make(map[*Job]int), begun: make(chan string, 100_000)}
}

func (h *hall) Start(done func(*Job, Outcome)) { h.done = done }
func (h *hall) Slots() int                     { return h.slots }
func (h *hall) Pace() float64                  { return h.pace }
func (h *hall) Close()                         {}

func (h *hall) Run(slot int, j *Job) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = append(h.running, j)
	h.places[j] = slot
	h.begun <- j.Password
}

// GiveUp ends it as soon as can be.
func (h *hall) GiveUp(_ int, j *Job) { go h.end(j, Outcome{}) }

// end ends a job, if it runs.
func (h *hall) end(j *Job, end Outcome) {
	h.mu.Lock()
	i := slices.Index(h.running, j)
	if i >= 0 {
		h.running = slices.Delete(h.running, i, i+1)
		delete(h.places, j)
	}
	h.mu.Unlock()
	if i >= 0 {
		h.done(j, end)
	}
}

// release ends the n that began first, which match and took so long.
func (h *hall) release(n int, took time.Duration) {
	for range n {
		h.mu.Lock()
		first := h.running[0]
		h.mu.Unlock()
		h.end(first, Outcome{Match: true, Took: took})
	}
}

// finishAll ends whatever runs, until nothing does.
func (h *hall) finishAll() {
	for h.runs() > 0 {
		h.release(1, time.Millisecond)
	}
}

func (h *hall) runs() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.running)
}

// wait waits for the next n to begin and returns their passwords.
func (h *hall) wait(n int) (passwords []string) {
	for range n {
		passwords = append(passwords, <-h.begun)
	}
	return passwords
}

// in makes a gate on an executor.
func in(t testing.TB, e Executor, cfg Config) *Gate {
	t.Helper()
	g, err := New(cfg, e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

func mustParse(t testing.TB, encoded string) password.Hash {
	t.Helper()
	h, err := password.Parse(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// result is what one Verify came to.
type result struct {
	client Client
	match  bool
	err    error
	took   time.Duration
}

func (r result) busy() (oneClient, ok bool) {
	var busy *BusyError
	ok = errors.As(r.err, &busy)
	return ok && busy.OneClient, ok
}

// start verifies the client's address as the password, in the background, and returns when the task has been admitted
// or refused.
func start(t testing.TB, g *Gate, encoded string, client Client) <-chan result {
	t.Helper()
	h := mustParse(t, encoded)
	before := g.counts()
	c := make(chan result, 1)
	go func() {
		begin := time.Now()
		match, err := g.Verify(context.WithoutCancel(t.Context()), h, client.Address, client)
		c <- result{client, match, err, time.Since(begin)}
	}()
	for len(c) == 0 && g.counts() == before {
		time.Sleep(50 * time.Microsecond)
	}
	return c
}

// counts changes whenever a task is admitted.
func (g *Gate) counts() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return fmt.Sprint(g.queue.all, g.queue.waiting, g.queue.lastSequence)
}

// check reports what does not add up in a gate's counts.
func (g *Gate) check() (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	waiting, all := 0, 0
	var count, active, several, stoodBack [kinds]int
	var work [kinds]time.Duration
	var runs [kinds]under
	for _, a := range g.queue.addresses {
		tasks := 0
		for k := range a.flows {
			f := &a.flows[k]
			tasks += len(f.waiting) + f.running
			count[k] += len(f.waiting)
			work[k] += f.work
			runs[k].running += f.running
			runs[k].runs += f.runs
			if !f.empty() {
				active[k]++
			}
			if f.running > 1 {
				several[k]++
			}
			if (f.place >= 0) != (len(f.waiting) > 0) {
				fault("a flow with %d waiting is at %d", len(f.waiting), f.place)
			}
		}
		if tasks != a.tasks || tasks == 0 {
			fault("address %s has %d, counts %d", a.name, tasks, a.tasks)
		}
		all += tasks
	}
	for t := g.queue.first; t != nil; t = t.later {
		waiting++
		if t.tries > 1 {
			stoodBack[t.kind]++
		}
	}
	for k, l := range g.queue.lines {
		if l.count != count[k] || l.active != active[k] || l.several != several[k] || l.work != work[k] || l.stoodBack != stoodBack[k] ||
			l.running != runs[k].running || l.runs != runs[k].runs {
			fault("line %d counts %+v, has %v %v %v %v", k, *l, count[k], active[k], several[k], work[k])
		}
	}
	if waiting != g.queue.waiting || all != g.queue.all || len(g.running) != all-waiting {
		fault("%d of %d wait and %d run, counted %d of %d", waiting, all, len(g.running), g.queue.waiting, g.queue.all)
	}
	return faults
}

// idle waits until the gate has nothing left.
func idle(t testing.TB, g *Gate) {
	t.Helper()
	for deadline := time.Now().Add(testPatience); ; time.Sleep(time.Millisecond) {
		g.mu.Lock()
		left := len(g.running) + int(g.memory) + g.queue.all + g.queue.waiting + len(g.queue.addresses) + len(g.queue.accounts) +
			g.queue.pairs + g.queue.heavy.len() + g.queue.tried.len()
		faults := g.check()
		g.mu.Unlock()
		if len(faults) > 0 {
			t.Fatalf("the gate's counts: %q", faults)
		}
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the gate is not empty: %d", left)
		}
	}
}
