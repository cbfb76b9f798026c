package account

import (
	"context"
	"errors"

	"github.com/restauth/restauth/impl/userid"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrUserNotFound: no row answers to that name or id.
	ErrUserNotFound = errors.New("user not found")
	// ErrUserExists: a row with that name is there already.
	ErrUserExists = errors.New("user exists")
	// ErrInvalidCredentials: name and password do not belong together. It
	// never says which of the two was wrong.
	ErrInvalidCredentials = errors.New("invalid credentials")
	// ErrUnavailable: the database could not answer. A store wraps every
	// failure of its database in it, so that an outage is never taken for a
	// missing user.
	ErrUnavailable = errors.New("database unavailable")
	// ErrUnusable comes with ErrUnavailable where waiting does not help: the
	// database did answer, and until somebody puts something right it will answer
	// the same. The table was renamed, say, or may not be read any more.
	ErrUnusable = errors.New("database unusable")
)

// User is who a row of the user table stands for.
type User struct {
	ID       userid.ID
	Username string
}

// Record is a User with the hash stored for the password.
type Record struct {
	User
	// PasswordHash is as it stands in the table, "" where the column is NULL.
	PasswordHash string
	// Salt is what stands in the salt's own column, "" where it is NULL or there is
	// no such column.
	Salt string
	// Claims are what of the row its tokens carry.
	Claims Claims
}

// Users is what the domain needs of a user table. Implementations are safe for
// concurrent use, only read, and bound the time of each call.
type Users interface {
	// FindByUsername finds who may log in under a typed name. An exact byte
	// match wins, the lowest id where several rows match so (the row that the
	// legacy application's fetchone returned); else the one row that the
	// column's own collation finds. It returns ErrUserNotFound when there is
	// none, or several and none exact, or when that row's id is none that a token
	// can carry (package userid); NULL names and those of over 4 KiB never match. A hash longer than
	// any that is understood is another one that is malformed. A failing
	// database is ErrUnavailable.
	FindByUsername(ctx context.Context, username string) (Record, error)

	// FindByID returns ErrUserNotFound when no row has exactly that id,
	// ErrUnavailable when the database fails, and with it ErrUnusable when that
	// will last.
	FindByID(ctx context.Context, id userid.ID) (User, error)

	// SampleHashes returns up to limit stored hashes, NULLs and rows that
	// nobody can log in by left out, from both ends of the table: enough to
	// learn which method and cost is usual.
	SampleHashes(ctx context.Context, limit int) ([]string, error)

	// Ready returns ErrUnavailable, wrapped with the reason, unless the table
	// can be read right now.
	Ready(ctx context.Context) error
}

// Several is what Users may be besides: it asks for more than one user in one query.
type Several interface {
	// FindByIDs returns which of up to 256 ids have a row, and the user of each. Its
	// errors are those of FindByID, and about all of them.
	FindByIDs(ctx context.Context, ids []userid.ID) (map[userid.ID]User, error)
}

// Directory is a user table that restauth itself may write: the embedded one.
type Directory interface {
	// Add returns ErrUserExists when the name is taken.
	Add(ctx context.Context, username, passwordHash string) (User, error)
	// List returns every user, by id.
	List(ctx context.Context) ([]User, error)
	// SetPasswordHash returns ErrUserNotFound when no row has that id.
	SetPasswordHash(ctx context.Context, id userid.ID, passwordHash string) error
	// Delete returns ErrUserNotFound when no row has that id.
	Delete(ctx context.Context, id userid.ID) error
}
