package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// groups are the headings of the help, in its order.
func groups() []kong.Group {
	return []kong.Group{
		{Key: "server", Title: "Server:"},
		{
			Key: "dialect", Title: "Dialect:",
			Description: "For clients that were written for another server and cannot change. The contract " +
				"at /openapi.json says what is set here; \"restauth openapi\" prints it.",
		},
		{Key: "users", Title: "User table:"},
		{Key: "state", Title: "Database of its own:"},
		{
			Key: "token", Title: "Tokens:",
			Description: "The secret, Flask's SECRET_KEY, comes from the environment variable " +
				"RESTAUTH_SECRET_KEY or from a file, never from a flag. An embedded database " +
				"keeps a random one of its own when neither is given.",
		},
		{Key: "logins", Title: "Logins:"},
		{Key: "hashes", Title: "Stored hashes of another application:"},
		{Key: "guesses", Title: "Guesses at passwords:"},
		{Key: "policy", Title: "Passwords being set:"},
		{Key: "log", Title: "Log, on standard error:"},
		{Key: "audit", Title: "Audit:"},
		{Key: "metrics", Title: "Metrics:"},
	}
}

// example is a line to type, and what it does.
type example struct{ line, does string }

// examples are what a command's help begins with.
func examples(all []example) string {
	width := 0
	for _, e := range all {
		width = max(width, len(e.line))
	}
	var b strings.Builder
	b.WriteString("Examples:\n\n")
	for _, e := range all {
		fmt.Fprintf(&b, "  %-*s  # %s\n", width, e.line, e.does)
	}
	return b.String()
}

// describe is a flag's line of help: what it is, its default, its environment
// variable.
func describe(value *kong.Value) string {
	var notes []string
	if preset := presetOf(value); preset != "" {
		notes = append(notes, "default "+preset)
	}
	if value.Flag != nil && isSetting(value.Flag) {
		notes = append(notes, "$"+variable(value.Flag.Name))
	}
	if len(notes) == 0 {
		return value.Help
	}
	return strings.TrimSuffix(value.Help, ".") + " (" + strings.Join(notes, "; ") + ")."
}

// presetOf is a value's default as people write it, "" where it has none.
func presetOf(value *kong.Value) string {
	switch {
	case value.Flag == nil || !isSetting(value.Flag):
		return ""
	case value.IsBool():
		return settings.Spelled(value.Default == "true")
	}
	return value.Default
}

// unfinished is the command, or the program itself, that lacks the name of a
// command behind it, nil where something else is wrong.
func unfinished(err error) *kong.Node {
	var parse *kong.ParseError
	if !errors.As(err, &parse) || !strings.HasPrefix(err.Error(), "expected ") {
		return nil
	}
	if node := nodeOf(parse); !node.Leaf() {
		return node
	}
	return nil
}

// shortHelp is for who typed a command's name, or nothing, to see what there is.
func shortHelp(out io.Writer, node *kong.Node) {
	fmt.Fprintf(out, "Usage: %s <command>\n\n%s\n\n", node.FullPath(), node.Help)
	if node.Detail != "" {
		fmt.Fprintf(out, "%s\n", node.Detail)
	}
	fmt.Fprintln(out, "Commands:")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, command := range node.Children {
		if !command.Hidden {
			fmt.Fprintf(table, "  %s\t%s\n", command.Path(), firstSentence(command.Help))
		}
	}
	_ = table.Flush() // to a terminal: nobody could act on it
	fmt.Fprintf(out, "\nRun \"%s --help\" for more, \"%s COMMAND --help\" for one command's flags.\n", node.FullPath(), node.FullPath())
}

// firstSentence cuts a text where a summary has to do.
func firstSentence(text string) string {
	first, _, _ := strings.Cut(text, ". ")
	return strings.TrimSuffix(first, ".") + "."
}
