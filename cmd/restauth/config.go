package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/impl/store"
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
	if err := c.try(ctx, secret); err != nil {
		return err
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

// try puts the server together as serve does, so that nothing passes here that
// serve would refuse. Opening mysql:// does not connect yet, but takes the URL
// apart; opening a file would make it, so a database in memory stands in.
func (c *configCheckCmd) try(ctx context.Context, secret []byte) error {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	// What is no file's name is refused without opening anything.
	if file, is := c.file(); is && file != "" && !strings.HasPrefix(file, "//") && !strings.ContainsRune(file, 0) {
		cfg.URL = memory
	}
	users, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	a := &app{users: users, log: logs{Logger: slog.New(slog.DiscardHandler)}, settings: &c.serveSettings}
	return errors.Join(a.assemble(ctx, secret, c.PublicURL), a.close())
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
