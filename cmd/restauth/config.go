package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/impl/store"
)

// configCmd groups what can be asked about the settings.
type configCmd struct {
	Check configCheckCmd `cmd:"" help:"Check the settings of serve and print those in effect. Nothing is connected to without --connect, and nothing is changed."`
}

type configCheckCmd struct {
	serveSettings
	demoSetting
	Connect bool `help:"Ask the user database too whether it is as serve needs it. A file that is not there yet is not made."`
}

// Run implements the command.
func (c *configCheckCmd) Run(ctx context.Context, w world, env environment, parsed *kong.Context) error {
	c.cores = w.cores
	log := slog.New(slog.NewTextHandler(w.stderr, nil))
	c.warn(log, w, parsed)
	if c.Demo {
		if err := c.becomeDemo(env); err != nil {
			return err
		}
	}
	secret, err := c.secret(env, log)
	if err != nil {
		return err
	}
	if err := c.try(ctx, secret, log); err != nil {
		return err
	}
	table := tabwriter.NewWriter(w.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s\t%s\n", keyVariable, setOrNot(env[keyVariable] != ""))
	for _, flag := range parsed.Selected().Flags {
		if isSetting(flag) {
			fmt.Fprintf(table, "--%s\t%s\n", flag.Name, c.shown(flag))
		}
	}
	if err := errors.Join(table.Flush(), ctx.Err()); err != nil || !c.Connect {
		return err
	}
	return c.connect(ctx, w.stdout, log)
}

// try puts the server together as serve does, so that nothing passes here that
// serve would refuse. Opening mysql:// does not connect yet, but takes the URL
// apart; opening a file would make it, so a database in memory stands in.
func (c *configCheckCmd) try(ctx context.Context, secret []byte, log *slog.Logger) error {
	cfg, err := c.config(log)
	if err != nil {
		return err
	}
	if c.namesFile() {
		cfg.URL = memory
	}
	users, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	silent := slog.New(slog.DiscardHandler)
	a := &app{users: users, watch: newWatch(users, silent, "", time.Now), log: logs{Logger: silent}, settings: &c.serveSettings}
	return errors.Join(a.assemble(ctx, secret, c.PublicURL), a.close())
}

// namesFile reports whether users are in a file: what is no file's name is
// refused without opening anything.
func (s *usersSettings) namesFile() bool {
	file, is := s.file()
	return is && file != "" && s.Users != memory && !strings.HasPrefix(file, "//") && !strings.ContainsRune(file, 0)
}

// connect asks the database what serve asks it at its start, and changes
// nothing in it.
func (c *configCheckCmd) connect(ctx context.Context, out io.Writer, log *slog.Logger) (err error) {
	cfg, err := c.config(slog.New(slog.DiscardHandler)) // try has said what there is to say of it
	if err != nil {
		return err
	}
	cfg.LookOnly, cfg.Logger = true, log
	users, err := store.Open(ctx, cfg)
	if errors.Is(err, store.ErrUnmade) {
		fmt.Fprintf(out, "\n%v; serve makes it.\n", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, users.Close()) }()
	if err := users.Check(ctx); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe user table in %s can be read and is as serve needs it.\n", c.redactedURL())
	return nil
}

// shown is a setting's value as it may be seen by others.
func (c *configCheckCmd) shown(flag *kong.Flag) string {
	if flag.Name == "users" {
		return c.redactedURL()
	}
	value := spelled(flag.Target.Interface())
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
