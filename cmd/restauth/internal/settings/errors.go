package settings

import "fmt"

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
