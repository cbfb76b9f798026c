package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/restauth/restauth/cmd/restauth/internal/httpconn"
	"github.com/restauth/restauth/cmd/restauth/internal/logs"
	"github.com/restauth/restauth/cmd/restauth/internal/runtimetune"
	"github.com/restauth/restauth/cmd/restauth/internal/serve"
	"github.com/restauth/restauth/cmd/restauth/internal/settings"
)

// serveCmd runs the server.
type serveCmd struct {
	settings.Serve
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
	log := logs.Open(w.stderr, isTerminal(w.stderr), &c.Log)
	defer log.Flush()
	warn(&c.Serve, log.Logger, w, parsed)
	if c.Demo {
		if err := becomeDemo(&c.Serve, env); err != nil {
			return err
		}
	}
	collecting, stopTuning := context.WithCancel(ctx)
	defer stopTuning()
	go runtimetune.TuneCollector(collecting)
	secret, err := serve.Secret(&c.Token, env, log.Logger)
	if err != nil {
		return err
	}
	// Before the database: a start that fails on a taken port leaves no file.
	listener, err := httpconn.Listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }() // Serve closes it too; the second time is harmless
	operator, leave, err := c.listenToOperator(ctx, w.hangups)
	if err != nil {
		return err
	}
	defer leave()
	held := contain(w, c.Threads, log.Logger)
	go held.follow(collecting)
	app, err := serve.New(ctx, serve.Config{
		Settings: &c.Serve, Secret: secret, BaseURL: cmp.Or(c.PublicURL, httpconn.BaseURL(listener.Addr(), c.TLSCert != "")),
		Log: log, Cores: held.hashing, Quota: held.quota, Periods: w.periods, Memory: held.memory(), Files: runtimetune.Descriptors(), Child: w.child, Build: buildVersion().attributes(), Hangups: w.hangups, Metrics: operator,
	})
	if err != nil {
		return err
	}
	if c.Demo {
		if err := app.AddDemoUser(ctx); err != nil {
			return err
		}
	}
	down, err := app.CheckAtStart(ctx)
	if err != nil {
		return err
	}
	c.greet(ctx, w.stdout, listener.Addr(), app, parsed)
	if down {
		// The log has said why.
		fmt.Fprintln(w.stdout, "NOT READY: the user database cannot be reached, see the log; logins are 503 until the database answers.")
	}
	return app.Serve(ctx, listener, w.signals)
}

// listenToOperator listens where metrics are to be read, if anywhere, and to SIGHUP where
// there is a file to open or look at again; elsewhere that ends the process, as it does by default.
func (c *serveCmd) listenToOperator(ctx context.Context, hangups chan os.Signal) (operator net.Listener, leave func(), err error) {
	if c.MetricsListen != "" {
		if operator, err = httpconn.ListenFor(ctx, "metrics-listen", c.MetricsListen); err != nil {
			return nil, nil, err
		}
	}
	if (c.AuditFile != "" || c.TLSCert != "") && hangups != nil {
		signal.Notify(hangups, syscall.SIGHUP)
	}
	return operator, func() {
		if hangups != nil {
			signal.Stop(hangups)
		}
		if operator != nil {
			_ = operator.Close() // Serve closes it too.
		}
	}, nil
}

// greet tells a person who started the server by hand where it is.
func (c *serveCmd) greet(ctx context.Context, out io.Writer, addr net.Addr, app *serve.App, parsed *kong.Context) {
	base := httpconn.BaseURL(addr, c.TLSCert != "")
	if c.Demo {
		printDemo(out, base, &c.Serve)
		return
	}
	fmt.Fprintf(out, "restauth is listening on %s, users in %s\n", base, c.RedactedURL())
	if !loopback(addr.String()) {
		fmt.Fprintf(out, "Other machines can reach it too: it listens on %s\n", addr)
	}
	if c.Docs {
		fmt.Fprintf(out, "Try it at %s/docs\n", base)
	}
	if c.Embedded() && app.Empty(ctx) {
		fmt.Fprintf(out, "There are no users yet. Add the first one from another terminal%s:\n\n    restauth user add NAME%s\n\n",
			inFolder(&c.Users), repeated(parsed))
	}
}

// inFolder is where a command has to be typed to mean the same file.
func inFolder(s *settings.Users) string {
	if name, is := s.File(); is && !filepath.IsAbs(name) {
		return ", in the same folder"
	}
	return ""
}

// warn says what stands on the command line or in the environment and should
// not, or does nothing there. It repeats no value: they may be secret.
func warn(s *settings.Serve, log *slog.Logger, w world, parsed *kong.Context) {
	warnOfPasswords(&s.Users, &s.State, log, parsed)
	for _, notice := range append(notices(w.env, parsed), tokenNotices(&s.Token)...) {
		log.Warn(notice)
	}
}

// warnOfPasswords warns of those that other users of the machine can read.
func warnOfPasswords(users *settings.Users, state *settings.State, log *slog.Logger, parsed *kong.Context) {
	if onCommandLine(parsed, "users") && users.PasswordInURL() {
		log.Warn("the database password stands on the command line, where every user of this machine can read it; " +
			"set RESTAUTH_USERS in its place, or leave the password out of the URL and name a file with --users-password-file")
	}
	if onCommandLine(parsed, "state") && settings.PasswordIn(state.StateURL) {
		log.Warn("the state's database password stands on the command line, where every user of this machine can read it; " +
			"set RESTAUTH_STATE in its place, or leave the password out of the URL and name a file with --state-password-file")
	}
}
