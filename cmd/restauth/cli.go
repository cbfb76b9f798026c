package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
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
	Migrate    migrateCmd    `cmd:"" help:"Bring restauth's own database up to this version's schema."`
	Throttle   throttleCmd   `cmd:"" help:"Show and clear what was counted of failed logins."`
	State      stateCmd      `cmd:"" help:"Look after restauth's own database."`
	Doctor     doctorCmd     `cmd:"" help:"Look a user table over: find it, propose the settings for it, and say what is wrong with it."`
	Config     configCmd     `cmd:"" help:"Look at the settings."`
	OpenAPI    openapiCmd    `cmd:"" name:"openapi" help:"Print the contract as serve would serve it with the same settings."`
	Health     healthCmd     `cmd:"" help:"Ask the running server whether it is ready; exit code 0 if it is."`
	Completion completionCmd `cmd:"" help:"Print a script that completes this command in bash, zsh or fish."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
	Licenses   licensesCmd   `cmd:"" help:"Print the licenses of what the program is made of."`

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
	parsed, values, helped := alone(w, env)
	if !helped && parsed == nil {
		var code int
		if parsed, values, code = among(w, env); parsed == nil {
			return code
		}
	}
	if helped {
		return exitOK
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(w, env)
	if err := parsed.Run(); err != nil {
		if found := verdict(0); errors.As(err, &found) {
			return int(found)
		}
		var usage *settings.UsageError
		if errors.As(err, &usage) {
			return fail(w, exitUsage, parsed.Selected().FullPath(), values.explain(err))
		}
		return fail(w, exitOf(err), "", values.explain(err))
	}
	return exitOK
}

// alone reads the arguments with no other command than the one that they begin with, or
// returns nil, where that cannot be or something is wrong. Building the line of all
// commands took half of a short command's time.
func alone(w world, env environment) (parsed *kong.Context, values resolver, helped bool) {
	grammar := grammarOf(w.args)
	args, err := plainNegations(w.args)
	if grammar == nil || err != nil {
		return nil, values, false
	}
	values = resolver{env, make(map[string]bool)}
	parser, err := kong.New(grammar, options(w, values, &helped)...)
	if err != nil || env.checkKnown(parser.Model) != nil {
		return nil, values, false
	}
	if parsed, err = parser.Parse(args); err != nil {
		return nil, values, helped
	}
	return parsed, values, helped
}

// grammarOf is cli without the commands that the arguments do not begin with, nil if
// they begin with none or with one that needs to know the others.
func grammarOf(args []string) any {
	if len(args) == 0 {
		return nil
	}
	var kept []reflect.StructField
	found := false
	for _, field := range reflect.VisibleFields(reflect.TypeFor[cli]()) {
		_, command := field.Tag.Lookup("cmd")
		name := cmp.Or(field.Tag.Get("name"), strings.ToLower(field.Name))
		if named := command && name == args[0]; named || !command {
			kept, found = append(kept, field), found || named && field.Type != reflect.TypeFor[completionCmd]()
		}
	}
	if !found {
		return nil
	}
	return reflect.New(reflect.StructOf(kept)).Interface()
}

// among reads the arguments with all commands, which a mistake's hints name. It returns
// nil and the exit code when it has said what is wrong, or printed the help.
func among(w world, env environment) (parsed *kong.Context, values resolver, code int) {
	helped := false
	values = resolver{env, make(map[string]bool)}
	parser, err := kong.New(&cli{}, options(w, values, &helped)...)
	if err != nil {
		return nil, values, fail(w, exitFailed, "", fmt.Errorf("build the command line: %w", err))
	}
	if err := env.checkKnown(parser.Model); err != nil {
		return nil, values, fail(w, exitUsage, "", err)
	}
	args, err := plainNegations(w.args)
	if err != nil {
		return nil, values, fail(w, exitUsage, "restauth", err)
	}
	parsed, err = parser.Parse(args)
	if helped {
		return nil, values, exitOK
	}
	if err != nil {
		if node := unfinished(err); node != nil {
			shortHelp(w.stderr, node)
			return nil, values, exitUsage
		}
		return nil, values, fail(w, exitUsage, helpFor(err), values.explain(err))
	}
	return parsed, values, exitOK
}

func options(w world, values resolver, helped *bool) []kong.Option {
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
