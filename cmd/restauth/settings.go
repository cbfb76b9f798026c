package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/impl/store"
)

const (
	// maxFileBytes bounds the files that hold one secret each.
	maxFileBytes = 64 << 10
	// defaultUsers is where users are kept when nobody says otherwise.
	defaultUsers = "sqlite:restauth.db"
	// defaultListen is for this machine alone.
	defaultListen = "127.0.0.1:5000"
)

// groups are the headings of the help, in its order.
func groups() []kong.Group {
	return []kong.Group{
		{Key: "server", Title: "Server:"},
		{Key: "users", Title: "User table:"},
		{
			Key: "token", Title: "Tokens:",
			Description: "The HS256 secret, Flask's SECRET_KEY, comes from the environment variable " +
				"RESTAUTH_SECRET_KEY or from a file, never from a flag. An embedded database " +
				"keeps a random one of its own when neither is given.",
		},
		{Key: "logins", Title: "Logins:"},
		{Key: "policy", Title: "Passwords being set:"},
		{Key: "log", Title: "Log, on standard error:"},
	}
}

// serverSettings say how the HTTP server runs.
type serverSettings struct {
	Listen          string        `group:"server" default:"${listen}" placeholder:"HOST:PORT" help:"Address to listen on; port 0 takes a free one."`
	PublicURL       string        `group:"server" name:"public-url" placeholder:"URL" help:"Where clients reach this server, such as https://login.example.com/app. The served contract names it, so that clients made from it have an address; without it, the address listened on."`
	Docs            bool          `group:"server" default:"true" negatable:"" help:"Serve Swagger UI at /docs; the contract at /openapi.json is served either way."`
	CORSOrigins     []string      `group:"server" name:"cors-origins" placeholder:"URL" help:"Origins whose pages may call this server from a browser, such as https://app.example.com; * for all."`
	DrainDelay      time.Duration `group:"server" default:"2s" range:"0s..5m" placeholder:"TIME" help:"On SIGTERM, how long /readyz fails before the server stops listening."`
	ShutdownTimeout time.Duration `group:"server" default:"20s" range:"0s..1h" placeholder:"TIME" help:"How long requests that are under way may take to finish then."`
}

// Validate is called by kong after parsing.
func (s *serverSettings) Validate() error {
	var origins error
	if err := api.CheckOrigins(s.CORSOrigins); err != nil {
		origins = fmt.Errorf("--cors-origins: %w", err)
	}
	return errors.Join(
		checkListen(s.Listen),
		s.checkPublicURL(),
		origins,
		checkRanges(s),
	)
}

// checkPublicURL does not quote the address: someone may have put a password in.
func (s *serverSettings) checkPublicURL() error {
	if s.PublicURL == "" {
		return nil
	}
	if err := api.CheckPublicURL(s.PublicURL); err != nil {
		return fmt.Errorf("--public-url: %w", err)
	}
	return nil
}

// servedAt is the address that the contract names: as set, else where the
// listener is.
func (s *serverSettings) servedAt(listening net.Addr) string {
	if s.PublicURL != "" {
		return s.PublicURL
	}
	return baseURL(listening)
}

// usersSettings say where the user table is.
type usersSettings struct {
	Users               string        `group:"users" default:"${users}" placeholder:"URL" help:"sqlite:FILE, or mysql://user:password@host:3306/database, with options such as ?tls=true behind it. A URL with a password belongs in the environment, since every user of the machine can read a command line."`
	UsersPasswordFile   string        `group:"users" placeholder:"FILE" help:"File with the database password, in place of the URL's."`
	UsersTable          string        `group:"users" default:"user" placeholder:"NAME" help:"The table, or database.table for one in another database of the server."`
	UsersIDColumn       string        `group:"users" name:"users-id-column" default:"id" placeholder:"NAME" help:"Its integer key."`
	UsersUsernameColumn string        `group:"users" default:"username" placeholder:"NAME" help:"The column with the user name."`
	UsersPasswordColumn string        `group:"users" default:"password" placeholder:"NAME" help:"The column with the password's hash."`
	UsersTimeout        time.Duration `group:"users" default:"800ms" range:"10ms..1m" placeholder:"TIME" help:"How long one query may take, connecting included."`

	newTable bool // as in store.Config
}

// Validate is called by kong after parsing.
func (s *usersSettings) Validate() error {
	if s.Users == "" {
		// The default in its place would be an empty table of restauth's own.
		return errors.New("--users is empty; set it to mysql://user:password@host:port/database or sqlite:FILE, or leave it out for " + defaultUsers)
	}
	return checkRanges(s)
}

// open opens the user table. The URL may hold a password, so no error here may
// quote it.
func (s *usersSettings) open(ctx context.Context, log *slog.Logger) (*store.Store, error) {
	cfg, err := s.config(log)
	if err != nil {
		return nil, err
	}
	return store.Open(ctx, cfg)
}

func (s *usersSettings) config(log *slog.Logger) (store.Config, error) {
	cfg := store.Config{
		URL:            s.Users,
		Table:          s.UsersTable,
		IDColumn:       s.UsersIDColumn,
		UsernameColumn: s.UsersUsernameColumn,
		PasswordColumn: s.UsersPasswordColumn,
		Timeout:        s.UsersTimeout,
		Logger:         log,
		NewTable:       s.newTable,
	}
	if s.UsersPasswordFile != "" {
		if s.embedded() {
			return cfg, usagef("--users-password-file is for mysql:// databases; %s has no password", s.redactedURL())
		}
		password, err := readSecretFile(s.UsersPasswordFile, log)
		if err != nil {
			return cfg, &settingError{fmt.Errorf("--users-password-file: %w", err)}
		}
		if len(password) == 0 {
			return cfg, &settingError{fmt.Errorf("--users-password-file: %s is empty", s.UsersPasswordFile)}
		}
		cfg.Password = string(password)
	}
	return cfg, nil
}

// embedded tells restauth's own database from one that it only reads.
func (s *usersSettings) embedded() bool {
	_, is := s.file()
	return is
}

// file is the embedded database's file, or :memory:.
func (s *usersSettings) file() (name string, is bool) {
	scheme, name, _ := strings.Cut(s.Users, ":")
	return name, strings.EqualFold(scheme, "sqlite")
}

// redactedURL is the URL for people's eyes: no user, no password, no options.
// It cuts at the last @, so a password with a raw @ in it does not slip out.
// Without one, as in any other form, there is no telling what is a password.
func (s *usersSettings) redactedURL() string {
	if file, is := s.file(); is && !strings.HasPrefix(file, "//") {
		return s.Users
	}
	scheme, rest, _ := strings.Cut(s.Users, "://")
	at := strings.LastIndexByte(rest, '@')
	if at < 0 || !strings.EqualFold(scheme, "mysql") {
		return "(set)"
	}
	rest = rest[at+1:]
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	return scheme + "://" + rest
}

// logSettings say what the log looks like.
type logSettings struct {
	LogFormat string     `group:"log" enum:"auto,json,text" default:"auto" placeholder:"FORMAT" help:"json or text; auto is text on a terminal, else json."`
	LogLevel  slog.Level `group:"log" default:"info" words:"debug,info,warn,error" placeholder:"LEVEL" help:"debug, info, warn or error."`
}

// logs are where the server writes what happens.
type logs struct {
	*slog.Logger
	// access writes the line of a request; nil writes it through Logger.
	access func(context.Context, *api.Access)
	// flush writes out the lines that wait; call it at the end.
	flush func()
}

// logger opens the log. On a terminal no line waits.
func (s *logSettings) logger(w io.Writer) logs {
	opts := &slog.HandlerOptions{Level: s.LogLevel}
	if isTerminal(w) {
		return logs{Logger: slog.New(s.handler(w, opts)), flush: func() {}}
	}
	lines := newLineBuffer(w)
	all := logs{Logger: slog.New(urgent{s.handler(lines, opts), lines}), flush: lines.flush}
	switch {
	case s.LogLevel > slog.LevelInfo:
		all.access = func(context.Context, *api.Access) {}
	case s.LogFormat != "text":
		all.access = func(ctx context.Context, a *api.Access) {
			if a.Level() >= s.LogLevel {
				lines.access(ctx, a)
			}
		}
	}
	return all
}

func (s *logSettings) handler(w io.Writer, opts *slog.HandlerOptions) slog.Handler {
	if s.LogFormat == "text" || s.LogFormat == "auto" && isTerminal(w) {
		return slog.NewTextHandler(w, opts)
	}
	return slog.NewJSONHandler(w, opts)
}

// isTerminal reports whether a person sits at the other end of the stream.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
