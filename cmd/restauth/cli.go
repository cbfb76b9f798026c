package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/settings"
	"github.com/restauth/restauth/impl/database"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// cli is every command. Each field is one, so that a new command is a new line
// here and a file of its own.
type cli struct {
	Serve      serveCmd      `cmd:"" help:"Run the login server."`
	User       userCmd       `cmd:"" help:"Manage the users of the embedded database."`
	Config     configCmd     `cmd:"" help:"Look at the settings."`
	Completion completionCmd `cmd:"" help:"Print a script that completes this command in bash, zsh or fish."`
	Version    versionCmd    `cmd:"" help:"Print the version."`

	ShowVersion versionFlag `name:"version" help:"Print the version."`
}

// Help implements kong.HelpProvider.
func (cli) Help() string {
	return examples([]example{
		{"restauth serve --demo", "try it: user roy, password roy"},
		{"restauth serve", "users in a file of its own, restauth.db"},
		{"restauth user add NAME", "add a user to that file"},
	})
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

// run runs one command and returns its exit code. It is the only place where
// an error is turned into words for the person who typed the command.
func run(ctx context.Context, w world) int {
	if len(w.args) > 0 && w.args[0] == childCommand {
		return runChild(w)
	}
	env, err := newEnvironment(w.env)
	if err = cmp.Or(err, checkText(w.args)); err != nil {
		return fail(w, exitUsage, "", err)
	}
	helped := false
	values := source{env, make(map[string]bool)}
	parser, err := kong.New(&cli{}, options(w, values, &helped)...)
	if err != nil {
		return fail(w, exitFailed, "", fmt.Errorf("build the command line: %w", err))
	}
	if err := env.checkKnown(parser.Model); err != nil {
		return fail(w, exitUsage, "", err)
	}
	args, err := plainNegations(w.args)
	if err != nil {
		return fail(w, exitUsage, "restauth", err)
	}
	parsed, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		if node := unfinished(err); node != nil {
			shortHelp(w.stderr, node)
			return exitUsage
		}
		return fail(w, exitUsage, helpFor(err), values.explain(err))
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(w, env)
	if err := parsed.Run(); err != nil {
		var usage *settings.UsageError
		if errors.As(err, &usage) {
			return fail(w, exitUsage, parsed.Selected().FullPath(), values.explain(err))
		}
		return fail(w, exitOf(err), "", values.explain(err))
	}
	return exitOK
}

func options(w world, values source, helped *bool) []kong.Option {
	return []kong.Option{
		kong.Name("restauth"),
		kong.Description("A login server for a user table that already exists."),
		kong.Vars{"users": settings.DefaultUsers, "listen": settings.DefaultListen},
		kong.Writers(w.stdout, w.stderr),
		// Printing help must not end the process: run's caller may be a test.
		kong.Exit(func(int) { *helped = true }),
		kong.Resolvers(values),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(decodeDuration)),
		kong.TypeMapper(reflect.TypeFor[slog.Level](), kong.MapperFunc(decodeLevel)),
		kong.KindMapper(reflect.Bool, switches{}),
		kong.KindMapper(reflect.Int, kong.MapperFunc(decodeInt)),
		kong.ExplicitGroups(groups()),
		kong.ValueFormatter(describe),
		kong.ConfigureHelp(kong.HelpOptions{
			Compact:        true,
			WrapUpperBound: 80,
		}),
	}
}

// exitOf tells a wrong setting, which no restart mends, from what failed.
func exitOf(err error) int {
	var setting *settings.Error
	if errors.As(err, &setting) || errors.Is(err, database.ErrConfig) {
		return exitUsage
	}
	return exitFailed
}

// checkText refuses arguments that are not UTF-8: kong would put U+FFFD in the
// place of what it cannot read, and another name or file would be meant. The
// argument may hold a password, so its place is named and not its text.
func checkText(args []string) error {
	for i, arg := range args {
		if !utf8.ValidString(arg) {
			return fmt.Errorf("argument %d of the command line is not UTF-8; write it in UTF-8", i+1)
		}
	}
	return nil
}

// fail prints the error, and where to read on when a command's name is given.
func fail(w world, code int, command string, err error) int {
	fmt.Fprintf(w.stderr, "restauth: %v\n", err)
	if command != "" {
		fmt.Fprintf(w.stderr, "Run \"%s --help\" for how to use it.\n", command)
	}
	return code
}

// helpFor names the command whose help would have prevented a parse error.
func helpFor(err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context.Selected() != nil {
		return parse.Context.Selected().FullPath()
	}
	return "restauth"
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
