package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
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
	Serve   serveCmd   `cmd:"" help:"Run the login server."`
	User    userCmd    `cmd:"" help:"Manage the users of the embedded database."`
	Config  configCmd  `cmd:"" help:"Look at the settings."`
	Version versionCmd `cmd:"" help:"Print the version."`

	ShowVersion versionFlag `name:"version" help:"Print the version."`
}

// run runs one command and returns its exit code. It is the only place where
// an error is turned into words for the person who typed the command.
func run(ctx context.Context, w world) int {
	if len(w.args) > 0 && w.args[0] == childCommand {
		return runChild(w)
	}
	env, err := newEnvironment(w.env)
	if err != nil {
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
	parsed, err := parser.Parse(w.args)
	if helped {
		return exitOK
	}
	if err != nil {
		return fail(w, exitUsage, helpFor(err), values.explain(err))
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(w, env)
	if err := parsed.Run(); err != nil {
		var usage *usageError
		if errors.As(err, &usage) {
			return fail(w, exitUsage, parsed.Selected().FullPath(), values.explain(err))
		}
		return fail(w, exitFailed, "", values.explain(err))
	}
	return exitOK
}

func options(w world, values source, helped *bool) []kong.Option {
	return []kong.Option{
		kong.Name("restauth"),
		kong.Description("A login server for a user table that already exists."),
		kong.Vars{"users": defaultUsers},
		kong.Writers(w.stdout, w.stderr),
		// Printing help must not end the process: run's caller may be a test.
		kong.Exit(func(int) { *helped = true }),
		kong.Resolvers(values),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(decodeDuration)),
		kong.TypeMapper(reflect.TypeFor[slog.Level](), kong.MapperFunc(decodeLevel)),
		kong.KindMapper(reflect.Int, kong.MapperFunc(decodeInt)),
		kong.ExplicitGroups(groups()),
		kong.ValueFormatter(describe),
		kong.ConfigureHelp(kong.HelpOptions{
			Compact:        true,
			WrapUpperBound: 80,
		}),
	}
}

// usageError is a mistake in the command line that only shows once the
// arguments are seen together.
type usageError struct{ error }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
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
	if value.HasDefault && value.Default != "" && !value.IsBool() {
		notes = append(notes, "default "+value.Default)
	}
	if value.IsBool() && value.Tag.Negatable != "" && value.Default == "true" {
		notes = append(notes, "default on")
	}
	if value.Flag != nil && isSetting(value.Flag) {
		notes = append(notes, "$"+variable(value.Flag.Name))
	}
	if len(notes) == 0 {
		return value.Help
	}
	return strings.TrimSuffix(value.Help, ".") + " (" + strings.Join(notes, "; ") + ")."
}
