//go:build adopt && linux

package adopt

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
)

// least is how many pairs have to be compared.
const least = 10_000

// writersWanted each have a file of pairs; run.sh writes them.
var writersWanted = []string{
	"werkzeug-0.16", "werkzeug-1.0", "werkzeug-2.0", "werkzeug-2.3", "werkzeug-3.1", "django-4.2", "django-5.2", "passlib", "ldap",
	"flask-security", "flask-bcrypt", "argon2-cffi", "tools", "aspnet", "bare", "node", "php", "ruby", "perl", "java",
}

// figures are what was measured. They outlive single tests, so that they stand together
// at the end.
var figures struct {
	mu    sync.Mutex
	lines []string
}

// figure notes what was measured beside what it has to be, and fails the test where it
// is not.
func figure(t *testing.T, what, target, measured string, ok bool) {
	t.Helper()
	verdict := "ok"
	if !ok {
		verdict = "FAILED"
		t.Errorf("%s: %s, want %s", what, measured, target)
	}
	figures.mu.Lock()
	defer figures.mu.Unlock()
	figures.lines = append(figures.lines, fmt.Sprintf("%-66s %-12s %-30s %s", what, target, measured, verdict))
}

// printing prints the figures after the tests.
type printing struct{ dbtest.Runner }

func (p printing) Run() int {
	code := p.Runner.Run()
	fmt.Printf("\n%-66s %-12s %s\n", "figure", "has to be", "is")
	for _, line := range figures.lines {
		fmt.Println(line)
	}
	return code
}

func TestMain(m *testing.M) { os.Exit(dbtest.Wrap(printing{m}).Run()) }

// written are the pairs that the frameworks have just written, and what MariaDB's
// PASSWORD() makes of the same passwords.
func written(t *testing.T) (all []pair) {
	t.Helper()
	dir := os.Getenv("ADOPT_PAIRS")
	if dir == "" {
		t.Fatal("no pairs: run make adopt")
	}
	for _, writer := range writersWanted {
		all = append(all, readPairs(t, filepath.Join(dir, writer+".jsonl"))...)
	}
	return append(all, byMariaDB(t)...)
}

// TestDirectly compares every pair with package password.
func TestDirectly(t *testing.T) {
	pairs := written(t)
	compared, cut := make(map[string]int), 0
	wrong := make(map[string][]string)
	slowest := time.Duration(0)
	var mu sync.Mutex
	each(pairs, func(p pair) {
		begun := time.Now()
		n, disagreements := p.disagreements()
		took := time.Since(begun) / time.Duration(n)
		mu.Lock()
		defer mu.Unlock()
		slowest = max(slowest, took)
		compared[p.name()] += n
		wrong[p.name()] = append(wrong[p.name()], disagreements...)
		if p.refused() {
			cut++
		}
	})
	total, failed := 0, 0
	for _, name := range slices.Sorted(maps.Keys(compared)) {
		total, failed = total+compared[name], failed+len(wrong[name])
		t.Logf("%-60s %5d pairs, %d disagreements", name, compared[name], len(wrong[name]))
		if len(wrong[name]) > 0 {
			t.Errorf("%s: %d disagreements, such as %s", name, len(wrong[name]), strings.Join(wrong[name][:min(3, len(wrong[name]))], "; "))
		}
	}
	t.Logf("%d passwords of over 72 bytes are refused where bcrypt would cut them; the dearest took %v", cut, slowest)
	figure(t, "1  pairs of password and hash compared", fmt.Sprintf(">= %d", least), fmt.Sprintf("%d of %d forms", total, len(compared)), total >= least)
	figure(t, "1  disagreements with those who wrote them", "0", fmt.Sprint(failed), failed == 0)
	keep(t, pairs)
}

// each calls do for all pairs, on all cores.
func each(pairs []pair, do func(pair)) {
	var wg sync.WaitGroup
	todo := make(chan pair)
	for range runtime.NumCPU() {
		wg.Go(func() {
			runtime.LockOSThread() // for processorTime
			for p := range todo {
				do(p)
			}
		})
	}
	for _, p := range pairs {
		todo <- p
	}
	close(todo)
	wg.Wait()
}

// keep writes a few pairs of each form to the file that TestRecorded reads.
func keep(t *testing.T, pairs []pair) {
	t.Helper()
	name := os.Getenv("ADOPT_KEEP")
	if name == "" {
		return
	}
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := json.NewEncoder(file)
	lines.SetEscapeHTML(false)
	for _, p := range few(pairs, 2) {
		if err := lines.Encode(p); err != nil {
			t.Fatal(err)
		}
	}
}

// refused is beyondBcrypt for a pair that may not be read at all.
func (p pair) refused() bool {
	h, err := p.parse()
	return err == nil && p.beyondBcrypt(h)
}

// few are so many pairs of each form, of passwords that are short and long.
func few(pairs []pair, n int) (all []pair) {
	forms := make(map[string][]pair)
	var order []string
	for _, p := range pairs {
		if p.refused() {
			continue
		}
		if forms[p.name()] == nil {
			order = append(order, p.name())
		}
		forms[p.name()] = append(forms[p.name()], p)
	}
	for _, name := range order {
		of := forms[name]
		for i := range min(n, len(of)) {
			all = append(all, of[i*len(of)/min(n, len(of))])
		}
	}
	return all
}

// processorTime is what the thread has had of the processor: what else runs does not count.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	const thread = 1 // RUSAGE_THREAD of getrusage(2)
	var used syscall.Rusage
	if err := syscall.Getrusage(thread, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// toPoison are hashes to tamper with: one of each form, but for those of usual costs, which
// take with another salt what they take with their own.
func toPoison(pairs []pair) []pair {
	return slices.DeleteFunc(few(pairs, 1), func(p pair) bool {
		return strings.Contains(p.Form, "as it comes") || strings.Contains(p.Form, "128 MiB")
	})
}

// TestPoisoned has hashes of each form that were tampered with judged within a second
// each, and nobody let in by them. Servers are asked in TestServers.
func TestPoisoned(t *testing.T) {
	variants, let, slowest, which := 0, 0, time.Duration(0), ""
	var mu sync.Mutex
	each(toPoison(written(t)), func(p pair) {
		for _, hash := range poisoned(p.Hash) {
			tampered := p
			tampered.Hash = hash
			begun := processorTime(t)
			h, err := tampered.parse()
			lets := err == nil && h.Verify(p.Password)
			took := processorTime(t) - begun
			mu.Lock()
			variants++
			if lets {
				let++
				t.Errorf("%s: %q lets in, and was made of %q", p.name(), hash, p.Hash)
			}
			if took > slowest {
				slowest, which = took, fmt.Sprintf("%s: %q", p.name(), hash)
			}
			mu.Unlock()
		}
	})
	t.Logf("the slowest was %s", which)
	figure(t, "2  poisoned hashes that let somebody in", "0", fmt.Sprintf("%d of %d", let, variants), let == 0 && variants > 1000)
	figure(t, "2  the slowest of them, processor time", "<= 1 s", slowest.Round(time.Millisecond).String(), slowest <= time.Second)
}
