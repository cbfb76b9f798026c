package settings

import "errors"

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
	Users
	Token
	Identity
	Logins
	Log
}

// Validate is called by kong after parsing. Each part's own Validate hides
// behind this one, so it calls them all.
func (s *Serve) Validate() error {
	return errors.Join(s.Server.Validate(), s.Users.Validate(), s.Token.Validate(),
		s.Identity.Validate(), s.Logins.Validate())
}
