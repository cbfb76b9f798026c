package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/restauth/restauth/impl/doctor"
)

// printReport prints a report for people: the worst first, and at the end what to type.
func printReport(out io.Writer, r *doctor.Report) {
	printSubject(out, r)
	printColumns(out, r.Columns)
	printForms(out, r.Forms)
	printFindings(out, r.Findings)
	printCandidates(out, r)
	if len(r.Proposal.Flags) > 0 {
		fmt.Fprintf(out, "\nSettings\n  restauth serve%s\n", flagLines(r.Proposal.Flags))
	}
	if r.Proposal.Grant != "" {
		fmt.Fprintf(out, "\nRights, and no others\n  %s\n", printable(r.Proposal.Grant))
	}
}

func printSubject(out io.Writer, r *doctor.Report) {
	if r.Table == "" {
		fmt.Fprintf(out, "%s: no user table was found.\n", r.Server)
		return
	}
	all := "all of "
	if !r.Complete {
		all = "the first "
	}
	fmt.Fprintf(out, "%s, table %s: looked at %s%d rows; %d of them nobody can log in with.\n", r.Server, printable(r.Table), all, r.Rows, r.NoLogin)
}

func printColumns(out io.Writer, columns []doctor.Column) {
	if len(columns) == 0 {
		return
	}
	fmt.Fprintln(out, "\nColumns")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range columns {
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", c.Role, printable(c.Name), printable(c.Type), c.Setting)
	}
	_ = table.Flush() // to a terminal: nobody could act on it
}

func printForms(out io.Writer, forms []doctor.Form) {
	if len(forms) == 0 {
		return
	}
	fmt.Fprintln(out, "\nStored passwords")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  form\trows\ta login takes\tin a second\t")
	for _, f := range forms {
		takes, second := "", ""
		if f.PerSecond > 0 {
			takes, second = figure(f.Milliseconds)+" ms", figure(f.PerSecond)
		}
		note := ""
		switch {
		case !f.Verifies:
			note = "nobody can log in"
		case f.PerSecond > 0 && !f.Measured:
			note = "estimated"
		}
		if f.Why != "" {
			note = strings.TrimPrefix(note+": "+f.Why, ": ")
		}
		fmt.Fprintf(table, "  %s\t%d\t%s\t%s\t%s\n", f.Method, f.Rows, takes, second, note)
	}
	_ = table.Flush() // to a terminal: nobody could act on it
}

func figure(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func printFindings(out io.Writer, findings []doctor.Finding) {
	if len(findings) == 0 {
		fmt.Fprintln(out, "\nNothing is wrong.")
		return
	}
	fmt.Fprintln(out, "\nFindings")
	for _, f := range findings {
		fmt.Fprintf(out, "  %s %s: %s\n", f.Severity, f.Code, f.Text)
		if len(f.Keys) > 0 {
			fmt.Fprintf(out, "      keys, for example: %s\n", strings.Join(f.Keys, ", "))
		}
		if f.Fix != "" {
			fmt.Fprintf(out, "      what to do: %s\n", f.Fix)
		}
	}
}

func printCandidates(out io.Writer, r *doctor.Report) {
	if len(r.Candidates) < 2 {
		return
	}
	fmt.Fprintln(out, "\nOther tables that may be meant")
	for _, c := range r.Candidates {
		if c.Table != r.Table {
			fmt.Fprintf(out, "  %s, %d %% hashes:%s\n", printable(c.Table), c.Share, flagLines(c.Flags))
		}
	}
}

// flagLines are flags as a shell takes them.
func flagLines(flags []string) string {
	var b strings.Builder
	for _, flag := range flags {
		name, value, _ := strings.Cut(flag, "=")
		if value != "" {
			name += "=" + quoteShell(value)
		}
		b.WriteString(" \\\n    " + name)
	}
	return b.String()
}
