package pool

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
)

// childArg makes the test binary a hashing process.
const childArg = "-hashing-process"

// TestMain makes the test binary serve as a gate's child too, and as a child
// and a parent that do as they should not.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if play, ok := roles()[os.Args[1]]; ok {
			if err := play(os.Args[2:]); err != nil {
				os.Exit(1)
			}
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// logBuffer is a log that a test may read while it is written.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func (b *logBuffer) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

// everyHash is every recorded hash that Parse takes, with its password.
func everyHash(t testing.TB) map[string]string {
	t.Helper()
	hashes := make(map[string]string)
	for _, name := range []string{"werkzeug-hashes.json", "other-hashes.json"} {
		raw, err := os.ReadFile(filepath.Join("..", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Vectors []struct{ Hash, Password string }
		}
		if err := json.Unmarshal(raw, &file); err != nil {
			t.Fatal(err)
		}
		for _, v := range file.Vectors {
			if _, err := password.Parse(v.Hash); err == nil {
				hashes[v.Hash] = v.Password
			}
		}
	}
	if len(hashes) < 100 {
		t.Fatalf("only %d hashes", len(hashes))
	}
	return hashes
}

// serving waits until the gate's child works and returns its process id.
func serving(t testing.TB, g hashing, without ...int) int {
	t.Helper()
	for deadline := time.Now().Add(testPatience); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if pid := childOf(g); pid != 0 && (len(without) == 0 || pid != without[0]) {
			return pid
		}
	}
	t.Fatal("no child came")
	return 0
}

// endless takes a good part of a second, alone: as long as a child can be asked for.
func endless(t testing.TB) password.Hash {
	return mustParse(t, "pbkdf2:sha256:5000000$k1Ud5dzh$"+derived(1))
}

// keepPriority has the gate's children stay at its niceness, whatever else runs here:
// one that stands farthest back would be replaced when that is much.
func keepPriority(g hashing) {
	g.pool.mu.Lock()
	defer g.pool.unlock()
	g.pool.children.raised = raising{is: true, since: time.Now(), hold: time.Hour}
}

// ends waits until a process has ended.
func ends(t testing.TB, pid int) {
	t.Helper()
	for deadline := time.Now().Add(testPatience); alive(pid); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("process %d lives on", pid)
		}
	}
}

// verifyAll verifies n times in the background and returns what came of it.
func verifyAll(t testing.TB, g hashing, h password.Hash, n int) <-chan result {
	t.Helper()
	results := make(chan result, n)
	for i := range n {
		client := gate.Client{Address: string(rune('a' + i))}
		go func() {
			match, err := g.Verify(context.WithoutCancel(t.Context()), h, "roy", client)
			results <- result{match, err}
		}()
	}
	return results
}

// TestChildVerifies what Hash.Verify does, whatever kind of hash: one of each
// method, for what a child is sent of all others TestEncode shows.
func TestChildVerifies(t *testing.T) {
	needChildren(t)
	g := withChild(t, settings{Slots: 2, QueueLimit: 10_000, MaxWait: always})
	var verifying sync.WaitGroup
	seen := make(map[string]bool)
	hashes := everyHash(t)
	for _, encoded := range slices.Sorted(maps.Keys(hashes)) {
		h, typed := mustParse(t, encoded), hashes[encoded]
		if seen[h.Form()] {
			continue // How often it goes round changes nothing.
		}
		seen[h.Form()] = true
		for _, typed := range []string{typed, typed + "\x00"} {
			costly := h.Memory() > 4<<20 || strings.HasSuffix(h.Method(), "0000")
			if costly && strings.HasSuffix(typed, "\x00") {
				continue // The rest does not depend on the cost.
			}
			verifying.Go(func() {
				got, err := g.Verify(t.Context(), h, typed, gate.Client{Address: encoded})
				if want := h.Verify(typed); err != nil || got != want {
					t.Errorf("Verify(%s, %q) = %v, %v, want %v", encoded, typed, got, err, want)
				}
			})
		}
	}
	long := strings.Repeat("x", maxSent+1)
	if match, err := g.Verify(t.Context(), mustParse(t, royHash), long, gate.Client{}); match || err != nil {
		t.Errorf("Verify(a long password) = %v, %v", match, err)
	}
	verifying.Wait()
	idle(t, g)
}

// TestChildThatCannotStart: hashing goes on in this process, and one line says
// so.
func TestChildThatCannotStart(t *testing.T) {
	needChildren(t)
	for _, role := range []string{"ends", "talks nonsense"} {
		t.Run(role, func(t *testing.T) {
			log := new(logBuffer)
			g := withChild(t, settings{Slots: 2, MaxWait: always, Child: []string{role}, Logger: log.logger()})
			h := mustParse(t, royHash)
			for range 10 {
				if match, err := g.Verify(t.Context(), h, "roy", gate.Client{}); !match || err != nil {
					if !errors.Is(err, ErrEnded) {
						t.Errorf("Verify() = %v, %v", match, err)
					}
				}
			}
			if match, err := g.Verify(t.Context(), h, "roy", gate.Client{}); !match || err != nil {
				t.Errorf("in the end Verify() = %v, %v", match, err)
			}
			if n := strings.Count(log.String(), "level=ERROR"); n != 1 {
				t.Errorf("%d errors in the log, want 1:\n%s", n, log)
			}
			idle(t, g)
		})
	}
}

// TestChildThatLies: no answer to what was not asked is a match.
func TestChildThatLies(t *testing.T) {
	needChildren(t)
	g := withChild(t, settings{Slots: 1, MaxWait: always, Child: []string{"says yes to others"}})
	wrong := mustParse(t, royHash)
	for range 5 {
		if match, err := g.Verify(t.Context(), wrong, "not roy", gate.Client{}); match {
			t.Errorf("Verify() = %v, %v", match, err)
		}
	}
	idle(t, g)
}

// TestClosedGate hashes in this process, and has no child left.
func TestClosedGate(t *testing.T) {
	needChildren(t)
	g := withChild(t, settings{Slots: 1, MaxWait: always})
	results := verifyAll(t, g, mustParse(t, royHash), 3)
	pid := serving(t, g)
	g.Close()
	ends(t, pid)
	for range 3 {
		if r := <-results; !r.match || r.err != nil {
			t.Errorf("Verify() = %v, %v", r.match, r.err)
		}
	}
	if match, err := g.Verify(t.Context(), mustParse(t, royHash), "roy", gate.Client{}); !match || err != nil {
		t.Errorf("Verify() = %v, %v", match, err)
	}
	idle(t, g)
}
