package settings

import (
	"errors"
	"net/url"
	"path/filepath"
	"strings"
)

// State says where restauth keeps what it has to remember itself.
type State struct {
	StateURL          string `group:"state" name:"state" placeholder:"URL" help:"sqlite:FILE, or mysql://user:password@host:3306/database: a database of restauth's own, never the users'. Without it, the file of embedded users; beside a mysql:// table nothing is kept then."`
	StatePasswordFile string `group:"state" name:"state-password-file" placeholder:"FILE" help:"File with the password of a mysql:// state, in place of the URL's."`
	Migrate           bool   `group:"state" help:"Bring the schema of a mysql:// state up to what this version needs before serving, as restauth migrate does. A file always is."`
}

// Validate is called by kong after parsing.
func (s *State) Validate() error {
	switch {
	case strings.EqualFold(s.StateURL, InMemory):
		return errors.New("--state sqlite::memory: would be forgotten with the process; name a file, or leave it out")
	case s.StatePasswordFile != "" && s.StateURL == "":
		return errors.New("--state-password-file is set and --state is not; write --state mysql://user@host:port/database")
	}
	return nil
}

// OfUsers reports whether the state is where embedded users are.
func (s *State) OfUsers(users *Users) bool {
	if s.StateURL == "" {
		return users.Embedded()
	}
	own, isFile := fileOf(s.StateURL)
	theirs, areFile := fileOf(users.URL)
	if !isFile || !areFile {
		return false
	}
	own, err1 := filepath.Abs(own)
	theirs, err2 := filepath.Abs(theirs)
	return err1 == nil && err2 == nil && own == theirs
}

// InDatabaseOf reports whether the state would be kept in the database of a user table
// that restauth only reads, as far as the two URLs tell.
func (s *State) InDatabaseOf(users *Users) bool {
	own := placeOf(s.StateURL)
	return own != "" && own == placeOf(users.URL)
}

// placeOf is a mysql:// URL's server and database in one spelling, "" for another URL.
func placeOf(raw string) string {
	scheme, place, _ := strings.Cut(redacted(raw), "://")
	if !strings.EqualFold(scheme, "mysql") {
		return ""
	}
	host, name, _ := strings.Cut(place, "/")
	_, query, _ := strings.Cut(raw, "?")
	if options, err := url.ParseQuery(query); err == nil && options.Get("socket") != "" {
		return options.Get("socket") + "/" + name
	}
	return strings.TrimSuffix(strings.ToLower(host), ":3306") + "/" + name
}

// RedactedState is StateURL for people's eyes, "" where it is not set.
func (s *State) RedactedState() string {
	if s.StateURL == "" {
		return ""
	}
	return redacted(s.StateURL)
}

// StateFile is the SQLite file that the state is in, users' or its own.
func (s *State) StateFile(users *Users) (name string, is bool) {
	if s.StateURL != "" {
		return fileOf(s.StateURL)
	}
	return users.File()
}
