package store

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of Open's and Check's errors, for errors.Is. Their texts are whole
// sentences for the operator and hold no secret.
var (
	// ErrConfig: the Config cannot work, whatever the database holds.
	ErrConfig = errors.New("invalid user database settings")
	// ErrUnknownDatabase: the server has no database of that name.
	ErrUnknownDatabase = errors.New("unknown database")
	// ErrAccessDenied: the server refuses the database user.
	ErrAccessDenied = errors.New("access denied")
	// ErrNoGrant: the database user may not read the table or a column.
	ErrNoGrant = errors.New("missing grant")
	// ErrTableMissing: the database has no such table.
	ErrTableMissing = errors.New("table missing")
	// ErrColumnMissing: the table has no such column.
	ErrColumnMissing = errors.New("column missing")
	// ErrColumnType: a column has a type that cannot serve.
	ErrColumnType = errors.New("unsuitable column type")
	// ErrFile: the SQLite file cannot be opened, or is none.
	ErrFile = errors.New("unusable database file")

	// ErrReadOnlyUsers is what Directory's methods and Secret return where the
	// user table is someone else's.
	ErrReadOnlyUsers = errors.New("restauth only reads this user table; add and change its users where they were made")
)

// setupError is a sentence of some kind.
type setupError struct {
	kind error
	text string
}

func (e *setupError) Error() string { return e.text }
func (e *setupError) Unwrap() error { return e.kind }

func setup(kind error, format string, args ...any) error {
	return &setupError{kind, fmt.Sprintf(format, args...)}
}

// setting names a setting in both of its spellings.
func setting(flag string) string {
	return "--" + flag + " or RESTAUTH_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}
