package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/bench/load"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		rounds []float64
		want   float64
		ok     bool
	}{
		{nil, 0, false},
		{[]float64{3}, 3, true},
		{[]float64{9, 1, 2}, 2, true},
		{[]float64{4, 1, 2, 9}, 3, true},
		{[]float64{math.Inf(1)}, 0, false},
		{[]float64{math.NaN()}, 0, false},
	}
	for _, tt := range tests {
		b := book{}
		for _, v := range tt.rounds {
			b.add("m", bare, v)
		}
		if got, ok := b.median("m", bare); ok != tt.ok || ok && got != tt.want {
			t.Errorf("median of %v = %v, %v, want %v, %v", tt.rounds, got, ok, tt.want, tt.ok)
		}
	}
}

// TestRatios: they are taken within a round, so that a slow round does not show.
func TestRatios(t *testing.T) {
	b := book{}
	for _, speed := range []float64{1, 0.2, 1} {
		b.add("m", bare, 100*speed)
		b.add("m", onSQLite, 90*speed)
		b.ratios("r", "m", bare, []column{bare, onSQLite})
	}
	if got, ok := b.median("r", onSQLite); !ok || got != 0.9 {
		t.Errorf("ratio = %v, %v, want 0.9", got, ok)
	}
}

func TestVerdict(t *testing.T) {
	tests := []struct {
		name            string
		sqlite, mariadb []float64
		want            string
	}{
		{"both", []float64{0.9}, []float64{0.85}, "reached"},
		{"one", []float64{0.9}, []float64{0.84}, "**not reached** on MariaDB"},
		{"none", []float64{0.1}, []float64{0.2}, "**not reached**"},
		{"only one measured", []float64{0.9}, nil, "reached"},
		{"no number", []float64{math.NaN()}, nil, "**not reached**"},
	}
	for _, tt := range tests {
		b := book{"m": {onSQLite: tt.sqlite, onMariaDB: tt.mariadb}}
		r := row{"", "m", times, "≥ 0.85×", atLeast(0.85)}
		if got := r.verdict(b); got != tt.want {
			t.Errorf("%s: verdict = %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestVerdictOfAnother: what restauth does to another server is judged by that one's figure.
func TestVerdictOfAnother(t *testing.T) {
	for got, want := range map[float64]string{0.9: "reached", 0.8: "**not reached**"} {
		b := book{"m": {flask: {got}}}
		if verdict := (row{"", "m", times, "≥ 0.85×", atLeast(0.85)}).verdict(b); verdict != want {
			t.Errorf("of %v: verdict = %q, want %q", got, verdict, want)
		}
	}
}

func TestRender(t *testing.T) {
	b := book{
		"guarded rate":       {bare: {60_900, 60_901, 60_902}, onSQLite: {55_000.4}},
		"guarded rate ratio": {bare: {1}, onSQLite: {0.5}},
	}
	got := render(b, []column{bare, onSQLite}, machine{cpu: "a CPU", cores: 2}, options{})
	for _, want := range []string{
		"| | bare net/http | restauth, SQLite | target | |\n|---|---:|---:|---|---|\n",
		"| answers | 60,901 /s | 55,000 /s |  |  |\n",
		"| … of bare | 1.00× | 0.50× | ≥ 0.85× | **not reached** |\n",
		"a CPU, 2 cores",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the report lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "Storm") {
		t.Errorf("the report has rows that nothing was measured for:\n%s", got)
	}
}

// TestHeadlines: each stands for a row with a target, and what it leaves out is
// named where it was missed.
func TestHeadlines(t *testing.T) {
	known := make(map[string]row)
	for _, g := range rows(machine{cores: 2}, options{sizes: full()}) {
		for _, r := range g.rows {
			known[r.measure] = r
		}
	}
	for _, h := range headlines() {
		if known[h.row].target == "" || h.figure != "" && known[h.figure].write == nil {
			t.Errorf("%q stands for no row with a target and a figure", h.words)
		}
	}
	b := book{
		"login alone":       {onSQLite: {11.9}, onMariaDB: {12}},
		"login alone ratio": {onSQLite: {0.53}, onMariaDB: {0.49}},
		"memory idle":       {onSQLite: {50}},
	}
	want := "| | restauth, SQLite | restauth, MariaDB | target |\n|---|---:|---:|---|\n" +
		"| … p50 of one at a time, of gin-jwt | 0.53× (11.9 ms) | 0.49× (12.0 ms) | ≤ 0.5×: **not reached** on SQLite |\n" +
		"\nOther targets not reached: Memory (1 of 1).\n2026-01-02, a CPU, 2 cores; commit abc.\n"
	if got := summary(b, machine{date: "2026-01-02", cpu: "a CPU", cores: 2, commit: "abc"}, options{sizes: full()}); got != want {
		t.Errorf("summary() =\n%s\nwant\n%s", got, want)
	}
}

// TestTargets: every row with a target has what decides about it.
func TestTargets(t *testing.T) {
	for _, g := range rows(machine{cores: 2}, options{sizes: full()}) {
		for _, r := range g.rows {
			if r.write == nil || (r.target == "") != (r.reached == nil) {
				t.Errorf("%s: the row %q is incomplete", g.title, r.words)
			}
		}
	}
}

func TestWriteBetween(t *testing.T) {
	file := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(file, []byte("a\n"+begin+"\nold\n"+end+"\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the markers stay
		if err := writeBetween(file, "new\n"); err != nil {
			t.Fatal(err)
		}
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := "a\n" + begin + "\nnew\n" + end + "\nb\n"; string(content) != want {
		t.Errorf("the file is %q, want %q", content, want)
	}
	if err := os.WriteFile(file, []byte(end+begin), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := writeBetween(file, "new\n"); err == nil {
		t.Error("a file without the markers in order is written")
	}
}

// TestExpected: guarded requests that take a core leave half of two.
func TestExpected(t *testing.T) {
	rate := func(answers int) *load.Result { return load.Answers(answers, time.Second) }
	idle, gate := cost{rate(1000), usage{cores: 2}}, cost{rate(100), usage{cores: 2}}
	if got := expected(idle, gate, rate(500)); math.Abs(got-50) > 1e-9 {
		t.Errorf("expected() = %v, want 50", got)
	}
	oneCore := cost{rate(100), usage{cores: 1}}
	if got := expected(idle, oneCore, rate(500)); got != 100 {
		t.Errorf("a gate of one core: expected() = %v, want 100", got)
	}
}

func TestTree(t *testing.T) {
	members, err := tree(os.Getpid())
	if err != nil || len(members) == 0 || members[0].pages == 0 {
		t.Errorf("tree() = %v, %v, want this process with its memory", members, err)
	}
}

func TestSpread(t *testing.T) {
	got := spread(4, 1_000_000)
	for i, want := range []int{1, 250_001, 500_001, 750_001} {
		if got[i] != want {
			t.Errorf("spread() = %v, want %d at %d", got, want, i)
		}
	}
}
