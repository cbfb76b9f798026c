package main

import (
	"fmt"
	"strings"
)

// headline is a line of README.md's table: a row of the whole one, with the
// figure behind its ratio.
type headline struct {
	words  string
	figure string // the measure behind the ratio; "" where the row is a figure itself
	row    string // the row's measure, with its target
}

// headlines are what a reader of README.md sees. A target that is missed
// anywhere in a run has to be among them, or whoever reads only that table takes
// the others for all.
func headlines() []headline {
	return []headline{
		{fmt.Sprintf("Guarded GET, %d connections, of a bare net/http handler", manyConnections), "guarded rate", "guarded rate ratio"},
		{"… its p99, of the bare handler's", "guarded p99", "guarded p99 ratio"},
		{fmt.Sprintf("Logins, %d connections, of gin-jwt", loginConnections), "login rate", "login rate ratio"},
		{"… p50 of one at a time, of gin-jwt", "login alone", "login alone ratio"},
		{fmt.Sprintf("Storm of %d login connections: guarded answers kept", stormConnections), "storm guarded", "storm guarded kept"},
		{"… their p99, of that without logins", "storm p99", "storm p99 ratio"},
		{"… logins, of what guarded answers should leave", "storm logins", "storm logins kept"},
		{"… memory", "", "storm memory"},
	}
}

// summary writes the short table, and below it what else was missed.
func summary(b book, m machine, o options) string {
	all := make(map[string]row)
	var missed []string // of a group how many, so that a reader knows where to look
	shown := make(map[string]bool)
	for _, h := range headlines() {
		shown[h.row] = true
	}
	for _, g := range rows(m, o) {
		targets, failed := 0, 0
		for _, r := range g.rows {
			all[r.measure] = r
			if b[r.measure] == nil || shown[r.measure] || r.target == "" {
				continue
			}
			targets++
			if strings.Contains(r.verdict(b), "not") {
				failed++
			}
		}
		if title, _, _ := strings.Cut(g.title, ": "); failed > 0 {
			missed = append(missed, fmt.Sprintf("%s (%d of %d)", title, failed, targets))
		}
	}
	var out strings.Builder
	fmt.Fprintf(&out, "| | %s | %s | target |\n|---|---:|---:|---|\n", onSQLite, onMariaDB)
	for _, h := range headlines() {
		r := all[h.row]
		if b[h.row] == nil {
			continue
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s: %s |\n",
			h.words, h.cell(b, all, onSQLite), h.cell(b, all, onMariaDB), r.target, r.verdict(b))
	}
	out.WriteString("\n")
	if len(missed) > 0 {
		fmt.Fprintf(&out, "Other targets not reached: %s.\n", strings.Join(missed, "; "))
	}
	fmt.Fprintf(&out, "%s, %s, %d cores; commit %s.", m.date, m.cpu, m.cores, m.commit)
	if m.others > 0.05 {
		out.WriteString(" **Other programs disturbed this run.**")
	}
	if o.short {
		out.WriteString(" **A short run: the figures say little.**")
	}
	return out.String() + "\n"
}

// cell is a ratio and in brackets what it was made of.
func (h headline) cell(b book, all map[string]row, c column) string {
	value, ok := b.median(h.row, c)
	if !ok {
		return ""
	}
	cell := all[h.row].write(value)
	if figure, ok := b.median(h.figure, c); ok {
		cell += " (" + all[h.figure].write(figure) + ")"
	}
	return cell
}
