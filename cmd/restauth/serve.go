package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"
)

// loginSettings say who may log in.
type loginSettings struct {
	AllowWeakHashes bool `group:"logins" default:"true" negatable:"" help:"Let in users whose stored hash is a salted digest or plain text; each is logged once."`
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
	demoSetting
}

// Help implements kong.HelpProvider.
func (*serveCmd) Help() string {
	return examples([]example{
		{"restauth serve --demo", "try it: user roy, password roy"},
		{"restauth serve --listen :8080", "on all networks"},
		{"RESTAUTH_USERS=mysql://... restauth serve", "another application's table"},
	})
}

// Run implements the command.
func (c *serveCmd) Run(ctx context.Context, w world, env environment, parsed *kong.Context) error {
	c.child, c.cores = w.child, w.cores
	log := c.logger(w.stderr)
	defer log.flush()
	c.warn(log.Logger, w, parsed)
	if c.Demo {
		if err := c.becomeDemo(env); err != nil {
			return err
		}
	}
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
	c.makeRoom()
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
		app.watch.note(ctx, down)
	}
	c.greet(ctx, w.stdout, listener.Addr(), app, parsed)
	if down != nil {
		// The log has said why.
		fmt.Fprintln(w.stdout, "NOT READY: the user database cannot be reached, see the log; logins are 503 until the database answers.")
	}
	return app.serve(ctx, listener, w.signals)
}

// greet tells a person who started the server by hand where it is.
func (c *serveCmd) greet(ctx context.Context, out io.Writer, addr net.Addr, app *app, parsed *kong.Context) {
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
		fmt.Fprintf(out, "There are no users yet. Add the first one from another terminal%s:\n\n    restauth user add NAME%s\n\n",
			c.inFolder(), repeated(parsed))
	}
}

// inFolder is where a command has to be typed to mean the same file.
func (s *usersSettings) inFolder() string {
	if name, is := s.file(); is && !filepath.IsAbs(name) {
		return ", in the same folder"
	}
	return ""
}

// warn says what stands on the command line or in the environment and should
// not, or does nothing there. It repeats no value: they may be secret.
func (s *serveSettings) warn(log *slog.Logger, w world, parsed *kong.Context) {
	if onCommandLine(parsed, "users") && passwordIn(s.Users) {
		log.Warn("the database password stands on the command line, where every user of this machine can read it; " +
			"set RESTAUTH_USERS in its place, or leave the password out of the URL and name a file with --users-password-file")
	}
	for _, notice := range s.notices(w.env, parsed) {
		log.Warn(notice)
	}
}

// passwordIn reports whether a URL may hold a password: what is no URL may too.
func passwordIn(users string) bool {
	if scheme, _, _ := strings.Cut(users, ":"); strings.EqualFold(scheme, "sqlite") {
		return false
	}
	u, err := url.Parse(users)
	if err != nil || u.User == nil {
		return err != nil
	}
	_, has := u.User.Password()
	return has
}

func logBuild(log *slog.Logger) {
	v := buildVersion()
	log.Info("starting", "version", v.Module, "commit", v.Commit, "go", v.Go)
}
