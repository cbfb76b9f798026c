package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
)

// row is a line of the table: a measure, how it is written, and what it has to
// reach.
type row struct {
	words   string
	measure string
	write   func(float64) string
	target  string // "" where nothing was promised
	reached func(float64) bool
}

func rate(v float64) string    { return fmt.Sprintf("%s /s", thousands(v)) }
func latency(v float64) string { return precise(v) + " ms" }
func times(v float64) string   { return fmt.Sprintf("%.2f×", v) }
func percent(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }
func change(v float64) string  { return fmt.Sprintf("%+.1f %%", 100*v) }
func mebi(v float64) string    { return fmt.Sprintf("%.0f MiB", v) }
func seconds(v float64) string { return fmt.Sprintf("%.1f s", v) }
func count(v float64) string   { return fmt.Sprintf("%.0f", v) }

// precise writes a number with three digits that count.
func precise(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

func thousands(v float64) string {
	if v < 100 {
		return precise(v)
	}
	digits := fmt.Sprintf("%.0f", v)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

func atLeast(limit float64) func(float64) bool { return func(v float64) bool { return v >= limit } }
func atMost(limit float64) func(float64) bool  { return func(v float64) bool { return v <= limit } }

// render writes the report: the table, then what it was taken on.
func render(b book, columns []column, m machine, o options) string {
	var out strings.Builder
	out.WriteString("| |")
	for _, c := range columns {
		fmt.Fprintf(&out, " %s |", c)
	}
	out.WriteString(" target | |\n|---|" + strings.Repeat("---:|", len(columns)) + "---|---|\n")
	var heading string
	for _, g := range rows(m, o) {
		for _, r := range g.rows {
			if b[r.measure] == nil {
				continue
			}
			if heading != g.title {
				heading = g.title
				fmt.Fprintf(&out, "| **%s** |%s | |\n", g.title, strings.Repeat(" |", len(columns)))
			}
			r.line(&out, b, columns)
		}
	}
	out.WriteString("\n" + m.words(o))
	return out.String()
}

func (r row) line(out *strings.Builder, b book, columns []column) {
	fmt.Fprintf(out, "| %s |", r.words)
	for _, c := range columns {
		cell := ""
		if v, ok := b.median(r.measure, c); ok {
			cell = r.write(v)
		} else if len(b[r.measure][c]) > 0 {
			cell = "none"
		}
		fmt.Fprintf(out, " %s |", cell)
	}
	fmt.Fprintf(out, " %s | %s |\n", r.target, r.verdict(b))
}

// verdict says whether both of restauth's columns reach the target, or the others where
// it has no figure: what it does to another server is then that one's.
func (r row) verdict(b book) string {
	if r.target == "" {
		return ""
	}
	var missed []string
	seen := 0
	judged := []column{onSQLite, onMariaDB}
	if len(b[r.measure][onSQLite])+len(b[r.measure][onMariaDB]) == 0 {
		judged = slices.Sorted(maps.Keys(b[r.measure]))
	}
	for _, c := range judged {
		if len(b[r.measure][c]) == 0 {
			continue
		}
		seen++
		if v, ok := b.median(r.measure, c); !ok || !r.reached(v) {
			missed = append(missed, strings.TrimPrefix(string(c), "restauth, "))
		}
	}
	switch {
	case len(missed) == 0:
		return "reached"
	case len(missed) == seen:
		return "**not reached**"
	}
	return "**not reached** on " + strings.Join(missed, " and ")
}

func (m machine) words(o options) string {
	var out strings.Builder
	fmt.Fprintf(&out, "Taken on %s in one run of %s: %s, %d cores, %s of memory, Linux %s, %s; commit %s. ",
		m.date, m.took.Round(time.Second), m.cpu, m.cores, m.memory, m.kernel, m.golang, m.commit)
	fmt.Fprintf(&out, "Peers: %s. Medians of %d rounds (storms: %d) that went from server to server; ratios are taken within a round. ",
		m.peers, o.rounds, o.stormRounds)
	fmt.Fprintf(&out, "The load generator and the databases ran on the same cores. Other programs used %.0f %% of the cores before the start and %.0f %% during the run. ",
		100*m.noise, 100*m.others)
	out.WriteString("restauth logs a line of JSON for each request to a file; its peers keep no log.")
	for _, sentence := range m.unmeasured {
		out.WriteString(" " + sentence)
	}
	if len(m.settings) > 0 {
		fmt.Fprintf(&out, " restauth ran with %s.", strings.Join(m.settings, " "))
	}
	if m.others > 0.05 {
		out.WriteString(" **Other programs disturbed this run: do not rely on the figures.**")
	}
	if o.short {
		out.WriteString(" **A short run: the figures say little.**")
	}
	return out.String() + "\n"
}

const (
	begin = "<!-- bench:begin -->"
	end   = "<!-- bench:end -->"
)

// writeBetween replaces what stands between the two markers of a file.
func writeBetween(file, report string) error {
	before, after, err := aroundTable(file)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(before+begin+"\n"+report+end+after), 0o644); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// aroundTable is what stands before the first marker and after the second.
func aroundTable(file string) (before, after string, err error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", "", fmt.Errorf("write the table: %w", err)
	}
	before, rest, found := strings.Cut(string(content), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", "", fmt.Errorf("write the table: %s has no %s … %s", file, begin, end)
	}
	return before, after, nil
}
