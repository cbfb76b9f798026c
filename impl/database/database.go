// Package database opens databases, and says in sentences why one cannot be used.
// It knows no table. Together with users and state, which keep rows in what it
// opens, it is the only importer of sqlx and of the drivers.
//
// [OpenMySQL] does not wait for a server: connections are made when they are
// needed, and again when one was lost. [OpenSQLite] opens a file, and makes it when
// it is told what is to be in it ([Schema]); a file of another program's is opened
// for reading only.
//
// The sentences name the setting that the database comes from, --users unless
// Config.Setting says another, and hold no secret. errors.Is tells their kinds apart.
package database

import (
	"cmp"
	"log/slog"
	"strings"
	"time"
)

// Config says which database, and how it is used. Only URL is required.
type Config struct {
	// URL is one of
	//
	//	mysql://user:password@host:port,host:port/database?options
	//	sqlite:FILE
	//	sqlite::memory:    private, and gone when it is closed
	//
	// User, password and database are percent-encoded; a port is 3306 unless
	// given. Of several hosts the first that serves is used, and the next as long as
	// it does not. Options lists what may stand behind the ?, each at most once.
	URL string
	// Password replaces the one in a mysql:// URL unless it is empty: a
	// password from a file need not be written into a URL.
	Password string
	// PasswordOf, unless it is nil, is asked before each connection of a mysql:// URL is
	// made, and what it returns counts before Password: a password that ends after some
	// minutes stands in a file that somebody keeps writing anew. Its errors are shown,
	// and hold no secret. It is called by several at once.
	PasswordOf func() (string, error)
	// Setting is the flag without its dashes that URL comes from; users when empty.
	Setting string

	// Writes says that the database is to be written to: a host that is read-only
	// does not serve then.
	Writes bool

	// Timeout bounds each call from asking for a connection to the last row.
	// Default 800 ms, so that a dead database is known within a second.
	Timeout time.Duration

	// MaxOpen and MaxIdle bound the pool of connections; default 20 and as
	// many. MaxLifetime, default 5 minutes, is the age at which a connection
	// is replaced, so that a failover or a changed address is noticed.
	MaxOpen, MaxIdle int
	MaxLifetime      time.Duration

	// Logger receives warnings about files and hosts; none are written when nil.
	Logger *slog.Logger
	// LookOnly keeps OpenSQLite from making or changing a file. Where it would have
	// to, it returns ErrUnmade.
	LookOnly bool
}

// The kinds of databases, as Kind has them.
const (
	KindMySQL  = "mysql"
	KindSQLite = "sqlite"
)

// Kind is which of the two a URL is for, or an ErrConfig that says what to write.
// It never repeats the URL, which may hold a password.
func (c Config) Kind() (string, error) {
	switch _, scheme := splitURL(c.URL); scheme {
	case KindMySQL, KindSQLite:
		return scheme, nil
	default:
		return "", c.as(Sentence(ErrConfig, "%s", cmp.Or(translate(c.URL), hintForScheme(c.URL))))
	}
}

// setting is the flag that messages name.
func (c Config) setting() string { return cmp.Or(c.Setting, users) }

func (c Config) withDefaults() Config {
	if c.Timeout <= 0 {
		c.Timeout = 800 * time.Millisecond
	}
	if c.MaxOpen <= 0 {
		c.MaxOpen = 20
	}
	if c.MaxIdle <= 0 {
		c.MaxIdle = c.MaxOpen
	}
	if c.MaxLifetime <= 0 {
		c.MaxLifetime = 5 * time.Minute
	}
	return c
}

// splitURL splits off the scheme, in lower case.
func splitURL(raw string) (rest, scheme string) {
	scheme, rest, ok := strings.Cut(raw, ":")
	if !ok {
		return raw, ""
	}
	return rest, strings.ToLower(scheme)
}
