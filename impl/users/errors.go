package users

import (
	"errors"

	"github.com/restauth/restauth/impl/database"
)

// The kinds of errors that are about a user table, for errors.Is. Their texts are
// sentences as those of package database.
var (
	// ErrTableMissing: the database has no such table.
	ErrTableMissing = errors.New("table missing")
	// ErrColumnMissing: the table has no such column.
	ErrColumnMissing = errors.New("column missing")
	// ErrColumnType: a column has a type that cannot serve.
	ErrColumnType = errors.New("unsuitable column type")
)

// Fault names what is wrong, so that one fault can be told from another: whoever
// meets it, and however much the sentence says. It is "" where no more is known
// than that the database did not answer.
func Fault(err error) string {
	for _, kind := range []error{database.ErrNoGrant, ErrTableMissing, ErrColumnMissing} { // Check has more to say of these
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return database.Fault(err)
}
