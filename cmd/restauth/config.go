package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/logs"
	"github.com/restauth/restauth/cmd/restauth/internal/serve"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// configCmd groups what can be asked about the settings.
type configCmd struct {
	FromFlask fromFlaskCmd   `cmd:"" name:"from-flask" help:"Say which settings take the place of a Flask application's."`
	Check     configCheckCmd `cmd:"" help:"Check the settings of serve and print those in effect. Nothing is connected to without --connect, and nothing is changed."`
}

type configCheckCmd struct {
	settings.Serve
	demoSetting
	Connect bool `help:"Ask the user database too whether it is as serve needs it. A file that is not there yet is not made."`
}

// Run implements the command.
func (c *configCheckCmd) Run(ctx context.Context, w world, env environment, parsed *kong.Context) error {
	log := slog.New(slog.NewTextHandler(w.stderr, nil))
	warn(&c.Serve, log, w, parsed)
	if c.Demo {
		if err := becomeDemo(&c.Serve, env); err != nil {
			return err
		}
	}
	secret, err := serve.Secret(&c.Token, env, log)
	if err != nil {
		return err
	}
	if err := serve.Try(ctx, serve.Config{
		Settings: &c.Serve, Secret: secret, BaseURL: c.PublicURL, Log: logs.Log{Logger: log}, Cores: w.cores,
	}); err != nil {
		return err
	}
	table := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s\t%s\n", settings.KeyVariable, setOrNot(env[settings.KeyVariable] != ""))
	for _, flag := range parsed.Selected().Flags {
		if isSetting(flag) {
			fmt.Fprintf(table, "--%s\t%s\n", flag.Name, c.shown(flag))
		}
	}
	if err := errors.Join(table.Flush(), ctx.Err()); err != nil {
		return err
	}
	fmt.Fprintf(w.stdout, "\n%s", serve.ExplainGuesses(&c.Guesses, c.Embedded() || c.StateURL != ""))
	if !c.Connect {
		return nil
	}
	return c.connect(ctx, w.stdout, log)
}

// connect says of the database what serve would find.
func (c *configCheckCmd) connect(ctx context.Context, out io.Writer, log *slog.Logger) error {
	switch err := serve.Connect(ctx, &c.Serve, log); {
	case errors.Is(err, serve.ErrUnmade):
		fmt.Fprintf(out, "\n%v; serve makes it.\n", err)
	case err != nil:
		return err
	default:
		fmt.Fprintf(out, "\nThe user table in %s can be read and is as serve needs it.\n", c.RedactedURL())
	}
	return nil
}

// shown is a setting's value as it may be seen by others.
func (c *configCheckCmd) shown(flag *kong.Flag) string {
	if flag.Name == "users" {
		return serve.ShownURL(c.URL)
	}
	if flag.Name == "state" && c.StateURL != "" {
		return serve.ShownURL(c.StateURL)
	}
	value := settings.Spelled(flag.Target.Interface())
	if value == "" {
		return "(not set)"
	}
	return value
}

func setOrNot(set bool) string {
	if set {
		return "(set)"
	}
	return "(not set)"
}
