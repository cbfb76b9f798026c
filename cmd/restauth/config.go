package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"text/tabwriter"

	"github.com/alecthomas/kong"
)

// configCmd groups what can be asked about the settings.
type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Check the settings of serve and print those in effect, without connecting to anything."`
}

type configCheckCmd struct{ serveSettings }

// Run implements the command.
func (c *configCheckCmd) Run(ctx context.Context, w world, env environment, parsed *kong.Context) error {
	secret, err := c.secret(env, slog.New(slog.NewTextHandler(w.stderr, nil)))
	if err != nil {
		return err
	}
	if !c.embedded() {
		if secret == nil {
			return errNoSecret
		}
		// Opening does not connect yet, but takes the URL apart. On an embedded
		// database it would make the file.
		users, err := c.open(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = users.Close() }() // nothing was written
	}
	table := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s\t%s\n", keyVariable, setOrNot(env[keyVariable] != ""))
	for _, flag := range parsed.Selected().Flags {
		if isSetting(flag) {
			fmt.Fprintf(table, "--%s\t%s\n", flag.Name, c.shown(flag))
		}
	}
	return errors.Join(table.Flush(), ctx.Err())
}

// shown is a setting's value as it may be seen by others.
func (c *configCheckCmd) shown(flag *kong.Flag) string {
	if flag.Name == "users" {
		return c.redactedURL()
	}
	value := fmt.Sprint(flag.Target.Interface())
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
