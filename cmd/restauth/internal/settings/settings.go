package settings

import (
	"errors"
	"fmt"
	"log/slog"
)

const (
	// DefaultUsers is where users are kept when nobody says otherwise.
	DefaultUsers = "sqlite:restauth.db"
	// DefaultListen is for this machine alone.
	DefaultListen = "127.0.0.1:5000"
	// InMemory is an embedded database that ends with the process.
	InMemory = "sqlite::memory:"
)

// Serve is all that `serve` can be told, and what `config check` shows.
type Serve struct {
	Server
	Dialect
	Users
	State
	Token
	Identity
	Logins
	Hashes
	Known
	Guesses
	Log
	Audit
	Metrics
}

// Validate is called by kong after parsing. Each part's own Validate hides
// behind this one, so it calls them all.
func (s *Serve) Validate() error {
	return errors.Join(s.Server.Validate(), s.Dialect.Validate(), s.Users.Validate(), s.State.Validate(), s.Token.Validate(),
		s.Identity.Validate(), s.Logins.Validate(), s.checkHashes(&s.Users), s.Known.Validate(), s.Guesses.Validate(), s.Metrics.Validate(), s.apart(s.Listen))
}

// Policy says which passwords may be set.
type Policy struct {
	MinPasswordLength int `group:"policy" default:"15" range:"8..128" placeholder:"N" help:"The fewest characters a new password may have. Common passwords are refused at any length."`
}

// Validate is called by kong after parsing.
func (s *Policy) Validate() error {
	return checkRanges(s)
}

// Log says what the log looks like.
type Log struct {
	LogFormat string     `group:"log" enum:"auto,json,text" default:"auto" placeholder:"FORMAT" help:"json or text; auto is text on a terminal, else json."`
	LogLevel  slog.Level `group:"log" default:"info" words:"debug,info,warn,error" placeholder:"LEVEL" help:"debug, info, warn or error."`
}

// UsageError is a mistake in the command line that only shows once the
// arguments are seen together.
type UsageError struct{ error }

// Usagef makes a UsageError.
func Usagef(format string, args ...any) error {
	return &UsageError{fmt.Errorf(format, args...)}
}

// Error is a setting that cannot work, whatever the machine and the database do.
// Its message needs no list of flags behind it.
type Error struct{ error }

// Errorf makes an Error.
func Errorf(format string, args ...any) error {
	return &Error{fmt.Errorf(format, args...)}
}
