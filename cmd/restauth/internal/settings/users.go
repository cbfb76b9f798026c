package settings

import (
	"errors"
	"net/url"
	"strings"
	"time"
)

// Users says where the user table is.
type Users struct {
	URL             string        `group:"users" name:"users" default:"${users}" placeholder:"URL" help:"sqlite:FILE, or mysql://user:password@host:3306/database, with more hosts behind commas, and options such as ?tls=true at its end. A URL with a password belongs in the environment, since every user of the machine can read a command line."`
	PasswordFile    string        `group:"users" name:"users-password-file" placeholder:"FILE" help:"File with the database password, in place of the URL's."`
	Table           string        `group:"users" name:"users-table" default:"user" placeholder:"NAME" help:"The table, or database.table for one in another database of the server."`
	IDColumn        string        `group:"users" name:"users-id-column" default:"id" placeholder:"NAME" help:"Its key: whole numbers, texts or UUIDs."`
	IDType          string        `group:"users" name:"users-id-type" default:"auto" enum:"auto,number,text,uuid,binary,uuid-swapped" placeholder:"TYPE" help:"How the key is read: auto goes by the column, and takes 16 bytes for a UUID in the order of its digits (binary); uuid-swapped is as UUID_TO_BIN(…, 1) orders them."`
	UsernameColumn  string        `group:"users" name:"users-username-column" default:"username" placeholder:"NAME" help:"The column with the user name."`
	UsernameColumns []string      `group:"users" name:"users-username-columns" placeholder:"NAME,…" help:"In its place several, such as username,email: the exact name in an earlier column wins, then the one user that any of them takes for equal."`
	PasswordColumn  string        `group:"users" name:"users-password-column" default:"password" placeholder:"NAME" help:"The column with the password's hash."`
	SaltColumn      string        `group:"users" name:"users-salt-column" placeholder:"NAME" help:"The column with the salt of bare digests, where they have one: see --bare-hashes and --users-salt-position."`
	Filters         []string      `group:"users" name:"users-filter" placeholder:"FILTER" help:"COLUMN=VALUE, COLUMN!=VALUE, COLUMN=NULL or COLUMN!=NULL, such as is_active=1 or deleted_at=NULL: rows that do not meet it are not there, for logins and tokens alike. May be given several times, or with commas; a comma in a value is written \\,."`
	Timeout         time.Duration `group:"users" name:"users-timeout" default:"800ms" range:"10ms..1m" placeholder:"TIME" help:"How long one query may take, connecting included."`
}

// Validate is called by kong after parsing.
func (s *Users) Validate() error {
	if s.URL == "" {
		// The default in its place would be an empty table of restauth's own.
		return errors.New("--users is empty; set it to mysql://user:password@host:port/database or sqlite:FILE, or leave it out for " + DefaultUsers)
	}
	if names := s.UsernameColumns; len(names) > 0 && s.UsernameColumn != "username" && s.UsernameColumn != names[0] {
		return errors.New("--users-username-column and --users-username-columns name different columns; leave the first out")
	}
	return checkRanges(s)
}

// Embedded tells restauth's own database from one that it only reads.
func (s *Users) Embedded() bool {
	_, is := s.File()
	return is
}

// File is the embedded database's file, or :memory:.
func (s *Users) File() (name string, is bool) { return fileOf(s.URL) }

func fileOf(url string) (name string, is bool) {
	scheme, name, _ := strings.Cut(url, ":")
	return name, strings.EqualFold(scheme, "sqlite")
}

// RedactedURL is the URL for people's eyes: no user, no password, no options.
// It cuts at the last @, so a password with a raw @ in it does not slip out.
// Without one, as in any other form, there is no telling what is a password.
func (s *Users) RedactedURL() string { return redacted(s.URL) }

func redacted(url string) string {
	if file, is := fileOf(url); is && !strings.HasPrefix(file, "//") {
		return url
	}
	scheme, rest, _ := strings.Cut(url, "://")
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

// NamesFile reports whether users are in a file: what is no file's name is
// refused without opening anything.
func (s *Users) NamesFile() bool {
	file, is := s.File()
	return is && file != "" && s.URL != InMemory && !strings.HasPrefix(file, "//") && !strings.ContainsRune(file, 0)
}

// PasswordInURL reports whether the URL may hold a password: what is no URL may too.
func (s *Users) PasswordInURL() bool { return PasswordIn(s.URL) }

// PasswordIn reports whether a database's URL may hold a password.
func PasswordIn(raw string) bool {
	if scheme, _, _ := strings.Cut(raw, ":"); strings.EqualFold(scheme, "sqlite") {
		return false
	}
	u, err := url.Parse(withoutHosts(raw))
	if err != nil || u.User == nil {
		return err != nil
	}
	_, has := u.User.Password()
	return has
}

// withoutHosts is a URL with no host in the place of several, which net/url does not
// take.
func withoutHosts(raw string) string {
	scheme, rest, _ := strings.Cut(raw, "://")
	authority, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(authority, '@')
	if !strings.Contains(authority[at+1:], ",") {
		return raw
	}
	return scheme + "://" + authority[:at+1] + rest[len(authority):]
}
