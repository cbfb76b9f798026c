package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
)

// loginSettings say who may log in.
type loginSettings struct {
	AllowWeakHashes bool `group:"logins" default:"true" negatable:"" help:"Let users in whose stored hash is a salted digest or plain text; each is logged once."`
}

// serveSettings is all that `serve` can be told, and what `config check` shows.
type serveSettings struct {
	serverSettings
	usersSettings
	tokenSettings
	identitySettings
	loginSettings
	gateSettings
	logSettings
}

// Validate is called by kong after parsing. Each part's own Validate hides
// behind this one, so it calls them all.
func (s *serveSettings) Validate() error {
	return errors.Join(s.serverSettings.Validate(), s.usersSettings.Validate(), s.tokenSettings.Validate(),
		s.identitySettings.Validate(), s.gateSettings.Validate())
}

// serveCmd runs the server.
type serveCmd struct {
	serveSettings
	Demo bool `help:"Try it out: a throwaway database in memory with the user roy, password roy. Loopback only."`
}

// Run implements the command.
func (c *serveCmd) Run(ctx context.Context, w world, env environment) error {
	if c.Demo {
		if err := c.becomeDemo(env); err != nil {
			return err
		}
	}
	c.child = w.child
	log := c.logger(w.stderr)
	defer log.flush()
	collecting, stopTuning := context.WithCancel(ctx)
	defer stopTuning()
	go tuneCollector(collecting)
	secret, err := c.secret(env, log.Logger)
	if err != nil {
		return err
	}
	// Before the database: a start that fails on a taken port leaves no file.
	listener, err := listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // Serve closes it too; the second time is harmless
	app, err := newApp(ctx, &c.serveSettings, secret, c.servedAt(listener.Addr()), log)
	if err != nil {
		return err
	}
	if c.Demo {
		if err := addDemoUser(ctx, app.users); err != nil {
			return errors.Join(err, app.close())
		}
	}
	// Checks in the foreground, once: what is misconfigured should end the
	// start; what is merely down should not.
	down := app.check(ctx)
	if down != nil {
		if !outage(down) {
			return errors.Join(down, app.close())
		}
		log.Error("the user database cannot be reached; serving 503 until it can", "users", c.redactedURL(), "error", down)
	}
	c.greet(ctx, w.stdout, listener.Addr(), app)
	if down != nil {
		fmt.Fprintf(w.stdout, "NOT READY: %v; logins are 503 until the database answers.\n", down)
	}
	return app.serve(ctx, listener, w.signals)
}

// greet tells a person who started the server by hand where it is.
func (c *serveCmd) greet(ctx context.Context, out io.Writer, addr net.Addr, app *app) {
	base := baseURL(addr)
	if c.Demo {
		printDemo(out, base, c.Docs)
		return
	}
	fmt.Fprintf(out, "restauth is listening on %s, users in %s\n", base, c.redactedURL())
	if !loopback(addr.String()) {
		fmt.Fprintf(out, "Other machines can reach it too: it listens on %s\n", addr)
	}
	if c.Docs {
		fmt.Fprintf(out, "Try it at %s/docs\n", base)
	}
	if c.embedded() && app.empty(ctx) {
		fmt.Fprintf(out, "There are no users yet. Add the first one from another terminal:\n\n    restauth user add NAME%s\n\n", c.repeatUsers())
	}
}

// repeatUsers is the flag that another command needs to find the same table.
func (c *serveCmd) repeatUsers() string {
	if c.Users == defaultUsers {
		return ""
	}
	return " --users " + quoteShell(c.Users)
}

func logBuild(log *slog.Logger) {
	v := buildVersion()
	log.Info("starting", "version", v.Module, "commit", v.Commit, "go", v.Go)
}
